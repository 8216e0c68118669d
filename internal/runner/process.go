package runner

import (
	"context"
	"log/slog"
	"os"
	"syscall"
	"time"
)

// process is a running child, the leader of its own process group.
type process struct {
	group int
	ended chan error // receives what exec.Cmd.Wait returns
	opts  Options
}

// groupPoll is how often a signalled group is asked whether anyone is left:
// nothing reports the end of a process that is not one's own child.
const groupPoll = 10 * time.Millisecond

// wait forwards signals until the child has ended, and kills its group when
// the grace period that the first ending signal began is over.
func (p process) wait(ctx context.Context) error {
	done := ctx.Done()
	var deadline <-chan time.Time
	var over time.Time
	begin := func() {
		if deadline == nil {
			over = time.Now().Add(p.opts.Grace)
			deadline = time.After(p.opts.Grace)
		}
	}
	for {
		select {
		case err := <-p.ended:
			if deadline != nil {
				p.reap(over)
			}
			return err
		case <-done:
			done = nil
			begin()
			p.signal(ctx, syscall.SIGTERM)
		case s := <-p.opts.Signals:
			sig, ok := s.(syscall.Signal)
			if !ok { // a closed channel gives nil for ever
				p.opts.Signals = nil
				continue
			}
			if ends(sig) {
				begin()
			}
			p.signal(ctx, sig)
		case <-deadline:
			p.signal(ctx, syscall.SIGKILL)
		}
	}
}

// reap waits until the descendants that got the signal have ended too, or the
// grace period is over: a shell dies at once of SIGTERM while the program it
// waited for still rolls back.
func (p process) reap(over time.Time) {
	tick := time.NewTicker(groupPoll)
	defer tick.Stop()
	for syscall.Kill(-p.group, 0) == nil {
		if time.Now().After(over) {
			_ = syscall.Kill(-p.group, syscall.SIGKILL)
			return
		}
		<-tick.C
	}
}

// signal sends to the whole group. That it is gone already is no error.
func (p process) signal(ctx context.Context, sig syscall.Signal) {
	err := syscall.Kill(-p.group, sig)
	p.opts.Logger.InfoContext(ctx, "signal to runner",
		slog.String("signal", sig.String()),
		slog.Int("group", p.group),
		slog.Bool("delivered", err == nil))
}

// ends reports whether a signal asks a process to end.
func ends(sig os.Signal) bool {
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT:
		return true
	}
	return false
}
