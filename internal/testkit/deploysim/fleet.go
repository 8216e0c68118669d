package deploysim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// dyno is the parent's view of one worker process. The fields below mu of its
// fleet change as messages arrive.
type dyno struct {
	name string
	pid  int
	link io.WriteCloser // its end tells the dyno that we are gone
	// signal is nil for a dyno of a Host, which ends it.
	signal func(os.Signal) error
	// end waits for the process, as far as it is ours, and says how it ended.
	end func() string

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
	door    net.Listener // nil without a Host
	closed  bool         // no dyno may come any more
}

func newFleet() *fleet { return &fleet{changed: make(chan struct{}, 1)} }

// start runs argv as the dyno cfg describes.
func (f *fleet) start(argv []string, cfg workerConfig) (*dyno, error) {
	cmd := exec.Command(argv[0], slices.Concat(argv[1:], []string{cfg.name})...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &dyno{name: cfg.name, pid: cmd.Process.Pid, link: stdin, signal: cmd.Process.Signal, end: func() string {
		err := cmd.Wait()
		first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return strings.TrimSuffix(fmt.Sprintf("ended early (%v): %s", err, first), ": ")
	}}
	f.mu.Lock()
	f.dynos = append(f.dynos, d)
	f.mu.Unlock()
	in := json.NewDecoder(stdout)
	f.readers.Go(func() {
		f.follow(d, in)
		_, _ = io.Copy(io.Discard, stdout)
		f.ended(d)
	})
	// A dyno that has already died is noticed by its reader.
	_ = json.NewEncoder(stdin).Encode(cfg)
	return d, nil
}

// follow reads a dyno's messages to their end.
func (f *fleet) follow(d *dyno, in *json.Decoder) {
	for {
		var m message
		if in.Decode(&m) != nil {
			return
		}
		f.update(func() { d.receive(m) })
	}
}

// ended waits for the end of a dyno that says nothing more.
func (f *fleet) ended(d *dyno) {
	how := d.end()
	f.update(func() {
		d.exited = true
		if d.written == nil && d.problem == "" {
			d.problem = how
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
// before, it kills what is left, as the platform does. A Host does both itself.
func (f *fleet) terminate(ctx context.Context, dynos []*dyno) {
	sendAll(dynos, syscall.SIGTERM)
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
	kill(dynos)
	// SIGKILL cannot be refused, so this wait needs no deadline.
	_ = f.await(context.WithoutCancel(ctx), exited)
}

// close kills every dyno and waits until its process is reaped.
func (f *fleet) close() {
	if f.door != nil {
		_ = f.door.Close()
	}
	f.mu.Lock()
	f.closed = true
	dynos := slices.Clone(f.dynos)
	f.mu.Unlock()
	kill(dynos)
	f.readers.Wait()
}

// kill ends dynos at once: what has no process of ours has an end of its link.
func kill(dynos []*dyno) {
	sendAll(dynos, syscall.SIGKILL)
	for _, d := range dynos {
		_ = d.link.Close()
	}
}

// sendAll leaves out the dynos that a Host has started. The error of one that has
// already exited is no news.
func sendAll(dynos []*dyno, which os.Signal) {
	for _, d := range dynos {
		if d.signal != nil {
			_ = d.signal(which)
		}
	}
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
