package herokutest

import (
	"fmt"
	"sync"
	"syscall"
	"time"
)

// oneOffType is the type of one-off dynos that name no other.
const oneOffType = "run"

// A dyno runs one process, again and again if it is one of the formation.
type dyno struct {
	app     *App
	release *Release
	id      string
	name    string
	kind    string // process type
	index   int    // 1 for web.1
	command string
	env     map[string]string // beyond what every dyno has
	oneOff  bool
	first   DynoInfo // as it began
	// timeToLive ends a one-off dyno; 0 does not.
	timeToLive time.Duration

	stopping chan struct{} // closed: SIGTERM
	done     chan struct{} // closed: no process of it is left
	status   int           // exit status, once done is closed

	once    sync.Once
	process *process // below p.mu; nil while there is none
	started bool     // below p.mu
	output  []byte   // below p.mu; of one-off dynos
}

// begin makes a dyno that starts at once. serving is for web dynos. mu is held.
func (a *App) begin(d *dyno, serving bool) *dyno {
	d.app, d.id = a, newID()
	d.stopping, d.done = make(chan struct{}), make(chan struct{})
	now := time.Now()
	d.first = DynoInfo{
		ID: d.id, Name: d.name, Type: d.kind, Command: d.command, Size: dynoSize, State: Starting,
		Release: d.release.Version, OneOff: d.oneOff, Serving: serving, CreatedAt: now, UpdatedAt: now,
	}
	if p := a.state.process(d.kind); p != nil {
		d.first.Size = p.Size
	}
	if a.p.isClosing() {
		close(d.done)
		return d
	}
	a.dynos[d.id] = d
	a.state.Dynos = append(a.state.Dynos, d.first)
	a.p.work.Go(d.live)
	if d.timeToLive > 0 {
		a.p.work.Go(d.limit)
	}
	return d
}

// live starts the process until the dyno is stopped, a one-off's once.
func (d *dyno) live() {
	defer close(d.done)
	for crashes := 0; ; crashes++ {
		d.status = d.run(crashes)
		d.log("Process exited with status %d", d.status)
		if d.oneOff || d.isStopping() {
			break
		}
		d.change(func(info *DynoInfo) { info.State, info.PID, info.Port = Crashed, 0, 0 })
		if !d.coolOff(crashes) {
			break
		}
	}
	d.app.p.mu.Lock()
	defer d.app.p.mu.Unlock()
	d.app.forget(d)
}

// run runs the process to its end and returns its status.
func (d *dyno) run(crashes int) int {
	if d.isStopping() {
		return 128 + int(syscall.SIGTERM)
	}
	port, err := ports.take()
	if err == nil {
		err = d.start(port, crashes)
	}
	if err != nil {
		d.app.p.fail(fmt.Errorf("dyno %s: %w", d.name, err))
		return 127
	}
	booted := make(chan struct{})
	go func() {
		defer close(booted)
		d.boot(port)
	}()
	select {
	case <-d.process.exited:
	case <-d.stopping:
		d.terminate()
	case <-d.app.p.closing:
	}
	d.process.end()
	<-booted
	ports.give(port)
	d.app.p.mu.Lock()
	defer d.app.p.mu.Unlock()
	status := d.process.status
	d.process = nil
	return status
}

func (d *dyno) start(port, crashes int) error {
	d.log("Starting process with command `%s`", d.command)
	process, err := startProcess(d.release.artifact.Dir, d.command, d.environment(port), d.print)
	if err != nil {
		return err
	}
	d.app.p.mu.Lock()
	d.process, d.started = process, true
	d.app.p.mu.Unlock()
	d.change(func(info *DynoInfo) {
		info.State, info.PID, info.Port, info.Restarts = Starting, process.pid, port, crashes
	})
	return nil
}

// boot marks the dyno as up: a web dyno when it listens on its port, as the
// platform's dyno manager does, others when their process runs.
func (d *dyno) boot(port int) {
	if d.kind == webType && !d.oneOff {
		switch d.process.listens(port, d.app.p.config.BootTimeout) {
		case bootEnded:
			return
		case bootLate:
			d.log("Error R10 (Boot timeout) -> Web process failed to bind to $PORT within %s of launch", d.app.p.config.BootTimeout)
			d.process.signal(syscall.SIGKILL)
			return
		}
	}
	d.change(func(info *DynoInfo) {
		if info.PID != 0 {
			info.State = Up
			d.app.p.logs.printf("heroku", d.name, "State changed from starting to up")
		}
	})
}

// coolOff waits before the next start: not at all after the first crash. It
// says whether there is to be one.
func (d *dyno) coolOff(crashes int) bool {
	wait := time.Duration(0)
	if crashes > 0 {
		wait = d.app.p.config.Cooloff << min(crashes-1, 10)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.stopping:
	case <-d.app.p.closing:
	}
	return !d.isStopping()
}

// hasStarted says whether its process was ever started. mu is held.
func (d *dyno) hasStarted() bool { return d != nil && d.started }

// change changes what is known of the dyno, if it still is.
func (d *dyno) change(f func(*DynoInfo)) {
	d.app.p.mu.Lock()
	defer d.app.p.mu.Unlock()
	if info := d.app.state.dyno(d.id); info != nil {
		f(info)
		info.UpdatedAt = time.Now()
		d.app.commit()
	}
}

func (d *dyno) log(format string, args ...any) {
	d.app.p.logs.printf("heroku", d.name, format, args...)
}
