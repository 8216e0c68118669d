package release

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/ledger"
)

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
	case ddl.SetRowSecurity, ddl.CreatePolicy, ddl.AlterPolicy, ddl.DropPolicy:
		// A view keeps the sight of rows that it was made with.
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
