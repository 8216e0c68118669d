package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

func syncedQuery() string { return pg.Synced(ledger.SyncsFrom, shim.SyncTrigger) }

// checkKept refuses what has just had two columns differ that are to be equal, or would from
// now on: by its effect, because many a statement can do that, and a DO block or
// a trigger shows none of it.
func (a *act) checkKept(ctx context.Context) error {
	if !a.keepsSyncs() || a.conn.TxStatus() != 'T' || !a.ending && !a.plan.watched && a.plan.Class != ddl.Schema {
		return nil
	}
	return a.aside(ctx, func() error {
		if err := a.conn.Exec(ctx, pg.CopyingPath); err != nil {
			return err
		}
		doc, err := a.document(ctx, syncedQuery())
		if err != nil {
			return explained(err)
		}
		all, err := catalog.DecodeSynced(doc)
		if err != nil {
			return err
		}
		for _, s := range all {
			if a.unkept[copied{s.Relation, s.Number}] {
				continue
			}
			if why, err := a.parts(ctx, shim.Kept{Synced: s}); why != "" || err != nil {
				return a.unequal(shim.Kept{Synced: s}, why, err)
			}
		}
		return nil
	})
}

// parts is Kept.Broken, with defaults that are written differently compared by their values.
func (a *act) parts(ctx context.Context, k shim.Kept) (why string, err error) {
	if why = k.Broken(); why != "" || k.SameDefault() == "" {
		return why, nil
	}
	rows, err := a.conn.Query(ctx, k.SameDefault())
	if err == nil && *rows[0][0] != "t" {
		why = "they have different defaults"
	}
	return why, err
}

func (a *act) unequal(k shim.Kept, why string, err error) error {
	if err != nil {
		return err
	}
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeDeferred,
		Message: fmt.Sprintf("%s are one to code that runs, and after this statement nothing would keep them equal: %s", k.What(), why),
		Detail:  "A migration has renamed the one, and the other goes when no code that runs needs it; \"migguard shims\" tells what it waits for. The statement was rolled back.",
		Hint:    "Put this statement in a release after that."}
}

// keepsSyncs tells that some column has a copy.
func (g *gate) keepsSyncs() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.syncs
}

// mayUnkeep tells the statements after which columns may not be kept equal, so that they
// have to be in a block, to be taken back.
func (a *act) mayUnkeep() bool {
	return a.keepsSyncs() && !a.plan.Alone && slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
		switch c := change.(type) {
		case ddl.CreateTrigger, ddl.DropTrigger, ddl.RenameTrigger, ddl.CreateFunction, ddl.AlterFunction, ddl.SetInherit:
			return true
		case ddl.CreateTable:
			return len(c.Inherits) > 0
		case ddl.Revoke:
			return len(c.Columns) > 0
		}
		return false
	})
}

// unkept are the columns that are not kept equal any more, since somebody has changed
// what does that past the guard. It says so.
func (r *Run) unkept(ctx context.Context, some bool) (map[copied]bool, error) {
	found := map[copied]bool{}
	if !some {
		return found, nil
	}
	all, err := readSynced(ctx, r.Catalog)
	for _, s := range all {
		k := shim.Kept{Synced: s}
		why := k.Broken()
		if why == "" && k.SameDefault() != "" {
			why = r.differ(ctx, k)
		}
		if why != "" {
			r.Out.Line("%s are to be one to code that runs, and may differ: %s", k.What(), why)
			found[copied{s.Relation, s.Number}] = true
		}
	}
	return found, err
}

// differ says why two defaults that are written differently do not come to the same value,
// or that nobody knows; empty if they do.
func (r *Run) differ(ctx context.Context, k shim.Kept) string {
	same := false
	err := pgx.BeginFunc(ctx, r.Catalog, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, pg.CopyingPath); err != nil {
			return err
		}
		return tx.QueryRow(ctx, k.SameDefault()).Scan(&same)
	})
	switch {
	case err != nil:
		return "whether they have the same default is not known: " + err.Error()
	case !same:
		return "they have different defaults"
	}
	return ""
}

// readSynced reads what keeps columns equal.
func readSynced(ctx context.Context, conn *pgx.Conn) (all []catalog.Synced, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, pg.CopyingPath); err != nil {
			return err
		}
		doc, err := document(ctx, tx.Conn(), syncedQuery())
		if err == nil {
			all, err = catalog.DecodeSynced(doc)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what keeps columns equal: %w", err)
	}
	return all, nil
}
