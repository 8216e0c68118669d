package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// renameUnderOverlays renames a column and lets each build that runs see it under
// its old name, in one transaction. A view that shows a build the table already
// keeps the names it has.
func (a *act) renameUnderOverlays(ctx context.Context, d judge.Decision, found catalog.Lookup) (string, error) {
	table := *found.Relation
	after, shown, err := a.overlays(ctx, d.Overlays, table)
	if err != nil {
		return "", err
	}
	tag, err := a.renamed(ctx, found, nil, after)
	if err != nil {
		return "", err
	}
	name := hazard.Display(table)
	a.notes = append(a.notes,
		seesAsBefore(name, shown),
		failOnView(d.Overlays[0]))
	a.hold(table.Name, table.OID)
	return tag, nil
}

// overlays is SQL that makes those of a table which do not stand, and records them,
// and the schemas of all.
func (a *act) overlays(ctx context.Context, wanted []shim.Overlay, table catalog.Relation) (sql, schemas []string, err error) {
	standing, err := a.conn.Query(ctx, fmt.Sprintf("SELECT schema FROM %s WHERE relation = %d::pg_catalog.oid", ledger.OverlaysFrom, table.OID))
	if err != nil {
		return nil, nil, explained(err)
	}
	for _, o := range wanted {
		schemas = append(schemas, ddl.Quote(o.Overlay))
		if !slices.Contains(a.yields, o.Overlay) && slices.ContainsFunc(standing, func(row []*string) bool { return *row[0] == o.Overlay }) {
			continue
		}
		sql = append(append(sql, o.Expand()...), ledger.RecordShimSQL(ledger.NewShim{
			ReleaseID: a.releaseID, Kind: ledger.Overlay, ViewSchema: o.Overlay,
			Schema: table.Schema, OldName: table.Name, NewName: table.Name,
		}))
	}
	return sql, schemas, nil
}

func failOnView(o shim.Overlay) string {
	return "on a view these statements of old code fail: " + strings.Join(o.Limits(), "; ")
}

func seesAsBefore(name string, schemas []string) string {
	return fmt.Sprintf("code that is still running sees %s as it was, in %s, where it looks first", name, strings.Join(schemas, ", "))
}

// A besides is a decision for overlays that are made beside a statement.
type besides struct {
	judge.Decision
	table catalog.Relation
}

// showBefore has overlays made with the statement, which let code see the table
// without its new column. Of a statement that adds several the first makes them. What
// the statement drops at once a view made after it cannot have.
func (a *act) showBefore(ctx context.Context, b besides, dropped []string) error {
	for i := range b.Beside {
		old := &b.Beside[i].Old
		old.Columns = slices.DeleteFunc(slices.Clone(old.Columns), func(c catalog.Column) bool { return slices.Contains(dropped, c.Name) })
	}
	sql, schemas, err := a.overlays(ctx, b.Beside, b.table)
	if err != nil {
		return err
	}
	a.notes = append(a.notes, seesAsBefore(hazard.Display(b.table), schemas))
	if sql != nil {
		a.notes = append(a.notes, failOnView(b.Beside[0]))
	}
	a.beside = append(a.beside, sql...)
	a.mu.Lock()
	a.standing[b.table.Name] = true
	a.mu.Unlock()
	return nil
}

// droppedColumns are those that a statement drops.
func droppedColumns(changes []ddl.Change) (names []string) {
	for _, change := range changes {
		if c, ok := change.(ddl.DropColumn); ok {
			names = append(names, c.Column)
		}
	}
	return names
}

// giveWay has overlays that only hide a new column of a table taken down where the
// server would not change or drop a column under a view. Code is better off stumbling
// once. They go in the very tries for the statement's locks: nobody waits for a view
// while the table is waited for.
func (a *act) giveWay(ctx context.Context, change ddl.Change, found catalog.Lookup) error {
	a.mu.Lock()
	stand := len(a.standing) > 0
	a.mu.Unlock()
	if !stand || found.Relation == nil {
		return nil
	}
	table := *found.Relation
	shown := ""
	switch c := change.(type) {
	case ddl.ChangeColumnType:
		shown = showing(table, c.Column)
	case ddl.DropColumn:
		shown = showing(table, c.Column)
	case ddl.DropTable:
	default:
		return nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT schema, view::pg_catalog.regclass::pg_catalog.text, view::pg_catalog.int8, alone FROM %s WHERE relation = %d::pg_catalog.oid AND plain%s",
		ledger.OverlaysFrom, table.OID, shown))
	if err != nil || len(rows) == 0 {
		return explained(err)
	}
	for _, row := range rows {
		view, err := strconv.ParseUint(*row[2], 10, 32)
		if err != nil {
			return err
		}
		drop := "DROP VIEW " + *row[1]
		if slices.Contains(a.yielding, drop) {
			return nil // for another of the statement's changes
		}
		a.yields = append(a.yields, *row[0])
		a.yielding = append(a.yielding, ledger.RecordShimDroppedSQL(uint32(view), a.releaseID, "was in the way of a statement"), drop)
		if *row[3] == "t" {
			a.yielding = append(a.yielding, "DROP SCHEMA "+ddl.Quote(*row[0]))
		}
	}
	a.notes = append(a.notes, fmt.Sprintf("code that is still running sees %s as it is now: the views that hid its new columns are in the way, and gone", hazard.Display(table)))
	if !a.plan.watched {
		return nil
	}
	_, err = a.withLock(ctx, nil, nil, a.instead(fmt.Sprintf("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", qualified(table))))
	return explained(err)
}

// showing tells the overlays that have a column: a new one is in none of its table.
func showing(table catalog.Relation, column string) string {
	c, _ := table.Column(column)
	return fmt.Sprintf(" AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid"+
		" WHERE w.ev_class = view AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %d::pg_catalog.oid AND d.refobjsubid = %d)", table.OID, c.Number)
}

// unlike says why code would notice more of overlays than of what they hide: a function
// names the table, and may want its rows' type, or the views cannot be made. That is
// tried, and taken back.
func (a *act) unlike(ctx context.Context, overlays []shim.Overlay, found catalog.Lookup) (string, error) {
	table := *found.Relation
	rows, err := a.conn.Query(ctx, pg.Naming([]string{table.Name}))
	if err != nil {
		return "", err
	}
	if len(rows) > 0 {
		return named(*rows[0][0], *rows[0][1]), nil
	}
	sql, _, err := a.overlays(ctx, overlays, table)
	if err != nil || sql == nil {
		return "", err
	}
	if verdict := a.verdict; a.readable(found.Encoding, sql) != nil {
		a.verdict = verdict
		return "a name in it is not plain ASCII, and client_encoding is " + found.Encoding, nil
	}
	why := ""
	err = a.aside(ctx, func() error {
		var server *guard.ServerError
		if err := a.conn.Exec(ctx, sql...); !errors.As(err, &server) {
			return err
		}
		why = "it cannot be made: " + server.Response.Message
		return nil
	})
	return why, err
}

// say tells what sessions of code that runs meet once, of each table once in a run.
func (a *act) say() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.said {
		if !a.told[f.Relation] {
			a.told[f.Relation] = true
			evidence, _, _ := strings.Cut(f.Detail, " No overlay hides it: ")
			a.notes = append(a.notes, fmt.Sprintf("%s. %s (%s)", f.Message, evidence, f.Hazard.ID))
		}
	}
}
