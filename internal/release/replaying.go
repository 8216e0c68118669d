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
	"github.com/migguard/migguard/internal/replay"
	"github.com/migguard/migguard/internal/seen"
)

// replay is that of what the database has seen, and of what stands in the source. path
// is the search_path that the application's sessions have by themselves.
func (r *Run) replay(path string) *replay.Replay {
	var sent []seen.Query
	if r.seenQueries() != nil {
		sent = r.counted.Queries()
	}
	return replay.New(r.codeRuns, path, sent)
}

// knowQueries finds out what queries do while the schema is as running code knows it:
// before the first statement of a transaction that may change that. One that cannot
// run in a block is not replayed.
func (a *act) knowQueries(ctx context.Context) error {
	p := a.replay
	if a.idle || !p.Any() || a.plan.Alone || has[ddl.Reindex](a.plan.Changes) || a.conn.Witness() != nil || !a.endsInBlock() {
		return nil
	}
	return p.Know(ctx, a.conn)
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
	if a.idle || !a.replay.Any() {
		return nil
	}
	affected, err := a.affected(ctx, w)
	if err != nil || !affected.All && len(affected.Relations) == 0 {
		return err
	}
	fared, err := a.replay.Again(ctx, a.conn, affected, w)
	if err != nil {
		return err
	}
	return a.conclude(fared)
}

// affected is what the transaction may have changed for queries: relations that it has
// locked so, or any.
func (a *act) affected(ctx context.Context, w *witness) (is replay.Affected, err error) {
	held, err := a.held(ctx)
	if err != nil {
		return is, err
	}
	if _, err := a.see(ctx, w, held); err != nil {
		return is, err
	}
	for _, l := range held {
		switch r := w.relations[l.oid]; {
		case l.oid == pg.NamespaceCatalog && l.catalog == 0:
			if is.All, err = a.schemasChanged(ctx); err != nil || is.All {
				return is, err
			}
		case l.catalog != 0:
			return replay.Affected{All: true}, nil
		case r == nil && l.mode == ddl.AccessExclusive && l.name != "" && !l.temp: // new: sessions may find it before another
			is.Relations = append(is.Relations, ddl.Name{Name: l.name})
		case r != nil && l.mode == ddl.AccessExclusive && !r.created && r.kind != catalog.Sequence && r.kind != "t" && r.table == 0:
			is.Relations = append(is.Relations, r.name)
		}
	}
	return is, nil
}
