package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// checkDeferred refuses what would make, or give, a name that something has whose
// drop is deferred. The server would say no as well, but for IF NOT EXISTS, which
// would hide that nothing is made.
func (a *act) checkDeferred(ctx context.Context, change ddl.Change) error {
	if !a.hasDeferred() {
		return nil
	}
	if err := a.checkGoing(ctx, change); err != nil {
		return err
	}
	name, column, ok := makes(change)
	if !ok {
		return nil
	}
	query := fmt.Sprintf("SELECT deferred.relation FROM %s WHERE deferred.relation = pg_catalog.to_regclass(%s) AND deferred.attnum = ", ledger.DeferredFrom, ddl.Literal(name.String()))
	if column == "" {
		query += "0"
	} else {
		query += fmt.Sprintf("(SELECT t.attnum FROM pg_catalog.pg_attribute t WHERE t.attrelid = deferred.relation AND t.attname = %s AND NOT t.attisdropped)", ddl.Literal(column))
	}
	rows, err := a.conn.Query(ctx, query)
	if err != nil || len(rows) == 0 {
		return explained(err)
	}
	except := ""
	if column == "" {
		views, err := a.keptCalled(ctx, name)
		if err != nil {
			return err
		}
		for _, v := range views {
			except = exceptView(v.sql)
		}
	}
	what, dropped := name.String(), name.String()
	if column != "" {
		dropped += "." + ddl.Quote(column)
		what = fmt.Sprintf("column %s of %s", ddl.Quote(column), what)
	}
	return a.isStillThere(what, " A drop that is committed is taken back, so that it stays, by: migguard shims keep "+dropped+except)
}

// makes is the name that a change gives to something: of a relation, or of a
// column of it.
func makes(change ddl.Change) (relation ddl.Name, column string, ok bool) {
	switch c := change.(type) {
	case ddl.AddColumn:
		return c.Relation, c.Column, c.Kind != ddl.KindType
	case ddl.RenameColumn:
		return c.Relation, c.To, true
	case ddl.CreateTable:
		return c.Relation, "", !c.Temporary
	case ddl.CreateView:
		return c.Relation, "", !c.Temporary
	case ddl.CreateMaterializedView:
		return c.Relation, "", true
	case ddl.RenameTable:
		return ddl.Name{Schema: c.Relation.Schema, Name: c.To}, "", true
	}
	return relation, "", false
}

// checkGoing refuses an index or a sequence whose name one has that goes with what is
// deferred: behind IF NOT EXISTS nothing would be made, and then there would be none.
func (a *act) checkGoing(ctx context.Context, change ddl.Change) error {
	var is, what string
	switch c := change.(type) {
	case ddl.CreateIndex:
		is = fmt.Sprintf("c.relname = %s AND c.relnamespace = (SELECT t.relnamespace FROM pg_catalog.pg_class t WHERE t.oid = pg_catalog.to_regclass(%s))",
			ddl.Literal(c.Name), ddl.Literal(c.Relation.String()))
		what = "index " + ddl.Quote(c.Name)
	case ddl.CreateSequence:
		is, what = "c.oid = pg_catalog.to_regclass("+ddl.Literal(c.Relation.String())+")", "sequence "+c.Relation.String()
	default:
		return nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT deferred.relation FROM pg_catalog.pg_class c, %s WHERE %s AND (
		EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid AND i.indrelid = deferred.relation AND (deferred.attnum = 0 OR deferred.attnum = ANY (i.indkey)))
		OR EXISTS (SELECT FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.objid = c.oid
			AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = deferred.relation
			AND p.deptype IN ('a', 'i') AND (deferred.attnum = 0 OR p.refobjsubid = deferred.attnum)))`, ledger.DeferredFrom, is))
	if err != nil || len(rows) == 0 {
		return explained(err)
	}
	return a.isStillThere(what, "")
}

// isStillThere refuses what would have the name of something that stays, and says how to
// take that back.
func (a *act) isStillThere(what, back string) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeDeferred,
		Message: fmt.Sprintf("%s is there still: a migration has dropped it, and code that runs needs it", what),
		Detail:  "It is dropped by a later release, when no code that runs needs it; \"migguard shims\" tells what it waits for.",
		Hint:    "Choose another name, or make this one in a release after that." + back}
}
