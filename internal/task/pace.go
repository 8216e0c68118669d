package task

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/pg"
)

const (
	// sampleEvery is how often a backfill looks whether others wait: twice in a
	// batch at least. One look takes the server less than a millisecond.
	sampleEvery = 20 * time.Millisecond
	// calmSamples is for how many looks it does nothing at first, and calmBlocks is
	// how large, in blocks, a table is for which that is worth it.
	calmSamples, calmBlocks = 10, 1000
	// minTarget is the shortest batch it comes down to: below, most of the time goes
	// into the statements themselves.
	minTarget = 10 * time.Millisecond
	// shortRest and longRest are how long it rests after a batch, as a multiple of
	// that: its goal is half the speed of one UPDATE of the whole table when nobody
	// waits, and even when others always wait it comes to an end.
	shortRest, longRest = 0.25, 4
	// crowd is how many more sessions wait, in the mean, than did before it began,
	// when it is in their way.
	crowd = 1
)

// A pace is how a backfill adapts to others: batches get shorter when a session waits
// for one of its rows, and rests longer when that does or when more sessions than
// before wait for the disk or inside the server.
type pace struct {
	target time.Duration // of a batch
	rest   float64       // a multiple of the batch
	// calm is how many sessions waited before it began, and waiting how many do, in
	// the mean of the last batches.
	calm, waiting float64
	yielded       int // batches in which others waited
}

func newPace(calm float64) pace {
	return pace{target: batchTarget, rest: shortRest, calm: calm, waiting: calm}
}

// after tells how long to rest after a batch, during which others waited.
func (p *pace) after(took time.Duration, w waits) time.Duration {
	if w.looks > 0 {
		p.waiting += (w.mean() - p.waiting) / 5
	}
	blocked := w.blocked > 0
	if blocked || p.waiting > p.calm+crowd {
		p.yielded++
		p.rest = min(2*p.rest, longRest)
	} else {
		p.rest = max(p.rest*0.8, shortRest)
	}
	if blocked {
		p.target = max(p.target/2, minTarget)
	} else {
		p.target = min(p.target*11/10, batchTarget)
	}
	return time.Duration(float64(took) * p.rest)
}

// waits are what some looks at other sessions saw.
type waits struct{ looks, blocked, waiting int }

func (w waits) mean() float64 { return float64(w.waiting) / float64(max(w.looks, 1)) }

// A sampler looks at the other sessions, from one of its own.
type sampler struct {
	mu   sync.Mutex
	seen waits
}

// run looks until the context ends. A look that fails ends it: the backfill goes on
// as if nobody waited.
func (s *sampler) run(ctx context.Context, conn *pgx.Conn, pid uint32) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		blocked, waiting, err := pg.ReadWaiting(ctx, conn, pid)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen.looks++
		s.seen.blocked += blocked
		s.seen.waiting += waiting
		s.mu.Unlock()
	}
}

// take returns what was seen since it was asked last.
func (s *sampler) take() (w waits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, s.seen = s.seen, waits{}
	return w
}

// adapt has the backfill look at others from now on, until stop is called. Where there
// is no room for another session, it goes on as if nobody waited.
func (f *backfiller) adapt(ctx context.Context, blocks int64) (stop func(), err error) {
	f.others, f.pace = &sampler{}, newPace(0)
	conn, err := f.Connect(ctx)
	if err != nil {
		return func() {}, context.Cause(ctx)
	}
	looking, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.others.run(looking, conn, f.conn.PgConn().PID())
	}()
	stop = func() {
		cancel()
		<-ended
		_ = conn.Close(context.WithoutCancel(ctx))
	}
	if blocks >= calmBlocks {
		if err := pause(ctx, calmSamples*sampleEvery); err != nil {
			stop()
			return nil, err
		}
	}
	f.pace = newPace(f.others.take().mean())
	return stop, nil
}
