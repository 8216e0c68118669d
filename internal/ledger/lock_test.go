package ledger

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// The contract of every lock: only one runs, the others wait or are refused,
// and all end.
func TestLockContract(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		const patient, hasty = 5, 5
		cfg := parse(t, db.URL)
		var running, done, refused atomic.Int64
		errs := make(chan error, patient+hasty)
		run := func(wait time.Duration) error {
			l, err := Open(t.Context(), cfg, Options{})
			if err != nil {
				return err
			}
			defer l.Close()
			var held *LockedError
			if err := l.Lock(t.Context(), wait, nil); errors.As(err, &held) && wait == 0 {
				refused.Add(1)
				return nil
			} else if err != nil {
				return err
			}
			defer running.Add(-1)
			if running.Add(1) > 1 {
				return errors.New("two runs at once")
			}
			done.Add(1)
			id, err := l.Begin(t.Context(), Release{Migguard: "1.2.3"})
			if err != nil {
				return err
			}
			return l.Finish(t.Context(), id, Succeeded, 0, 0, nil)
		}
		for range patient {
			go func() { errs <- run(patience) }()
		}
		for range hasty {
			go func() { errs <- run(0) }()
		}
		for range patient + hasty {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if done.Load() < patient || done.Load()+refused.Load() != patient+hasty {
			t.Errorf("%d done, %d refused", done.Load(), refused.Load())
		}
	})
}

func TestWaiterIsTold(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		first := locked(t, db.URL)
		id, err := first.Begin(t.Context(), Release{Build: "b1", Version: "v7", Migguard: "1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		var told []Holder
		err = open(t, db.URL).Lock(t.Context(), time.Second, func(h Holder) { told = append(told, h) })
		var held *LockedError
		if !errors.As(err, &held) {
			t.Fatalf("Lock: %v, want a LockedError", err)
		}
		if len(told) != 1 {
			t.Fatalf("told %d times in 1 s, want once", len(told))
		}
		h := told[0]
		if h.PID != first.conn.PgConn().PID() || h.Application != "migguard" || h.Since.IsZero() ||
			h.Release == nil || h.Release.ID != id || h.Release.Version != "v7" {
			t.Errorf("holder %v", h)
		}
		if held.Holder.PID != h.PID || held.Waited != time.Second {
			t.Errorf("%v", held)
		}
	})
}

// The lock of a killed run is free as soon as the server sees it gone, and its
// release becomes interrupted.
func TestKilledHolder(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		cmd, out := victim(t, "hold", db.URL)
		if line, err := out.ReadString('\n'); err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		waiting := make(chan Holder, 1)
		l := open(t, db.URL)
		locked := make(chan error, 1)
		go func() { locked <- l.Lock(t.Context(), patience, func(h Holder) { waiting <- h }) }()
		if h := <-waiting; h.Release == nil || h.Release.Build != "held" {
			t.Errorf("holder %v", h)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := <-locked; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("the lock was free after %v", took)
		}
		begin(t, l, "b2")
		if got := db.Value(t, "select outcome from migguard.release where build = 'held'"); got != "interrupted" {
			t.Errorf("the killed run is %s", got)
		}
	})
}

func TestLostSession(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		select {
		case err := <-l.Lost():
			t.Fatalf("lost at once: %v", err)
		default:
		}
		db.Exec(t, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'migguard' and datname = current_database()")
		select {
		case err := <-l.Lost():
			if err == nil {
				t.Error("lost without an error")
			}
		case <-time.After(patience):
			t.Fatal("not noticed")
		}
	})
}

func TestCloseIsNoLoss(t *testing.T) {
	t.Parallel()
	l := locked(t, pgtest.New(t).URL)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-l.Lost():
		t.Error(err)
	case <-time.After(2 * pingEvery):
	}
}

// A waiting run must not hold a snapshot: the index build of the run it waits
// for would wait for it.
func TestWaiterDoesNotBlockConcurrentIndex(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table a (id int)")
		locked(t, db.URL)
		waiting := make(chan Holder, 1)
		waiter := open(t, db.URL)
		ctx, stop := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- waiter.Lock(ctx, time.Hour, func(h Holder) { waiting <- h }) }()
		<-waiting
		build, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if _, err := db.Connect(t).Exec(build, "create index concurrently on a (id)"); err != nil {
			t.Error(err)
		}
		enough := errors.New("enough")
		stop(enough)
		if err := <-ended; !errors.Is(err, enough) {
			t.Errorf("the waiter ended with %v", err)
		}
	})
}
