package deploysim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// WorkerArg is the first argument of a process that has to call [WorkerMain].
const WorkerArg = "demo-dyno"

// reportEvery is how often a dyno tells its parent how far it is.
const reportEvery = 50 * time.Millisecond

// errOrphaned ends a dyno whose parent has closed its standard input.
var errOrphaned = errors.New("standard input closed")

// workerConfig is the first JSON value on a dyno's standard input.
type workerConfig struct {
	name        string        // from the command line
	port        string        // to listen on when ready; a Host's dyno has one
	URL         string        `json:"url"` // "": DATABASE_URL
	Workload    Workload      `json:"workload"`
	Seeds       int           `json:"seeds"`
	Connections int           `json:"connections"`
	Rate        int           `json:"rate"` // statements a second and connection
	StallLimit  time.Duration `json:"stall_limit"`
}

// message is one line of a dyno's standard output.
type message struct {
	Event   string   `json:"event"`
	Name    string   `json:"name,omitempty"` // of hello
	PID     int      `json:"pid,omitempty"`  // of hello
	Stats   *Stats   `json:"stats,omitempty"`
	Written *Written `json:"written,omitempty"`
	Error   string   `json:"error,omitempty"`
}

// The values of message.Event.
const (
	eventHello    = "hello" // to whom a Host's dyno has connected
	eventReady    = "ready"
	eventProgress = "progress"
	eventDone     = "done"
	eventFailed   = "failed"
)

// WorkerMain is the main function of a dyno process; args is what follows
// [WorkerArg]: the dyno's name and, if a [Host] has started it, the address to
// connect to instead of stdin and stdout. It returns the exit status: 0 after
// SIGTERM and a clean end, 1 if it could not work or its parent is gone. The
// package comment describes what it reads and writes.
func WorkerMain(args []string, stdin io.Reader, stdout io.Writer) int {
	// A terminal's Ctrl-C reaches the whole process group, but when a dyno ends
	// is up to its parent.
	signal.Ignore(os.Interrupt)
	ctx, abort := context.WithCancelCause(context.Background())
	defer abort(nil)
	drain, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()

	stdin, stdout, err := connect(args, stdin, stdout)
	out := json.NewEncoder(stdout)
	var cfg workerConfig
	if err == nil {
		cfg, err = configure(args[0], stdin)
	}
	if len(args) == 2 {
		cfg.port = os.Getenv("PORT")
	}
	if err == nil {
		go func() {
			_, _ = io.Copy(io.Discard, stdin)
			abort(errOrphaned)
		}()
		err = serve(ctx, drain, cfg, out)
	}
	if err != nil {
		// Nobody may be left to read it; the exit status says the same.
		_ = out.Encode(message{Event: eventFailed, Error: err.Error()})
		return 1
	}
	return 0
}

// connect finds whom the dyno listens and reports to.
func connect(args []string, stdin io.Reader, stdout io.Writer) (io.Reader, io.Writer, error) {
	switch len(args) {
	case 1:
		return stdin, stdout, nil
	case 2:
		parent, err := net.Dial("tcp", args[1])
		if err == nil {
			err = json.NewEncoder(parent).Encode(message{Event: eventHello, Name: args[0], PID: os.Getpid()})
		}
		if err != nil {
			return stdin, stdout, err
		}
		return parent, parent, nil
	}
	return stdin, stdout, fmt.Errorf("%s takes the dyno's name and, on a platform, an address", WorkerArg)
}

func configure(name string, stdin io.Reader) (workerConfig, error) {
	var cfg workerConfig
	if err := json.NewDecoder(stdin).Decode(&cfg); err != nil {
		return cfg, fmt.Errorf("read configuration: %w", err)
	}
	cfg.name = name
	return cfg, nil
}

// serve runs the dyno's connections until drain ends, reporting to out.
func serve(ctx, drain context.Context, cfg workerConfig, out *json.Encoder) error {
	clients, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	if cfg.port != "" {
		door, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", cfg.port))
		if err != nil {
			return err
		}
		defer door.Close() // nobody has more to say to it than that it is there
	}
	if err := out.Encode(message{Event: eventReady}); err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, c := range clients {
		running.Go(func() { c.run(ctx, drain) })
	}
	ended := make(chan struct{})
	go func() {
		running.Wait()
		close(ended)
	}()
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := out.Encode(message{Event: eventProgress, Stats: total(clients)}); err != nil {
				return err
			}
		case <-ended:
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return out.Encode(message{Event: eventDone, Stats: total(clients), Written: written(clients)})
		}
	}
}

// open connects all clients. The last one speaks the simple protocol, as
// drivers set up for a transaction pooler do; the others keep named prepared
// statements.
func open(ctx context.Context, cfg workerConfig) ([]*client, error) {
	config, err := pgx.ParseConfig(cmp.Or(cfg.URL, os.Getenv("DATABASE_URL")))
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = cfg.name
	var wheel []int
	for i, op := range cfg.Workload.Ops {
		wheel = append(wheel, slices.Repeat([]int{i}, op.Weight)...)
	}
	clients := make([]*client, cfg.Connections)
	for i := range clients {
		own := config.Copy()
		own.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
		if i > 0 && i == len(clients)-1 {
			own.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		}
		tag := fmt.Sprintf("%s-%d", cfg.name, i)
		clients[i] = &client{
			config:     own,
			ops:        cfg.Workload.Ops,
			wheel:      wheel,
			model:      newModel(tag, cfg.Seeds, hash(tag)),
			pacer:      newPacer(cfg.Rate),
			stallLimit: cfg.StallLimit,
		}
		if err := clients[i].connect(ctx); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

// hash gives each connection a random sequence of its own, the same in every
// run.
func hash(tag string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(tag))
	return h.Sum64()
}

func total(clients []*client) *Stats {
	var sum Stats
	for _, c := range clients {
		sum.Merge(c.snapshot())
	}
	return &sum
}

// written may be called only when the clients have stopped.
func written(clients []*client) *Written {
	var sum Written
	for _, c := range clients {
		sum.merge(c.model.written)
	}
	return &sum
}
