package release

import (
	"context"
	"errors"
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
	"github.com/migguard/migguard/internal/shim"
)

// renameUnderOverlays renames a column, or moves the table, and lets each build that
// runs see it as it was, in one transaction. A view that shows a build the table
// already keeps the names it has.
func (a *act) renameUnderOverlays(ctx context.Context, change ddl.Change, d judge.Decision, found catalog.Lookup) (string, error) {
	table := *found.Relation
	_, moves := change.(ddl.SetSchema)
	switch parent, _, err := a.parentOf(ctx, table); {
	case err != nil:
		return "", err
	case parent != nil && !moves:
		return "", a.renamedUnderParent(*parent, table)
	}
	free, _, err := a.bookkeeping(ctx, change, found)
	if err != nil {
		return "", err
	}
	after, shown, err := a.overlays(ctx, d.Overlays, table)
	if err != nil {
		return "", err
	}
	tag, err := a.renamed(ctx, found, free, after)
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
// and the schemas of all. Code that sees another table under its name does not mean it.
func (a *act) overlays(ctx context.Context, wanted []shim.Overlay, table catalog.Relation) (sql, schemas []string, err error) {
	standing, err := a.conn.Query(ctx, fmt.Sprintf("SELECT schema FROM %s WHERE relation = %d::pg_catalog.oid OR name = %s", ledger.OverlaysFrom, table.OID, ddl.Literal(table.Name)))
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
			Schema: o.New.Schema, From: table.Schema, OldName: table.Name, NewName: table.Name,
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
		if of := f.Hazard.ID + " " + f.Relation; !a.told[of] {
			a.told[of] = true
			evidence, _, _ := strings.Cut(f.Detail, " No overlay hides it: ")
			a.notes = append(a.notes, fmt.Sprintf("%s. %s (%s)", f.Message, evidence, f.Hazard.ID))
		}
	}
}
