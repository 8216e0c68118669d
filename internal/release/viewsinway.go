package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

// A keptView is one that a migration has dropped, and that stays.
type keptView struct {
	relation       uint32
	sql            string // its name, with its schema
	release, since string // that have dropped it
}

// keptOn are the views that stay and read a relation, or a column of it, and those that stay on
// these, first what others do not read. The server changes or drops nothing under them.
func (a *act) keptOn(ctx context.Context, relation uint32, attnum int16) ([]keptView, error) {
	if !a.hasDeferred() {
		return nil, nil
	}
	const reads = "JOIN pg_catalog.pg_rewrite w ON w.ev_class = kept.relation JOIN pg_catalog.pg_depend p ON p.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass" +
		" AND p.objid = w.oid AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid <> kept.relation"
	return a.keptViews(ctx, fmt.Sprintf(`WITH RECURSIVE onit AS (
			SELECT kept.relation, 1 AS depth FROM %[1]s %[2]s AND p.refobjid = %[3]d::pg_catalog.oid AND (%[4]d = 0 OR p.refobjsubid = %[4]d)
			UNION SELECT kept.relation, o.depth + 1 FROM onit o, %[1]s %[2]s WHERE p.refobjid = o.relation AND o.depth < 100)
		SELECT relation, max(depth) AS place FROM onit GROUP BY relation`, ledger.KeptViewsFrom, reads, relation, attnum))
}

// keptViews are those that a query gives, with their places from the last.
func (a *act) keptViews(ctx context.Context, query string) (all []keptView, err error) {
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT kept.relation::pg_catalog.int8, pg_catalog.format('%%I.%%I', n.nspname, c.relname), kept.version, kept.release_id, kept.since"+
		" FROM (%s) q JOIN %s ON kept.relation = q.relation JOIN pg_catalog.pg_class c ON c.oid = q.relation AND c.relkind = 'v'"+
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY q.place DESC, 1", query, ledger.KeptViewsFrom))
	if err != nil {
		return nil, explained(err)
	}
	for _, row := range rows {
		all = append(all, keptView{oid(row[0]), *row[1], report.ReleaseName(*row[2], int64(oid(row[3]))), *row[4]})
	}
	return all, nil
}

// clearViews drops views that stay where a change is not to be had under them, if no code needs
// them by now, and refuses the change otherwise. What stays itself outlives them.
func (a *act) clearViews(ctx context.Context, change ddl.Change, d judge.Decision, found catalog.Lookup) error {
	attnum, in := inTheWayOf(change, found)
	if !in || d.Retyped != nil {
		return nil
	}
	views, err := a.keptOn(ctx, found.Relation.OID, attnum)
	if err != nil || len(views) == 0 {
		return err
	}
	for _, v := range views {
		why, err := a.mayGo(ctx, v, false)
		if err != nil {
			return err
		}
		if why != "" {
			return a.viewInTheWay(v, change, *found.Relation, why)
		}
	}
	return a.dropKept(ctx, views, "was in the way of a statement")
}

// inTheWayOf tells the changes that no view lets happen to what it reads.
func inTheWayOf(change ddl.Change, found catalog.Lookup) (attnum int16, in bool) {
	if found.Relation == nil {
		return 0, false
	}
	name := ""
	switch c := change.(type) {
	case ddl.ChangeColumnType:
		name = c.Column
	case ddl.DropColumn:
		name = c.Column
	case ddl.DropTable:
		return 0, true
	default:
		return 0, false
	}
	column, there := found.Relation.Column(name)
	return column.Number, there
}

// mayGo says why code may need a view that stays, as if a migration dropped it now; nothing
// if none does. Code that is about to run is asked, too, unless another view of its name comes.
func (a *act) mayGo(ctx context.Context, v keptView, replaced bool) (why string, err error) {
	found, err := a.lookup(ctx, pg.Names{OID: v.relation, Writable: true})
	if err != nil {
		return "", err
	}
	facts := a.facts(found)
	facts.Ending = true
	if next := (judge.Code{Name: "this build", Contract: a.next}); !replaced && a.next != nil && (a.idle || len(a.code) > 0) {
		facts.Code, facts.Idle = append(slices.Clone(a.code), next), false
	}
	d, err := a.judge(ctx, dropOfView(found), facts)
	if err != nil || d.Verdict == judge.Allow {
		a.keep(d)
		return "", err
	}
	return d.Findings[0].Detail, nil
}

func dropOfView(found catalog.Lookup) ddl.DropView {
	return ddl.DropView{Relation: ddl.Name{Schema: found.Relation.Schema, Name: found.Relation.Name}}
}

// dropKept drops views that stay, in the statement's transaction.
func (a *act) dropKept(ctx context.Context, views []keptView, note string) error {
	var sql []string
	for _, v := range views {
		drop := "DROP VIEW " + v.sql
		sql = append(sql, drop, ledger.CloseDeferredViewSQL(v.relation, a.releaseID, true, note))
		a.cleared = append(a.cleared, drop)
		a.notes = append(a.notes, fmt.Sprintf("view %s, which %s has dropped, stays no longer: no code that runs needs it", v.sql, v.release))
	}
	_, err := a.withLock(ctx, nil, nil, a.instead(sql...))
	return explained(err)
}

// viewInTheWay refuses a change of what a view reads that code still needs.
func (a *act) viewInTheWay(v keptView, change ddl.Change, table catalog.Relation, why string) error {
	a.verdict = judge.Refuse
	what := hazard.Display(table)
	if column, ok := inTheWayColumn(change); ok {
		what = "column " + ddl.Quote(column) + " of " + what
	}
	return &guard.Refusal{Code: codeDeferred,
		Message: fmt.Sprintf("view %s is in the way: it reads %s, and stays for code that is still running", v.sql, what),
		Detail:  fmt.Sprintf("%s has dropped it (%s), and it is there still. %s", capital(v.release), v.since, why),
		Hint:    viewGoesLater + exceptView(v.sql)}
}

const viewGoesLater = `Put this statement in a release after the one that no running code needs the view under: that drops it first ("migguard shims" tells what it waits for).`

func exceptView(name string) string {
	return " If no code that runs uses it, say so: --allow dropped-view:" + name
}

func inTheWayColumn(change ddl.Change) (string, bool) {
	switch c := change.(type) {
	case ddl.ChangeColumnType:
		return c.Column, true
	case ddl.DropColumn:
		return c.Column, true
	}
	return "", false
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// readByKept says which view that stays reads what is dropped: code reaches it through that.
func (a *act) readByKept(ctx context.Context, change ddl.Change, found catalog.Lookup) (string, error) {
	attnum, in := inTheWayOf(change, found)
	if _, typed := change.(ddl.ChangeColumnType); !in || typed {
		return "", nil
	}
	views, err := a.keptOn(ctx, found.Relation.OID, attnum)
	for _, v := range views {
		if why, err := a.mayGo(ctx, v, false); why != "" || err != nil {
			return fmt.Sprintf("view %s reads it, which stays for code that is still running", v.sql), err
		}
	}
	return "", err
}
