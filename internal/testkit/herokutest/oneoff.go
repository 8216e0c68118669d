package herokutest

import (
	"context"
	"fmt"
	"strings"
	"syscall"
)

// A OneOff is a one-off dyno, as of "heroku run".
type OneOff struct {
	ID   string
	Name string
	d    *dyno
}

// RunDyno runs a command in a one-off dyno with the current release.
func (a *App) RunDyno(command string) (*OneOff, error) {
	d, err := a.runDyno(&dyno{kind: oneOffType, command: command})
	if err != nil {
		return nil, err
	}
	return &OneOff{ID: d.id, Name: d.name, d: d}, nil
}

// runDyno starts what d says in a dyno with the current release.
func (a *App) runDyno(d *dyno) (*dyno, error) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	if a.p.isClosing() {
		return nil, errClosed
	}
	current := a.state.Current()
	if current.Artifact == nil {
		return nil, invalid("The app has no code to run.")
	}
	a.beginOneOff(a.releases[current.Version-1], d)
	a.commit()
	return d, nil
}

// beginOneOff starts a dyno that ends with its process. mu is held.
func (a *App) beginOneOff(r *Release, d *dyno) *dyno {
	a.oneOffs++
	d.release, d.oneOff, d.name = r, true, a.dynoName(d.kind, a.oneOffs)
	return a.begin(d, false)
}

// Wait waits until no process of the dyno is left, and returns its exit
// status: 128 and the number of the signal that ended it, as a shell says.
func (o *OneOff) Wait(ctx context.Context) (status int, err error) {
	select {
	case <-o.d.done:
		return o.d.status, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("dyno %s: %w", o.Name, context.Cause(ctx))
	}
}

// Output is what it has printed so far.
func (o *OneOff) Output() string { return o.d.printed() }

// Stop stops it as "heroku ps:stop" does.
func (o *OneOff) Stop() { o.d.stop() }

// Signal sends a signal to all its processes. It returns [os.ErrProcessDone]
// when there is none.
func (o *OneOff) Signal(signal syscall.Signal) error { return o.d.signal(signal) }

// AwaitOutput waits until the dyno has printed text.
func (o *OneOff) AwaitOutput(ctx context.Context, text string) error {
	return o.d.awaitOutput(ctx, text)
}

// print keeps a line of output and logs it.
func (d *dyno) print(line string) {
	d.app.p.logs.printf("app", d.name, "%s", line)
	if !d.oneOff {
		return
	}
	d.app.p.mu.Lock()
	defer d.app.p.mu.Unlock()
	d.output = append(d.output, line+"\n"...)
	d.app.p.broadcast()
}

func (d *dyno) printed() string {
	d.app.p.mu.Lock()
	defer d.app.p.mu.Unlock()
	return string(d.output)
}

func (d *dyno) awaitOutput(ctx context.Context, text string) error {
	for {
		d.app.p.mu.Lock()
		output, changed := string(d.output), d.app.p.changed
		d.app.p.mu.Unlock()
		if strings.Contains(output, text) {
			return nil
		}
		select {
		case <-changed:
		case <-d.done:
			if output := d.printed(); !strings.Contains(output, text) {
				return fmt.Errorf("dyno %s ended without printing %q: %q", d.name, text, output)
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("dyno %s: wait for %q: %w", d.name, text, context.Cause(ctx))
		}
	}
}
