package guard_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// watchers are the Witnesses of transactions that are open.
type watchers struct {
	mu      sync.Mutex
	open    int
	watched int
	idle    chan struct{} // gets one each time that none is open
	wrong   string
}

// A watcher is the Witness of one transaction.
type watcher struct {
	all         *watchers
	transaction string
}

// Committing refuses where the checks before it have been, which it is not called for.
func (w *watcher) Committing(ctx context.Context, c guard.Conn) error {
	rows, err := c.Query(ctx, "SELECT to_regclass('gone')")
	if err == nil && rows[0][0] == nil {
		w.all.mu.Lock()
		defer w.all.mu.Unlock()
		w.all.wrong = "called after a check that has refused"
	}
	return err
}

func (w *watcher) Ended() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	if w.all.open--; w.all.open == 0 {
		w.all.idle <- struct{}{}
	}
}

// act runs a statement, and watches the transaction it is in.
func (all *watchers) act(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
	tag, err := watchful(ctx, c, st)
	if err != nil || c.TxStatus() != 'T' {
		return tag, err
	}
	rows, err := c.Query(ctx, "SELECT pg_current_xact_id()")
	if err != nil {
		return "", err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	switch w, ok := c.Witness().(*watcher); {
	case !ok:
		all.open++
		all.watched++
		c.Watch(&watcher{all, *rows[0][0]})
	case w.transaction != *rows[0][0]:
		all.wrong = w.transaction + " is over, and has a Witness in " + *rows[0][0]
	}
	return tag, nil
}

// A transaction's Witness hears once of its end, whichever way it ends, before the
// client does, and is no other transaction's.
func TestWitness(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table mark (n int)")
		all := &watchers{idle: make(chan struct{}, 100)}
		r := newRig(t, db, testGate{gated: isSchema, act: all.act}, nil)
		for name, c := range commits {
			t.Run(name, func(t *testing.T) {
				db.Exec(t, "drop view if exists gone; create view gone as select 1 as n")
				all.watched = 0
				w := dialWire(t, r.url("disable"))
				w.send(t, c.messages...)
				for range c.ready {
					w.until(t, isReady)
				}
				all.mu.Lock()
				if all.open != 0 || all.wrong != "" || all.watched == 0 && name != "failed before" {
					t.Errorf("%d of %d are open; %s", all.open, all.watched, all.wrong)
				}
				all.open, all.wrong = 0, ""
				all.mu.Unlock()
				for len(all.idle) > 0 {
					<-all.idle
				}
				w.query(t, "BEGIN;"+createView[:len("create view ")]+"another as select 1")
				_ = w.Close()
				select {
				case <-all.idle:
				case <-time.After(patience):
					t.Error("the session's end was not told")
				}
			})
		}
	})
}
