package release

import (
	"context"
	"slices"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
)

// checkTransaction has the last word on a transaction: what it can have changed is
// bounded by the locks it holds. Those of statements that were judged are
// accounted for, unless code may have run that no text shows; what is behind the
// others is compared with what was before.
func (a *act) checkTransaction(ctx context.Context, c guard.Conn, w *witness) error {
	last := &act{gate: a.gate, conn: c, plan: plan{Statement: ddl.Statement{Text: "COMMIT"}}, text: "COMMIT", began: time.Now(), verdict: judge.Allow, ending: true}
	err := last.checkEffects(ctx, w)
	w.excuse(last)
	if err != nil {
		a.forget() // what the transaction has made is rolled back
	}
	if err != nil || len(last.findings)+len(last.allowed)+len(last.unused) > 0 {
		a.add(last.finish("", err))
	}
	return err
}

func (a *act) checkEffects(ctx context.Context, w *witness) error {
	held, err := a.held(ctx)
	if err != nil {
		return err
	}
	if a.hides() {
		if _, err := a.see(ctx, w, held); err != nil {
			return err
		}
		if err := a.judgeState(ctx, w, held, false); err != nil {
			return err
		}
		return a.checkKept(ctx)
	}
	var doubtful []heldLock
	for _, l := range held {
		if !w.explained[l.object] && (l.mode == ddl.AccessExclusive || l.oid == pg.NamespaceCatalog) {
			doubtful = append(doubtful, l)
		}
	}
	fresh, err := a.see(ctx, w, held)
	if err != nil {
		return err
	}
	a.noteUnexpected(w, fresh)
	return a.judgeState(ctx, w, doubtful, false)
}

// noteUnexpected puts locks on record that no statement was said to take, with the
// last one.
func (a *act) noteUnexpected(w *witness, fresh []*traced) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range fresh {
		if w.last < 0 || r.created || r.mode.Compare(ddl.Share) < 0 || a.byHand[r.name.Name] {
			continue
		}
		lock := r.take(a.began)
		lock.Unexpected = true
		a.statements[w.last].Locks = append(a.statements[w.last].Locks, lock)
	}
}

// judgeState compares what is exclusively locked with what it was when that was last
// judged, or before the transaction. A transaction that has changed a schema is
// compared as a whole. What is judged already is only noted.
func (a *act) judgeState(ctx context.Context, w *witness, held []heldLock, judged bool) error {
	var oids []uint32
	var err error
	symbols, all := false, false
	for _, l := range held {
		switch r := w.relations[l.oid]; {
		case l.oid == pg.NamespaceCatalog && l.catalog == 0:
			if all, err = a.schemasChanged(ctx); err != nil {
				return err
			}
		case l.catalog != 0:
			symbols = symbols || !w.explained[l.object]
		case r == nil || l.mode != ddl.AccessExclusive:
		case r.kind == catalog.Sequence || r.kind == "c":
			symbols = symbols || !w.explained[l.object]
		default:
			oids = append(oids, l.oid)
		}
	}
	var after catalog.Snapshot
	if all || len(oids) > 0 {
		if all {
			oids = nil
		}
		if after, err = a.judgeRelations(ctx, w, oids, judged); err != nil {
			return err
		}
	}
	if (symbols || all) && !judged {
		a.unshown = true
		if err := a.judgeSymbolsSince(ctx, after); err != nil {
			return err
		}
	}
	return nil
}

// schemasChanged tells whether a schema that was there before the transaction has
// another name, or is gone: its relations hold no lock that says so.
func (a *act) schemasChanged(ctx context.Context) (bool, error) {
	before, err := a.outside.query(ctx, pg.Schemas)
	if err != nil {
		return false, a.unseen(err)
	}
	rows, err := a.conn.Query(ctx, pg.Schemas)
	if err != nil {
		return false, err
	}
	now := map[string]bool{}
	for _, row := range rows {
		now[*row[0]] = true
	}
	return slices.ContainsFunc(before, func(row [][]byte) bool { return !now[string(row[0])] }), nil
}

// judgeRelations judges what became of relations, or of all if there are none.
func (a *act) judgeRelations(ctx context.Context, w *witness, oids []uint32, judged bool) (after catalog.Snapshot, err error) {
	before, err := a.outside.snapshot(ctx, oids)
	if err != nil {
		return nil, a.unseen(err)
	}
	doc, err := a.document(ctx, snapshotQuery(oids))
	if err != nil {
		return nil, err
	}
	if after, err = catalog.DecodeSnapshot(doc); err != nil {
		return nil, err
	}
	a.unshown = !judged
	for id, was := range before {
		var now *catalog.Relation
		if r, ok := after[id]; ok {
			now = &r
		}
		states := append([]*catalog.Relation{&was}, w.states[id]...)
		var settled bool
		if before[id], settled = a.baseline(states, now); settled {
			delete(before, id)
		}
		if !settled || a.plan.Changes != nil {
			w.states[id] = append(w.states[id], now)
		}
	}
	if !judged {
		if err := a.judgeEffects(ctx, before, after); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// baseline is what a relation is to be compared with, as it is now, nil if it is
// gone; settled is true if all that became of it is judged. It may be as it was at any
// time, because there are savepoints to go back to; nil among the states is one that was
// gone.
func (a *act) baseline(states []*catalog.Relation, now *catalog.Relation) (was catalog.Relation, settled bool) {
	for _, state := range slices.Backward(states) {
		if state == nil {
			if now == nil {
				return was, true
			}
			continue
		}
		announced, gone := a.announced(*state, now)
		if gone || now != nil && len(catalog.Diff(catalog.Snapshot{now.OID: announced}, catalog.Snapshot{now.OID: *now})) == 0 {
			return was, true
		}
		if was.OID == 0 {
			was = announced
		}
	}
	return was, false
}

// announced is a relation with what the statement says it changes, which is judged by
// its text; gone is true if it says that there is none any more.
func (a *act) announced(r catalog.Relation, now *catalog.Relation) (_ catalog.Relation, gone bool) {
	for _, change := range a.plan.Changes {
		switch c := change.(type) {
		case ddl.RenameTable:
			if now != nil && means(c.Relation, r) && now.Name == c.To {
				r.Name = c.To
			}
		case ddl.SetSchema:
			if now != nil && means(c.Relation, r) && now.Schema == c.Schema {
				r.Schema = c.Schema
			}
		case ddl.DropView:
			if now == nil && means(c.Relation, r) {
				return r, true
			}
		}
	}
	return r, false
}

// means tells whether a name can be a relation's.
func means(n ddl.Name, r catalog.Relation) bool {
	return n.Name == r.Name && (n.Schema == "" || n.Schema == r.Schema)
}

// settleHidden judges what plain statements of the transaction have changed, so
// that it is not taken for what the next statement does.
func (a *act) settleHidden(ctx context.Context) error {
	w, ok := a.conn.Witness().(*witness)
	if !ok || !a.hides() {
		return nil
	}
	held, err := a.held(ctx)
	if err != nil {
		return err
	}
	if _, err := a.see(ctx, w, held); err != nil {
		return err
	}
	unsaid := *a
	unsaid.plan.Changes = nil
	return unsaid.judgeState(ctx, w, held, false)
}

// judgeSymbolsSince judges what became of functions, sequences, types and
// extensions since before the transaction.
func (a *act) judgeSymbolsSince(ctx context.Context, relations catalog.Snapshot) error {
	if a.idle {
		return nil
	}
	doc, err := a.outside.document(ctx, pg.Symbols)
	if err != nil {
		return a.unseen(err)
	}
	before, err := catalog.DecodeSymbols(doc)
	if err != nil {
		return err
	}
	for i := range before {
		before[i].Created = a.newName(before[i].ID(), before[i].Schema, before[i].Name)
	}
	if relations == nil {
		if relations, err = a.snapshot(ctx); err != nil {
			return err
		}
	}
	return a.judgeSymbols(ctx, before, relations)
}
