package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// checkUnique tries the constraints that have an index on an empty copy of the table: what is
// wrong with one has to be said now. Its index has to have the name the server
// would give it.
func (a *act) checkUnique(ctx context.Context, staged []stagedChange) error {
	for i := range staged {
		s := &staged[i]
		if !s.Indexed() {
			continue
		}
		if s.Table.Kind != catalog.PartitionedTable {
			if _, err := a.trial(ctx, s.Table, s.action); err != nil {
				return err
			}
		}
		if err := a.checkKey(ctx, *s); err != nil {
			return err
		}
		name := a.apart.UniqueName(s.action, s.Table.Name)
		if name == "" {
			return a.unwritable(errors.New("it has no name, and the one the server would choose is not known before"))
		}
		index := ddl.Name{Schema: s.Table.Schema, Name: name}
		found, err := a.conn.Query(ctx, pg.IsRelation(ddl.Literal(index.String())))
		if err != nil {
			return err
		}
		owed, err := a.indexIsOwed(ctx, s.Table, name)
		if err != nil {
			return err
		}
		if owed || *found[0][0] == "t" {
			return a.unwritable(fmt.Errorf("there is, or will be, a relation with the name its index would have, %s", ddl.Quote(name)))
		}
		if s.Table.Kind == catalog.PartitionedTable {
			if err := a.checkPartitions(ctx, s, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkKey refuses a primary key on columns that may be NULL: the server would
// read all rows for it when it is added.
func (a *act) checkKey(ctx context.Context, s stagedChange) error {
	if s.Kind != ddl.PrimaryKey {
		return nil
	}
	rows, err := a.conn.Query(ctx, pg.Nullable(s.Table.OID, a.apart.Keys(s.action)))
	if err != nil || len(rows) == 0 {
		return err
	}
	return a.unwritable(fmt.Errorf("column %s may be NULL; SET NOT NULL is rewritten, too, but in a migration of its own, before this one", ddl.Quote(*rows[0][0])))
}

// promiseUnique has the indexes built and made constraints when the transaction
// has committed.
func (a *act) promiseUnique(ctx context.Context, staged []stagedChange) error {
	for _, s := range staged {
		if !s.Indexed() {
			continue
		}
		name := a.apart.UniqueName(s.action, s.Table.Name)
		if s.Table.Kind == catalog.PartitionedTable {
			if err := a.promisePartitions(ctx, s, name); err != nil {
				return err
			}
			continue
		}
		if err := a.promiseIndexed(ctx, s, s.Table, name); err != nil {
			return err
		}
		a.owe(name)
		a.notes = append(a.notes, fmt.Sprintf("the index of constraint %s is built CONCURRENTLY when the transaction has committed: %s", ddl.Quote(name), a.findings[0].Detail))
	}
	return nil
}

// promiseIndexed has one table's index built and made a constraint.
func (a *act) promiseIndexed(ctx context.Context, s stagedChange, table catalog.Relation, name string) error {
	on := ddl.Name{Schema: table.Schema, Name: table.Name}
	index, err := a.apart.WriteUniqueIndex(s.action, on, name)
	if err != nil {
		return a.unwritable(err)
	}
	constraint, err := a.apart.WriteUsingIndex(s.action, on, name)
	if err != nil {
		return a.unwritable(err)
	}
	if err := a.promise(ctx, table, ledger.CreateIndex, name, index); err != nil {
		return err
	}
	return a.promise(ctx, table, ledger.UseIndex, name, constraint)
}
