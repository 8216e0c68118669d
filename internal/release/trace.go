package release

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// A heldLock is a row of pg.HeldLocks.
type heldLock struct {
	object
	mode ddl.LockMode
	name string // now; empty: it is gone
	temp bool
	file int64
}

// witness is that of the transaction that is open, which has one from now on.
func (a *act) witness() *witness {
	if w, ok := a.conn.Witness().(*witness); ok {
		return w
	}
	w := &witness{gate: a.gate, relations: map[uint32]*traced{}, explained: map[object]bool{}, states: map[uint32][]*catalog.Relation{}, views: map[uint32]catalog.ViewSource{}, last: -1}
	a.conn.Watch(w)
	a.conn.BeforeCommit(func(ctx context.Context, c guard.Conn) error { return a.checkTransaction(ctx, c, w) })
	return w
}

// trace looks which locks the statement has taken and which relations it has
// written anew, for the report, and whether it was expected to. What no text shows is
// judged by its effect.
func (a *act) trace(ctx context.Context) error {
	if a.conn.TxStatus() != 'T' {
		return nil
	}
	w := a.witness()
	plain := a.plan.Class == ddl.Query || a.plan.Class == ddl.Copy
	if !a.plan.watched && (plain || !a.queues() && !a.hides()) && a.cleared == nil {
		return nil // what it should not have taken is found before the commit
	}
	held, err := a.held(ctx)
	if err != nil {
		return err
	}
	fresh, err := a.see(ctx, w, held)
	if err != nil {
		return err
	}
	expects := a.expectation()
	for _, r := range fresh {
		expected := expects.lock(r)
		if !expected && a.lockedByHand(r) {
			continue
		}
		lock := r.take(a.asked())
		lock.Unexpected = !expected
		a.locks = append(a.locks, lock)
	}
	a.noteFiles(w, held, expects)
	if a.hides() {
		if err := a.judgeState(ctx, w, held, a.plan.watched); err != nil {
			return err
		}
	}
	for _, l := range held {
		r := w.relations[l.oid]
		if l.catalog != 0 || r == nil || r.last() == nil || !r.last().Unexpected {
			w.explained[l.object] = true
		}
	}
	return nil
}

// lockedByHand tells a relation of the name of one that LOCK TABLE has locked.
func (g *gate) lockedByHand(r *traced) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byHand[r.name.Name]
}

// asked is when the statement's locks were asked for at last.
func (a *act) asked() time.Time {
	if a.tried.IsZero() {
		return a.began
	}
	return a.tried
}

// held are the locks the transaction holds now.
func (a *act) held(ctx context.Context) ([]heldLock, error) {
	rows, err := a.conn.Query(ctx, pg.HeldLocks)
	if err != nil {
		return nil, err
	}
	locks := make([]heldLock, 0, len(rows))
	for _, row := range rows {
		l := heldLock{object: object{oid(row[0]), oid(row[1])}, mode: ddl.ServerMode(*row[2])}
		if row[4] != nil {
			l.name, l.temp = *row[4], *row[6] == "t"
			l.file, _ = strconv.ParseInt(*row[7], 10, 64)
		}
		locks = append(locks, l)
	}
	return locks, nil
}

// see brings what is known of the transaction's relations up to date. It returns
// those with a lock that is new, or stronger than before.
func (a *act) see(ctx context.Context, w *witness, held []heldLock) (fresh []*traced, err error) {
	now := map[uint32]bool{}
	var unknown []uint32
	for _, l := range held {
		if l.catalog != 0 || l.oid == pg.NamespaceCatalog || l.temp {
			continue
		}
		now[l.oid] = true
		if w.relations[l.oid] == nil {
			unknown = append(unknown, l.oid)
		}
	}
	a.forgetReleased(w, now)
	if err := a.lookOutside(ctx, w, unknown); err != nil {
		return nil, err
	}
	for _, l := range held {
		r := w.relations[l.oid]
		if l.catalog != 0 || r == nil {
			continue
		}
		if l.name != "" && l.name != r.name.Name && !slices.Contains(r.names, l.name) {
			r.names = append(r.names, l.name)
		}
		if r.mode == "" || l.mode.Compare(r.mode) > 0 {
			r.mode = l.mode
			if !slices.Contains(fresh, r) {
				fresh = append(fresh, r)
			}
		}
	}
	return withoutFollowers(w, fresh), nil
}

// forgetReleased ends the record of locks that went with a savepoint.
func (a *act) forgetReleased(w *witness, now map[uint32]bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, r := range w.relations {
		if !now[id] {
			r.release()
			delete(w.relations, id)
			delete(w.explained, object{oid: id})
			delete(w.states, id)
		}
	}
}

// lookOutside adds the relations that were there before the transaction.
func (a *act) lookOutside(ctx context.Context, w *witness, oids []uint32) error {
	if len(oids) == 0 {
		return nil
	}
	rows, err := a.outside.query(ctx, pg.RelationsBefore(oids, ledger.CreatedFrom))
	if err != nil {
		return a.unseen(err)
	}
	for _, row := range rows {
		text := func(i int) *string { s := string(row[i]); return &s }
		if *text(4) == "t" {
			continue
		}
		r := &traced{name: ddl.Name{Schema: *text(1), Name: *text(2)}, kind: catalog.Kind(*text(3)), table: oid(text(6)),
			child: *text(7) == "t", created: *text(8) == "t"}
		r.file, _ = strconv.ParseInt(*text(5), 10, 64)
		w.relations[oid(text(0))] = r
	}
	return nil
}

// unseen refuses what cannot be compared with what was before.
func (a *act) unseen(err error) error {
	return a.unjudged(err.Error(), "Release again when the database lets migguard in once more: it needs a second connection to see what a transaction has changed.")
}

// withoutFollowers leaves out indexes that are locked as their table is, and TOAST
// tables.
func withoutFollowers(w *witness, fresh []*traced) []*traced {
	return slices.DeleteFunc(fresh, func(r *traced) bool {
		table := w.relations[r.table]
		return r.kind == "t" || table != nil && table.mode.Compare(r.mode) >= 0
	})
}

// noteFiles notes which relations have another file than before the statement.
func (a *act) noteFiles(w *witness, held []heldLock, expects expectation) {
	seen := map[uint32]int64{}
	for _, l := range held {
		if l.catalog == 0 && l.name != "" {
			seen[l.oid] = l.file
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		r := w.relations[id]
		if r == nil || r.file == seen[id] {
			continue
		}
		r.file = seen[id]
		if r.kind == catalog.Sequence || r.kind == "t" || w.relations[r.table] != nil {
			continue
		}
		lock := r.last()
		if lock == nil || !slices.Contains(a.locks, lock) {
			lock = r.take(a.asked())
			a.locks = append(a.locks, lock)
		}
		lock.Rewritten = true
		lock.Unexpected = lock.Unexpected || !expects.rewrite()
	}
}
