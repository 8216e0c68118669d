package release

import (
	"context"
	"errors"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// withholdIndex records a unique index that is to be made when the code is gone that
// would break. It is tried, on a large table on an empty copy, and taken back.
func (a *act) withholdIndex(ctx context.Context, h withheldChange, encoding string) (string, error) {
	c := a.plan.Changes[h.action].(ddl.CreateIndex)
	may, err := a.mayIndex(ctx, h.Table)
	if err != nil {
		return "", err
	}
	if !may || a.plan.Alone && !a.alone || c.Concurrently && h.Table.Kind == catalog.PartitionedTable {
		return a.run(ctx, nil) // the server says why not
	}
	if h.Name == "" {
		h.Name = ddl.IndexName(a.text, h.Table.Name)
	}
	if h.Name == "" && h.Large {
		return "", a.cannotWait(errors.New("it has no name, and the one the server would choose is not known before"))
	}
	table := ddl.Name{Schema: h.Table.Schema, Name: h.Table.Name}
	sql, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: h.Name})
	if err != nil {
		return "", a.cannotWait(err)
	}
	if h.Large {
		if err := a.tryLargeIndex(ctx, h, c); err != nil {
			return "", err
		}
	}
	_, err = a.withLock(ctx, nil, nil, func(ctx context.Context) (string, error) {
		if !h.Large {
			if h.Name, err = a.tryIndex(ctx, h.Table, sql); err != nil {
				return "", err
			}
			if sql, err = ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: h.Name}); err != nil {
				return "", a.cannotWait(err)
			}
		}
		record := ledger.RecordWithheldSQL(a.newWithheld(h, h.Name, sql))
		if err := a.readable(encoding, []string{record}); err != nil {
			return "", err
		}
		return a.plan.Tag, explained(a.conn.Exec(ctx, record))
	})
	if err != nil {
		return "", explained(err)
	}
	a.heldBack([]withheldChange{h})
	return a.plan.Tag, nil
}

// tryIndex tells the name that the server gives an index.
func (a *act) tryIndex(ctx context.Context, table catalog.Relation, sql string) (name string, err error) {
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return "", err
	}
	before, err := a.conn.Query(ctx, pg.Indexes(table.OID))
	if err != nil {
		return "", err
	}
	if _, err := a.instead(sql)(ctx); err != nil {
		return "", err
	}
	after, err := a.conn.Query(ctx, pg.Indexes(table.OID))
	if err != nil {
		return "", err
	}
	for _, row := range after {
		if !slices.ContainsFunc(before, func(old []*string) bool { return *old[0] == *row[0] }) {
			name = *row[0]
		}
	}
	return name, a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
}

// tryLargeIndex tries it without the rows, and looks for duplicates among these.
func (a *act) tryLargeIndex(ctx context.Context, h withheldChange, c ddl.CreateIndex) error {
	probe, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: ddl.Name{Schema: "pg_temp", Name: h.Table.Name}, Index: h.Name})
	if err != nil {
		return a.cannotWait(err)
	}
	if err := a.probe(ctx, &judge.ConcurrentIndex{Table: h.Table, Index: h.Name, Probe: probe}, func() error { return nil }); err != nil {
		return err
	}
	return a.checkDuplicates(ctx, h.Table, c, h.Name)
}
