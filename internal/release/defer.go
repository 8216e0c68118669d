package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/shim"
)

// codeDeferred is the SQLSTATE of what would need the name of something whose drop
// is deferred.
const codeDeferred = "MG057"

// missing tells a drop of what is not there, behind IF EXISTS.
func missing(change ddl.Change, found catalog.Lookup) bool {
	switch c := change.(type) {
	case ddl.DropTable:
		return c.IfExists && found.Relation == nil
	case ddl.DropColumn:
		if found.Relation == nil {
			return false
		}
		_, there := found.Relation.Column(c.Column)
		return c.IfExists && !there
	}
	return false
}

// A deferredDrop is one that may be, or of nothing that is there, with the place
// of its change in the statement.
type deferredDrop struct {
	shim.Deferred
	action   int
	encoding string
}

// deferDrops lets what the statement drops stay, does the rest of it, and records
// what is to be dropped when no code that runs needs it any more.
func (a *act) deferDrops(ctx context.Context, drops []deferredDrop, record []string) (string, error) {
	for _, d := range drops {
		if a.makesAnew(d.Deferred) {
			return "", a.notDeferred(d.Deferred, "the statement gives its name to another one")
		}
	}
	steps, err := a.withoutDrops(drops)
	if err != nil {
		return "", a.notDeferred(drops[0].Deferred, err.Error())
	}
	drops = slices.DeleteFunc(drops, func(d deferredDrop) bool { return d.Table.OID == 0 })
	if err := a.checkOnly(drops[0].Deferred); err != nil {
		return "", err
	}
	for _, d := range drops {
		if err := d.Check(); err != nil {
			return "", a.notDeferred(d.Deferred, err.Error())
		}
		expand := d.Expand()
		steps = append(steps, expand...)
		column, _ := d.Table.Column(d.Column)
		record = append(record, ledger.RecordDeferredSQL(ledger.NewDeferred{
			ReleaseID: a.releaseID, Object: ledger.Object{Relation: d.Table.OID, Attnum: column.Number},
			Schema: d.Table.Schema, Table: d.Table.Name, Column: d.Column, Expanded: expand, Undo: d.Undo(),
		}))
	}
	if err := a.readable(drops[0].encoding, append(steps, drops[0].Contract())); err != nil {
		return "", err
	}
	_, err = a.withLock(ctx, nil, record, func(ctx context.Context) (string, error) {
		if err := a.tryDrops(ctx, drops); err != nil {
			return "", err
		}
		if len(steps) == 0 {
			return a.plan.Tag, nil
		}
		return a.instead(steps...)(ctx)
	})
	if err != nil {
		return "", explained(err)
	}
	a.executed = steps
	a.mu.Lock()
	a.defers = true
	a.mu.Unlock()
	for _, d := range drops {
		a.stays(d.Deferred)
		for _, sql := range d.Expand() {
			a.notes = append(a.notes, "for code that does not know it: "+sql)
		}
	}
	for _, f := range a.findings {
		if f.Detail != "" {
			a.notes = append(a.notes, f.Detail)
		}
		if f.Needs == nil || a.next == nil {
			continue
		}
		if answer := a.next.Breaks(*f.Needs); answer.Verdict == contract.Yes {
			a.notes = append(a.notes, "the code of this release needs it, too, so it stays until code is released that does not: "+judge.Spoken(answer))
		}
	}
	return a.plan.Tag, nil
}

// tryDrops drops it and takes that back: what the server says no to it says now,
// as it would have said to the statement. That it goes with CASCADE only is no
// reason for the server, and one for a refusal.
func (a *act) tryDrops(ctx context.Context, drops []deferredDrop) error {
	var sql []string
	for _, d := range drops {
		views, err := a.conn.Query(ctx, fmt.Sprintf("SELECT view::pg_catalog.regclass::pg_catalog.text FROM %s WHERE relation = %d::pg_catalog.oid", ledger.ViewsFrom, d.Table.OID))
		if err != nil {
			return err
		}
		for _, view := range views { // a shim's, which goes before it
			sql = append(sql, "DROP VIEW IF EXISTS "+*view[0])
		}
	}
	all := make([]shim.Deferred, len(drops))
	for i, d := range drops {
		all[i] = d.Deferred
		column, _ := d.Table.Column(d.Column)
		kept, err := a.keptOn(ctx, d.Table.OID, column.Number)
		if err != nil {
			return err
		}
		for _, v := range kept { // which go before it, too
			sql = append(sql, "DROP VIEW IF EXISTS "+v.sql)
		}
		keys, err := a.conn.Query(ctx, keysOfDeferred(d.Table.OID))
		if err != nil {
			return err
		}
		for _, key := range keys { // which goes before it, too
			sql = append(sql, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", *key[0], *key[1]))
		}
	}
	sql = append(sql, shim.ContractAll(all))
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return err
	}
	err := a.conn.Exec(ctx, sql...)
	var server *guard.ServerError
	if errors.As(err, &server) && server.SQLState() == codeDependents && a.cascades() {
		return a.notDeferred(drops[0].Deferred, "it takes other objects along (CASCADE): "+server.Response.Detail)
	}
	if errors.As(err, &server) {
		server.Response.Position = 0
	}
	if err != nil {
		return err
	}
	return a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
}

// keysOfDeferred asks for the foreign keys of what is deferred that refer to a table.
func keysOfDeferred(table uint32) string {
	return fmt.Sprintf("SELECT DISTINCT k.conrelid::pg_catalog.regclass::pg_catalog.text, pg_catalog.quote_ident(k.conname) FROM pg_catalog.pg_constraint k JOIN %s"+
		" ON deferred.relation = k.conrelid AND (deferred.attnum = 0 OR deferred.attnum = ANY (k.conkey))"+
		" WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = %d::pg_catalog.oid AND k.conrelid <> k.confrelid", ledger.DeferredFrom, table)
}

// checkOnly refuses ALTER TABLE ONLY of a table with children: they keep the column,
// which would go with the parent's one when that is dropped.
func (a *act) checkOnly(d shim.Deferred) error {
	if d.Column == "" || !d.Table.HasChildren {
		return nil
	}
	alter, err := a.takeApart()
	if err != nil {
		return a.notDeferred(d, err.Error())
	}
	if alter.Only() {
		return a.notDeferred(d, "the statement leaves it to the table's children (ONLY), and a later drop would not")
	}
	return nil
}

func (a *act) cascades() bool {
	return slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
		switch c := change.(type) {
		case ddl.DropTable:
			return c.Cascade
		case ddl.DropColumn:
			return c.Cascade
		}
		return false
	})
}

// withoutDrops is the statement without what it drops.
func (a *act) withoutDrops(drops []deferredDrop) ([]string, error) {
	var rest []int
	for i, change := range a.plan.Changes {
		switch {
		case slices.ContainsFunc(drops, func(d deferredDrop) bool { return d.action == i }):
		case reaches(change):
			return nil, errors.New("the statement does something else, too, that reaches farther than its text")
		default:
			rest = append(rest, i)
		}
	}
	if rest == nil {
		return nil, nil
	}
	alter, err := a.takeApart()
	if err != nil {
		return nil, err
	}
	sql, err := alter.Write(ddl.Name{}, rest...)
	return []string{sql}, err
}

// makesAnew tells a statement that adds a column of the name of one it drops.
func (a *act) makesAnew(d shim.Deferred) bool {
	return d.Column != "" && slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
		_, column, ok := makes(change)
		return ok && column == d.Column
	})
}

// notDeferred refuses what was to stay and cannot.
func (a *act) notDeferred(d shim.Deferred, why string) error {
	a.verdict = judge.Refuse
	return a.refuse(judge.Decision{Verdict: judge.Refuse, Findings: a.findings, Obstacle: &judge.Obstacle{Wanted: judge.Shim,
		Reason: why, Hint: "Write " + d.Contract() + " as a statement of its own, after what depends on it is gone."}})
}
