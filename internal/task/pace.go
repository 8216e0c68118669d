package task

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/pg"
)

const (
	// batchTarget is how long one batch keeps its rows locked, and also the longest
	// that it keeps a core: a scheduler lets who computes go on for some 3 ms although
	// another process has been woken (EEVDF's base slice), and who waits for its next
	// statement is off it. On two cores the p99 of old code, 1.0 ms without a backfill,
	// is a little more than one batch beside it: 3.8 ms beside batches of 50 ms, 2.2
	// beside those of 2, and 1.5 beside those of 1 (PostgreSQL 18, 200 statements a
	// second, 5 million rows, medians of 3). Where a message takes long to the server
	// and back it works for three times as long as that, to get on, but not for more
	// than maxTarget.
	batchTarget, maxTarget = time.Millisecond, 50 * time.Millisecond
	// sampleEvery is how often a backfill looks whether others wait. One look keeps a
	// core of the server for up to a millisecond, as long as a batch.
	sampleEvery = 100 * time.Millisecond
	// calmSamples is for how many looks it does nothing at first, calmEvery so often, and
	// calmBlocks is how large, in blocks, a table is for which that is worth it.
	calmSamples, calmEvery, calmBlocks = 10, 20 * time.Millisecond, 1000
	// shortRest and longRest are how long it rests, as a multiple of the time that it
	// worked: its goal is half the speed of one UPDATE of the whole table when nobody
	// waits, and even when others always wait it comes to an end.
	shortRest, longRest = 0.1, 4
	// restAtOnce is the shortest rest, for several batches together: timers are no
	// finer than a millisecond or so.
	restAtOnce = 5 * time.Millisecond
	// crowd is how many more sessions wait, in the mean, than did before it began,
	// when it is in their way.
	crowd = 1
)

// targetOver is how long a batch works, over a connection with such a round trip.
func targetOver(trip time.Duration) time.Duration {
	return min(max(batchTarget, 3*trip), maxTarget)
}

// roundTrip is the shortest of a few.
func roundTrip(ctx context.Context, conn *pgx.Conn) (shortest time.Duration, err error) {
	for n := range 5 {
		began := time.Now()
		if err := conn.Ping(ctx); err != nil {
			return 0, err
		}
		if took := time.Since(began); n == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest, nil
}

// A pace is how a backfill adapts to others: it rests longer when a session waits for
// one of its rows, or when more sessions than before wait for the disk or inside the
// server.
type pace struct {
	rest float64       // a multiple of the batch
	owed time.Duration // of rest
	// calm is how many sessions waited before it began, and waiting how many do, in
	// the mean of the last looks.
	calm, waiting float64
	yielded       int // looks at which others waited
}

func newPace(calm float64) pace { return pace{rest: shortRest, calm: calm, waiting: calm} }

// after tells how long to rest after a batch, during which others waited.
func (p *pace) after(took time.Duration, w waits) (rest time.Duration) {
	if w.looks > 0 { // several batches pass between two looks
		p.waiting += (w.mean() - p.waiting) / 10
		if w.blocked > 0 || p.waiting > p.calm+crowd {
			p.yielded++
			p.rest = min(2*p.rest, longRest)
		} else {
			p.rest = max(p.rest*0.9, shortRest)
		}
	}
	p.owed += time.Duration(float64(took) * p.rest)
	if p.owed >= restAtOnce {
		rest, p.owed = p.owed, 0
	}
	return rest
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
	tick := time.NewTicker(calmEvery)
	defer tick.Stop()
	for looks := 1; ; looks++ {
		if looks == calmSamples {
			tick.Reset(sampleEvery)
		}
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
		if err := pause(ctx, calmSamples*calmEvery); err != nil {
			stop()
			return nil, err
		}
	}
	f.pace = newPace(f.others.take().mean())
	return stop, nil
}
