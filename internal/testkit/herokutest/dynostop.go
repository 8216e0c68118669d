package herokutest

import (
	"os"
	"syscall"
	"time"
)

// terminate sends SIGTERM to every process of the dyno, and leaves when the
// first of them has ended or the time to drain is over.
func (d *dyno) terminate() {
	d.log("Stopping all processes with SIGTERM")
	d.process.signal(syscall.SIGTERM)
	drained := time.NewTimer(d.app.p.config.Drain)
	defer drained.Stop()
	select {
	case <-d.process.exited:
	case <-drained.C:
		d.log("Error R12 (Exit timeout) -> At least one process failed to exit within %s of SIGTERM", d.app.p.config.Drain)
	case <-d.app.p.closing:
	}
}

func (d *dyno) isStopping() bool {
	select {
	case <-d.stopping:
		return true
	default:
		return d.app.p.isClosing()
	}
}

// stop begins the dyno's end and does not wait for it.
func (d *dyno) stop() {
	d.app.p.mu.Lock()
	defer d.app.p.mu.Unlock()
	d.stopLocked()
	d.app.commit()
}

// stopLocked is stop for who holds mu, and commits.
func (d *dyno) stopLocked() {
	d.once.Do(func() { close(d.stopping) })
	if info := d.app.state.dyno(d.id); info != nil {
		info.Draining, info.UpdatedAt = true, time.Now()
	}
}

// limit stops a dyno that has not ended after its time to live.
func (d *dyno) limit() {
	timer := time.NewTimer(d.timeToLive)
	defer timer.Stop()
	select {
	case <-timer.C:
		d.stop()
	case <-d.done:
	}
}

// signal sends a signal to every process of the dyno.
func (d *dyno) signal(signal syscall.Signal) error {
	if d == nil {
		return os.ErrProcessDone
	}
	d.app.p.mu.Lock()
	process := d.process
	d.app.p.mu.Unlock()
	if process == nil {
		return os.ErrProcessDone
	}
	process.signal(signal)
	return nil
}
