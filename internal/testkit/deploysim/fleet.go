package deploysim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// dyno is the parent's view of one worker process. The fields below mu of its
// fleet change as messages arrive.
type dyno struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr bytes.Buffer // readable once exited

	ready   bool
	exited  bool
	stats   Stats
	written *Written // nil until the dyno has drained
	problem string   // why it ended without draining
}

// fleet starts dynos, follows them and sees to it that none is left.
type fleet struct {
	mu      sync.Mutex
	dynos   []*dyno
	changed chan struct{} // one token: something below mu changed
	readers sync.WaitGroup
}

func newFleet() *fleet { return &fleet{changed: make(chan struct{}, 1)} }

// start runs argv as the dyno cfg describes.
func (f *fleet) start(argv []string, cfg workerConfig) (*dyno, error) {
	d := &dyno{name: cfg.name, cmd: exec.Command(argv[0], slices.Concat(argv[1:], []string{cfg.name})...)}
	d.cmd.Stderr = &d.stderr
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if d.stdin, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.dynos = append(f.dynos, d)
	f.mu.Unlock()
	f.readers.Go(func() { f.follow(d, stdout) })
	// A dyno that has already died is noticed by its reader.
	_ = json.NewEncoder(d.stdin).Encode(cfg)
	return d, nil
}

// follow reads a dyno's messages until it has exited.
func (f *fleet) follow(d *dyno, stdout io.Reader) {
	in := json.NewDecoder(stdout)
	for {
		var m message
		if in.Decode(&m) != nil {
			break
		}
		f.update(func() { d.receive(m) })
	}
	_, _ = io.Copy(io.Discard, stdout)
	err := d.cmd.Wait()
	f.update(func() {
		d.exited = true
		if d.written == nil && d.problem == "" {
			first, _, _ := strings.Cut(strings.TrimSpace(d.stderr.String()), "\n")
			d.problem = strings.TrimSuffix(fmt.Sprintf("ended early (%v): %s", err, first), ": ")
		}
	})
}

func (d *dyno) receive(m message) {
	if m.Stats != nil {
		d.stats = *m.Stats
	}
	switch m.Event {
	case eventReady:
		d.ready = true
	case eventDone:
		d.written = m.Written
	case eventFailed:
		d.problem = m.Error
	}
}

func (f *fleet) update(change func()) {
	f.mu.Lock()
	change()
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// await blocks until cond, evaluated after every message of a dyno, is true.
// There is one waiter at a time.
func (f *fleet) await(ctx context.Context, cond func() bool) error {
	for {
		f.mu.Lock()
		ok := cond()
		f.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-f.changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// terminate sends SIGTERM to the dynos and waits for their exit; when ctx ends
// before, it kills what is left, as the platform does.
func (f *fleet) terminate(ctx context.Context, dynos []*dyno) {
	for _, d := range dynos {
		// The error of a dyno that has already exited is no news.
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
	}
	exited := func() bool { return count(dynos, func(d *dyno) bool { return !d.exited }) == 0 }
	if f.await(ctx, exited) == nil {
		return
	}
	f.update(func() {
		for _, d := range dynos {
			if !d.exited {
				d.problem = "killed: still running at the end of its grace"
			}
		}
	})
	for _, d := range dynos {
		_ = d.cmd.Process.Kill()
	}
	// SIGKILL cannot be refused, so this wait needs no deadline.
	_ = f.await(context.WithoutCancel(ctx), exited)
}

// close kills every dyno and waits until its process is reaped.
func (f *fleet) close() {
	for _, d := range f.dynos {
		_ = d.cmd.Process.Kill()
		_ = d.stdin.Close()
	}
	f.readers.Wait()
}

func count(dynos []*dyno, is func(*dyno) bool) int {
	n := 0
	for _, d := range dynos {
		if is(d) {
			n++
		}
	}
	return n
}
