package release

import (
	"context"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// judgeAtCommit has a change judged once more when its transaction is about to
// commit: what the statement takes away may be there again by then. found is
// what there was.
func (a *act) judgeAtCommit(ctx context.Context, change ddl.Change, found catalog.Lookup) error {
	if err := a.conn.Block(ctx); err != nil {
		return err
	}
	a.conn.BeforeCommit(func(ctx context.Context, c guard.Conn) error {
		last := &act{gate: a.gate, conn: c, plan: a.plan, text: a.text, began: time.Now(), verdict: judge.Allow}
		err := last.judgeEnd(ctx, change, found)
		if w, ok := c.Witness().(*witness); ok {
			w.excuse(last)
		}
		if err != nil {
			a.forget() // what the transaction has made is rolled back
		}
		if err != nil || len(last.findings) > 0 {
			a.add(last.finish("", err))
		}
		return err
	})
	return nil
}

// judgeEnd judges a change by what its transaction leaves.
func (a *act) judgeEnd(ctx context.Context, change ddl.Change, found catalog.Lookup) error {
	var err error
	if found.Symbol != nil {
		if found.Symbols, err = a.symbols(ctx); err != nil {
			return err
		}
	} else {
		var names pg.Names
		_, view := change.(ddl.DropView)
		if view {
			names = pg.Names{Relation: ddl.Literal(qualified(*found.Relation)), Writable: true}
		} else {
			relation := found.Relation
			if found.Indexed != nil {
				relation = found.Indexed
			}
			names = pg.Names{OID: relation.OID, Arbiters: true}
		}
		now, err := a.lookup(ctx, names)
		if err != nil || !view && now.Relation == nil {
			return err // a table that is gone is another hazard's
		}
		found.Again = now.Relation
	}
	facts := a.facts(found)
	facts.Ending = true
	d, err := a.judge(ctx, change, facts)
	if err == nil && d.Deferred != nil {
		if facts.Unmade, err = a.keepView(ctx, *found.Relation); err == nil && facts.Unmade != "" {
			d, err = a.judge(ctx, change, facts)
		}
	}
	if err != nil {
		return err
	}
	a.keep(d)
	switch d.Verdict {
	case judge.Allow, judge.Shim:
		if r := found.Again; r != nil && r.Created && !found.Relation.Created {
			// By its name running code knows it, and by what it has.
			return explained(a.conn.Exec(ctx, ledger.ForgetCreatedSQL(r.OID)))
		}
		return nil
	case judge.Maintenance:
		return a.maintain(ctx, d)
	}
	r := a.refuse(d)
	r.Detail += " That is so when its transaction is about to commit, which is rolled back instead."
	return r
}
