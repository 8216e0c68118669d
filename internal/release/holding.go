package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
)

// holding asks what stands between what a change drops and code that no longer knows
// it.
func (a *act) holding(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
	later, ok := judge.DeferredDrop(change, *found)
	column, _ := later.Table.Column(later.Column)
	if !ok || a.idle || later.Table.Created || column.Created {
		return nil
	}
	doc, err := a.document(ctx, pg.Holding(later.Table.OID, column.Number))
	if err != nil {
		return err
	}
	held, err := catalog.DecodeHolding(doc)
	if err != nil {
		return err
	}
	if held.Child { // of a shim, perhaps, which steps out of the way
		parent, _, err := a.parentOf(ctx, later.Table)
		if err != nil {
			return err
		}
		held.Child = parent == nil
	}
	for i, check := range held.Checks {
		if held.Checks[i].Holds, err = a.accepts(ctx, later.Column, *held, check); err != nil {
			return err
		}
	}
	found.Held = held
	return nil
}

// accepts tells whether a CHECK takes the value that a column has where nobody
// writes it. One that reads other columns too is not tried.
func (a *act) accepts(ctx context.Context, column string, held catalog.Holding, check catalog.Check) (holds bool, err error) {
	if !check.Alone {
		return false, nil
	}
	value := held.Default
	if value == "" {
		value = "NULL"
	}
	query := fmt.Sprintf("SELECT coalesce((%s), true) FROM (SELECT (%s)::%s AS %s) t", check.Expression, value, held.Type, ddl.Quote(column))
	err = a.aside(ctx, func() error {
		rows, err := a.conn.Query(ctx, query)
		var server *guard.ServerError
		if errors.As(err, &server) {
			return nil
		}
		holds = err == nil && *rows[0][0] == "t"
		return err
	})
	return holds, err
}
