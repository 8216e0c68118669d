package deploysim

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"
)

// The builds of a deploy, as the names of its dynos begin: old.1, new.2.
const (
	OldBuild = "old"
	NewBuild = "new"
)

// A Host starts and ends the dynos of a deploy, as a platform does, so that they
// have an environment of its making. Without one they are children of the
// simulator. The release phase of a deploy with a Host has it start the new dynos
// if it succeeds, while the old ones go on.
//
// A dyno of a Host is a process
//
//	BINARY demo-dyno NAME ADDRESS
//
// with the app's database in DATABASE_URL. It connects to the address for what
// other dynos have standard input and output for, and listens on PORT, if there is
// one, when it is ready.
type Host interface {
	// Boot makes the scenario's tables and starts so many dynos of the old build,
	// with names from old.1 on.
	Boot(ctx context.Context, address string, dynos int) error
	// Stop sends SIGTERM to all dynos of a build and, when their grace is over,
	// SIGKILL. It does not wait for either.
	Stop(build string) error
}

// open lets dynos in that a Host starts. configure says what one of a name is to
// do.
func (f *fleet) open(configure func(name string) workerConfig) error {
	var err error
	if f.door, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	f.readers.Go(func() {
		for {
			link, err := f.door.Accept()
			if err != nil {
				return
			}
			f.readers.Go(func() { f.receive(link, configure) })
		}
	})
	return nil
}

// receive is the whole life of one dyno.
func (f *fleet) receive(link net.Conn, configure func(string) workerConfig) {
	defer link.Close()
	_ = link.SetReadDeadline(time.Now().Add(helloWithin))
	in := json.NewDecoder(link)
	var hello message
	if err := in.Decode(&hello); err != nil || hello.Event != eventHello {
		return
	}
	_ = link.SetReadDeadline(time.Time{})
	d := &dyno{name: hello.Name, pid: hello.PID, link: link, end: func() string { return "ended early" }}
	if !f.admit(d) || json.NewEncoder(link).Encode(configure(d.name)) != nil {
		return
	}
	f.follow(d, in)
	f.ended(d)
}

// helloWithin bounds the wait for a dyno's first words, which it says at once.
const helloWithin = 10 * time.Second

// admit refuses a dyno that has crashed and starts again: its writes could not be
// told from those of its first life.
func (f *fleet) admit(d *dyno) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	for _, known := range f.dynos {
		if known.name == d.name {
			return false
		}
	}
	f.dynos = append(f.dynos, d)
	return true
}

// hosted waits for the dynos of a build that the Host has started, or is about to.
func (d *deploy) hosted(ctx context.Context, build string, n int) ([]*dyno, error) {
	var dynos []*dyno
	err := d.fleet.await(ctx, func() bool {
		dynos = dynos[:0]
		for _, one := range d.fleet.dynos {
			if strings.HasPrefix(one.name, build+".") {
				dynos = append(dynos, one)
			}
		}
		return len(dynos) == n
	})
	if err != nil {
		return nil, fmt.Errorf("%d of %d dynos of the %s build have started: %w", len(dynos), n, build, err)
	}
	return dynos, nil
}
