package release

import (
	"bytes"
	"context"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// copying asks what a copy of a column that is renamed, or gets another type, has to be like.
// What the server prints depends on the search path, which for that is empty.
func (a *act) copying(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
	name := ""
	switch c := change.(type) {
	case ddl.RenameColumn:
		name = c.Column
	case ddl.ChangeColumnType:
		name = c.Column
	}
	if name == "" || found.Relation == nil || found.Relation.Created {
		return nil
	}
	column, ok := found.Relation.Column(name)
	if !ok || column.Created {
		return nil
	}
	if _, retypes := change.(ddl.ChangeColumnType); retypes && len(a.plan.Changes) > 1 {
		found.Copying = &catalog.Copying{Why: "its statement does something else, too"}
		return nil
	}
	return a.aside(ctx, func() error {
		if err := a.conn.Exec(ctx, pg.CopyingPath); err != nil {
			return err
		}
		doc, err := a.document(ctx, copyingQuery(found.Relation.OID, column.Number))
		if err != nil {
			return explained(err)
		}
		if found.Copying, err = catalog.DecodeCopying(doc); err != nil {
			return err
		}
		if _, retypes := change.(ddl.ChangeColumnType); retypes {
			return a.retyping(ctx, *found.Relation, column, found.Copying)
		}
		return nil
	})
}

func copyingQuery(relation uint32, attnum int16) string {
	return pg.Copying(relation, attnum, ledger.SyncsFrom, shim.SyncTrigger, shim.SyncDouble, shim.KeyBeside)
}

// isOutside tells whether other sessions see the column as the statement's does: what
// its transaction has changed before, or made, a copy cannot be made of.
func (a *act) isOutside(ctx context.Context, s shim.Sync) (bool, error) {
	query := pg.CopiedOf(s.Table.OID, s.Column.Number)
	is, err := a.outside.document(ctx, query)
	if err != nil {
		return false, a.unseen(err)
	}
	here, err := a.document(ctx, query)
	return err == nil && bytes.Equal(is, here), explained(err)
}
