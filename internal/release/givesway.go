package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// giveWay has overlays that only hide a new column of a table taken down where the
// server would not change or drop a column under a view. Code is better off stumbling
// once. They go in the very tries for the statement's locks: nobody waits for a view
// while the table is waited for.
func (a *act) giveWay(ctx context.Context, change ddl.Change, found catalog.Lookup) error {
	if !a.shims() || found.Relation == nil {
		return nil
	}
	table := *found.Relation
	shown := ""
	switch c := change.(type) {
	case ddl.ChangeColumnType:
		shown = showing(table, c.Column)
	case ddl.DropColumn:
		shown = showing(table, c.Column)
	case ddl.DropTable: // whoever bound itself to its columns has lost it all
		return a.yielded(ctx, table, shown)
	case ddl.SetRowSecurity, ddl.CreatePolicy, ddl.AlterPolicy, ddl.DropPolicy:
		// A view keeps the sight of rows that it was made with.
	default:
		return nil
	}
	if err := a.bound(ctx, table, shown); err != nil {
		return err
	}
	return a.yielded(ctx, table, shown)
}

func (a *act) yielded(ctx context.Context, table catalog.Relation, shown string) error {
	if err := a.yield(ctx, table, shown); err != nil || !a.plan.watched || a.yielding == nil {
		return err
	}
	return a.yieldNow(ctx, table)
}

// bound refuses to take overlays from code that would not stumble once: it has prepared a
// statement itself, or takes rows only with the columns that it knows.
func (a *act) bound(ctx context.Context, table catalog.Relation, shown string) error {
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT DISTINCT c.relname::pg_catalog.text FROM %s JOIN pg_catalog.pg_class c ON c.oid = view WHERE relation = %d::pg_catalog.oid AND plain%s",
		ledger.OverlaysFrom, table.OID, shown))
	if err != nil {
		return explained(err)
	}
	for _, row := range rows {
		if why := judge.Bound(a.code, contract.Name{Schema: table.Schema, Name: *row[0]}); why != "" {
			a.verdict = judge.Refuse
			return &guard.Refusal{Code: hazard.StalePlan.Code,
				Message: fmt.Sprintf("the views that hide new columns of %s from the code that is still running are in the way of this statement, and a statement of that code fails each time without them", hazard.Display(table)),
				Detail:  why, Hint: laterRelease}
		}
	}
	return nil
}

// yield has the overlays of a table that only hide new columns, those that shown
// tells, go with the statement, and their schemas if nothing else is in them.
func (a *act) yield(ctx context.Context, table catalog.Relation, shown string) error {
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT schema, view::pg_catalog.regclass::pg_catalog.text, view::pg_catalog.int8 FROM %s WHERE relation = %d::pg_catalog.oid AND plain%s",
		ledger.OverlaysFrom, table.OID, shown))
	if err != nil || len(rows) == 0 {
		return explained(err)
	}
	for _, row := range rows {
		drop := "DROP VIEW " + *row[1]
		if slices.Contains(a.yielding, drop) {
			return nil // for another of the statement's changes
		}
		a.yields, a.gone = append(a.yields, *row[0]), append(a.gone, *row[2])
		a.yielding = append(a.yielding, ledger.RecordShimDroppedSQL(oid(row[2]), a.releaseID, "was in the way of a statement"), drop)
		others, err := a.conn.Query(ctx, fmt.Sprintf("SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid"+
			" WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname = %s AND d.objid NOT IN (%s) LIMIT 1", ddl.Literal(*row[0]), strings.Join(a.gone, ", ")))
		if err != nil {
			return err
		}
		if len(others) == 0 {
			a.yielding = append(a.yielding, "DROP SCHEMA "+ddl.Quote(*row[0]))
		}
	}
	a.notes = append(a.notes, fmt.Sprintf("code that is still running sees %s as it is now: the views that hid its new columns are in the way, and gone", hazard.Display(table)))
	return nil
}

// yieldNow takes them down before the statement, which locks the table anyway.
func (a *act) yieldNow(ctx context.Context, table catalog.Relation) error {
	_, err := a.withLock(ctx, nil, nil, a.instead(fmt.Sprintf("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", qualified(table))))
	return explained(err)
}

// watchAndYield is watch of a statement that may do what overlays are in the way of:
// only the server's error shows that. They go then, and it runs again. What the client's
// own messages run cannot be repeated; its error says what to do.
func (a *act) watchAndYield(ctx context.Context) (string, error) {
	if !a.shims() || a.forwards() {
		return a.watch(ctx)
	}
	for {
		if err := a.conn.Exec(ctx, "SAVEPOINT "+savepoint); err != nil {
			return "", err
		}
		tag, failed := a.watch(ctx)
		if failed == nil {
			return tag, a.conn.Exec(ctx, "RELEASE SAVEPOINT "+savepoint)
		}
		var server *guard.ServerError
		if !errors.As(failed, &server) {
			return "", failed
		}
		a.mu.Lock()
		view := a.inTheWay(server)
		a.mu.Unlock()
		if view == "" || strings.HasPrefix(view, "trigger ") {
			return "", failed
		}
		if err := a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+savepoint, "RELEASE SAVEPOINT "+savepoint); err != nil {
			return "", err
		}
		rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT relation::pg_catalog.int8 FROM %s WHERE plain AND view = pg_catalog.to_regclass(%s)", ledger.OverlaysFrom, ddl.Literal(view)))
		if err != nil {
			return "", explained(err)
		}
		if len(rows) == 0 {
			return "", failed
		}
		found, err := a.lookup(ctx, pg.Names{OID: oid(rows[0][0])})
		if err == nil {
			err = a.bound(ctx, *found.Relation, "")
		}
		if err == nil {
			err = a.yield(ctx, *found.Relation, "")
		}
		if err == nil {
			err = a.yieldNow(ctx, *found.Relation)
		}
		if err != nil {
			return "", err
		}
	}
}

// showing tells the overlays that have a column: a new one is in none of its table.
func showing(table catalog.Relation, column string) string {
	c, _ := table.Column(column)
	return fmt.Sprintf(" AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid"+
		" WHERE w.ev_class = view AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %d::pg_catalog.oid AND d.refobjsubid = %d)", table.OID, c.Number)
}
