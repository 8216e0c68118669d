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

// knowQueries finds out what queries do while the schema is as running code knows it:
// before the first statement of a transaction that may change that. One that cannot
// run in a block is not replayed.
func (a *act) knowQueries(ctx context.Context) error {
	p := a.replay
	if a.idle || len(p.queries) == 0 || a.plan.Alone || has[ddl.Reindex](a.plan.Changes) || a.conn.Witness() != nil || !a.endsInBlock() {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known {
		return nil
	}
	until := time.Now().Add(p.ahead)
	for i, path := range p.paths {
		var asked []*replayed
		for _, q := range p.queries {
			if !q.isAsked(i) || q.fails(i) {
				continue
			}
			q.before[i] = fate{}
			asked = append(asked, q)
		}
		for len(asked) > 0 {
			var again []*replayed
			_, err := a.analyse(ctx, path, asked, until, func(q *replayed, returns string, err *guard.ServerError) {
				switch {
				case err == nil:
					q.before[i] = fate{true, true, returns}
				case undecided(err.SQLState()):
				case i == q.first() && q.otherwise(err.SQLState()):
					again = append(again, q)
				default:
					q.before[i].known = true
				}
			})
			if err != nil {
				return err
			}
			asked = again
		}
	}
	p.known = true
	return nil
}

// endsInBlock tells the statements that run in a block whatever is known of queries,
// or may.
func (a *act) endsInBlock() bool {
	return a.conn.TxStatus() == 'T' || a.plan.watched || a.forwards() || a.hides() || a.queues() ||
		slices.ContainsFunc(a.plan.Changes, func(c ddl.Change) bool { _, needed := a.asks(c); return needed })
}

// Committing implements guard.Witness: queries that running code sends must pass after
// the transaction as they did before it.
func (w *witness) Committing(ctx context.Context, c guard.Conn) error {
	last := &act{gate: w.gate, conn: c, plan: plan{Statement: ddl.Statement{Text: "COMMIT"}}, text: "COMMIT", began: time.Now(), verdict: judge.Allow, ending: true}
	err := last.replayQueries(ctx, w)
	if err != nil {
		w.gate.forget()
	}
	if err != nil || len(last.notes) > 0 {
		w.gate.add(last.finish("", err))
	}
	return err
}

// replayQueries asks about the queries that name what the transaction has locked
// exclusively, or about all where it has changed what is in no relation.
func (a *act) replayQueries(ctx context.Context, w *witness) error {
	p := a.replay
	if a.idle || len(p.queries) == 0 {
		return nil
	}
	affected, all, err := a.affected(ctx, w)
	if err != nil || !all && len(affected) == 0 {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f := fared{witness: w}
	until := time.Now().Add(p.budget)
	for i, path := range p.paths {
		var asked []*replayed
		for _, q := range p.queries {
			switch before := q.before[i]; {
			case !q.isAsked(i) || !all && !q.touches(affected):
			case !before.known:
				f.unsure++
			case before.passes:
				asked = append(asked, q)
			}
		}
		rest, err := a.analyse(ctx, path, asked, until, func(q *replayed, returns string, err *guard.ServerError) {
			f.hear(q, i, path, returns, err)
		})
		if err != nil {
			return err
		}
		f.asked, f.unsure = f.asked+len(asked), f.unsure+rest
	}
	p.known = p.known && f.asIs()
	return a.conclude(f)
}

// affected are the relations that the transaction may have changed for queries; all
// says that it may have changed any, as functions, types and schemas do.
func (a *act) affected(ctx context.Context, w *witness) (names []ddl.Name, all bool, err error) {
	held, err := a.held(ctx)
	if err != nil {
		return nil, false, err
	}
	if _, err := a.see(ctx, w, held); err != nil {
		return nil, false, err
	}
	for _, l := range held {
		switch r := w.relations[l.oid]; {
		case l.oid == pg.NamespaceCatalog && l.catalog == 0:
			if all, err = a.schemasChanged(ctx); err != nil || all {
				return nil, all, err
			}
		case l.catalog != 0:
			return nil, true, nil
		case r == nil && l.mode == ddl.AccessExclusive && l.name != "" && !l.temp: // new: sessions may find it before another
			names = append(names, ddl.Name{Name: l.name})
		case r != nil && l.mode == ddl.AccessExclusive && !r.created && r.kind != catalog.Sequence && r.kind != "t" && r.table == 0:
			names = append(names, r.name)
		}
	}
	return names, false, nil
}
