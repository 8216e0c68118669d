package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/shim"
)

// A syncedness is what a change is to columns that are kept equal.
type syncedness int

const (
	apart         syncedness = iota // it is about others
	changesPlaces                   // it gives the one the other's name
	answered                        // it was done before, by a run that ended before its runner could note it
)

// checkSynced refuses what would change one of two columns that are kept equal, and
// not the other: the trigger would fail for all who write.
func (a *act) checkSynced(ctx context.Context, change ddl.Change) (syncedness, error) {
	if c, ok := change.(ddl.CreateTrigger); ok {
		return apart, a.checkTrigger(ctx, c)
	}
	relations := change.Relations()
	names := changesColumn(change)
	if !a.hasDeferred() || names == nil || len(relations) == 0 {
		return apart, nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT t.attname, x.attname, s.kind, s.conversion IS NOT NULL, pg_catalog.format_type(t.atttypid, t.atttypmod), pg_catalog.format_type(x.atttypid, x.atttypmod) FROM %s
		JOIN pg_catalog.pg_attribute t ON t.attrelid = s.relation AND t.attnum = s.copy_of
		JOIN pg_catalog.pg_attribute x ON x.attrelid = s.relation AND x.attnum = s.attnum AND NOT x.attisdropped
		WHERE s.relation = pg_catalog.to_regclass(%s)`, ledger.SyncsFrom, ddl.Literal(relations[0].String())))
	if err != nil {
		return apart, explained(err)
	}
	for _, row := range rows {
		column, copied, synced, kept := *row[0], *row[1], *row[2] == ledger.Sync, *row[2] == ledger.Sync && *row[3] == "t"
		rename, isRename := change.(ddl.RenameColumn)
		retyped, isRetyped := change.(ddl.ChangeColumnType)
		switch {
		case kept && isRetyped && retyped.Column == column && sameType(*row[4], retyped) && len(a.plan.Changes) == 1:
			a.notes = append(a.notes, fmt.Sprintf("column %s of %s is of type %s already: there is nothing to do", ddl.Quote(column), relations[0], retyped.Type))
			a.verdict = a.verdict.Over(judge.Shim)
			return answered, nil
		case kept && isRetyped && retyped.Column == column && sameType(*row[5], retyped):
			return apart, a.noWayBack(retyped, copied)
		case kept: // the two have but these names
		case isRename && synced && rename.Column == column && rename.To == copied:
			return changesPlaces, nil
		case isRename && synced && rename.Column == copied && rename.To == column:
			note := fmt.Sprintf("column %s of %s is renamed to %s already, and its copy stands", ddl.Quote(copied), relations[0], ddl.Quote(column))
			a.notes = append(a.notes, note)
			a.conn.Notice("migguard: "+note, "", "")
			a.verdict = a.verdict.Over(judge.Shim)
			return answered, nil
		case !synced && (isRename && rename.Column == column || isRetyped && retyped.Column == column && len(a.plan.Changes) == 1):
			return apart, nil // the copy takes part in it, or goes before it
		}
		for _, name := range names {
			if name == column || name == copied {
				return apart, a.keptEqual(change, column, copied)
			}
		}
	}
	return apart, nil
}

// sameType tells a change of type that changes nothing.
func sameType(is string, c ddl.ChangeColumnType) bool {
	s := shim.Sync{Type: c.Type, Copying: &catalog.Copying{Type: is}}
	return s.Same() && c.Collation == "" && hazard.KeepsValues(c)
}

// changesColumn are the columns that a change is about in a way that a copy would have
// to be changed, too.
func changesColumn(change ddl.Change) []string {
	if _, column, _ := columnOf(change); column != "" {
		if _, ok := change.(ddl.SetNotNull); ok {
			return nil
		}
		return []string{column}
	}
	switch c := change.(type) {
	case ddl.RenameColumn:
		return []string{c.Column, c.To}
	case ddl.DropColumn:
		return []string{c.Column}
	case ddl.SetDefault:
		return []string{c.Column}
	}
	return nil
}

func (a *act) keptEqual(change ddl.Change, column, copied string) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeDeferred,
		Message: fmt.Sprintf("columns %s and %s of %s are one to code that runs: a trigger keeps them equal, and this statement would change one of them", ddl.Quote(column), ddl.Quote(copied), change.Relations()[0]),
		Detail:  "A migration has renamed the one, or changed its type, or is about to, and the other goes when no code that runs needs it; \"migguard shims\" tells what it waits for.",
		Hint:    "Put this statement in a release after that."}
}

// noWayBack refuses to give a column the type again that code which runs still has by its copy.
func (a *act) noWayBack(c ddl.ChangeColumnType, copied string) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeDeferred,
		Message: fmt.Sprintf("column %s of %s has had type %s before, and code that runs has it still, in %s, which a trigger keeps equal", ddl.Quote(c.Column), c.Relation, c.Type, ddl.Quote(copied)),
		Detail:  "No value that the old type does not take is written while that code runs. \"migguard shims\" tells what the column of the old type waits for.",
		Hint:    "To go back, release the old code as it was, as by heroku rollback: it finds its column, and no migration has to run. Or put this statement in a release after that column has gone."}
}

// freePrepared is SQL that takes away a copy that is prepared, before its column gets a
// name that needs none.
func (a *act) freePrepared(d judge.Decision, found catalog.Lookup, i int) []string {
	c := found.Copying
	if c == nil || c.Copy == "" || c.Synced {
		return nil
	}
	s := a.syncOf(i, d, found)
	a.notes = append(a.notes, "the copy of "+hazard.Display(s.Table)+"."+ddl.Quote(s.Column.Name)+" that was prepared for this is taken away")
	return append(s.Contract(), ledger.CloseSyncSQL(s.Table.OID, s.Column.Number, a.releaseID))
}
