package deploysim

import (
	"errors"
	"os"
	"time"
)

// Options say how a scenario is run. URL and Release are required; the zero
// value of every other field means its documented default.
type Options struct {
	// URL is an empty database with a role that may create tables. The dynos
	// use it directly.
	URL string
	// Mode names this way of releasing in the result, such as "bare".
	Mode    string
	Release Release
	// Host starts and ends the dynos, and its part of the release phase is to
	// start the new ones. Default: they are children of this process.
	Host Host
	// Worker is the command line of a dyno without its name. Default: the
	// running binary and WorkerArg.
	Worker []string
	// OldDynos and NewDynos are the sizes of the formations. Default 2 each.
	OldDynos, NewDynos int
	// Connections is how many connections a dyno has. With 2 or more the last
	// one speaks the simple protocol, the others keep prepared statements.
	// Default 3.
	Connections int
	// Rate limits each connection, in statements a second. Default 200, which
	// leaves two cores unsaturated with the other defaults.
	Rate int
	// MinOldStatements is how many statements the old dynos send at least, two
	// fifths of them after the release command has ended. Default 20000.
	MinOldStatements int64
	// MinNewStatements is how many statements the new dynos send at least.
	// Default 1000.
	MinNewStatements int64
	// StallLimit is the latency from which an answer counts as failed. Default
	// 3 s, a tenth of the platform's router time-out as Grace is of its grace.
	StallLimit time.Duration
	// Grace is the time from SIGTERM to SIGKILL. Default 3 s.
	Grace time.Duration
	// Patience bounds each step of the run. Default 3 min.
	Patience time.Duration
	// Observe is told what happens, in order, from one goroutine. Default: no
	// one is.
	Observe func(Event)
}

// Event is a moment of a run worth telling a person.
type Event struct {
	Kind EventKind
	// Dyno and PID are set for the kinds that concern one dyno.
	Dyno string
	PID  int
	// Statements is how many statements the old dynos have sent by then.
	Statements int64
	// Exit and Outcome are set for ReleaseEnded.
	Exit    int
	Outcome Outcome
}

// EventKind says what happened.
type EventKind string

const (
	// DynoReady: a dyno has opened all its connections.
	DynoReady EventKind = "dyno ready"
	// ReleaseStarted: the old dynos are warm, the release command starts.
	ReleaseStarted EventKind = "release started"
	// ReleaseEnded: the release command has an exit status.
	ReleaseEnded EventKind = "release ended"
	// OldTerminated: the last old dyno has exited.
	OldTerminated EventKind = "old dynos terminated"
	// Verified: all acknowledged writes have been looked up.
	Verified EventKind = "writes verified"
)

func (o Options) withDefaults() (Options, error) {
	if o.URL == "" || o.Release == nil {
		return o, errors.New("options: URL and Release are required")
	}
	if len(o.Worker) == 0 {
		self, err := os.Executable()
		if err != nil {
			return o, err
		}
		o.Worker = []string{self, WorkerArg}
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	byDefault(&o.OldDynos, 2)
	byDefault(&o.NewDynos, 2)
	byDefault(&o.Connections, 3)
	byDefault(&o.Rate, 200)
	byDefault(&o.MinOldStatements, 20000)
	byDefault(&o.MinNewStatements, 1000)
	byDefault(&o.StallLimit, 3*time.Second)
	byDefault(&o.Grace, 3*time.Second)
	byDefault(&o.Patience, 3*time.Minute)
	return o, nil
}

// byDefault replaces values that mean nothing: zero and negative ones.
func byDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
