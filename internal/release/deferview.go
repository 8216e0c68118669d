package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// views are the views that a statement makes, and that stay.
func views(changes []ddl.Change) (names []ddl.Name) {
	for _, change := range changes {
		switch c := change.(type) {
		case ddl.CreateView:
			if !c.Temporary {
				names = append(names, c.Relation)
			}
		case ddl.CreateMaterializedView:
			names = append(names, c.Relation)
		}
	}
	return names
}

// looksAtDeferred tells a statement whose views may have what is deferred.
func (a *act) looksAtDeferred() bool { return a.hasDeferred() && len(views(a.plan.Changes)) > 0 }

// checkViews refuses views that have what is deferred, by * perhaps: they would have a column that
// the statement alone would not have given them, and it could never be dropped.
func (a *act) checkViews(ctx context.Context) error {
	if !a.looksAtDeferred() {
		return nil
	}
	for _, view := range slices.Compact(views(a.plan.Changes)) {
		rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT coalesce('column ' || pg_catalog.quote_ident(t.attname) || ' of ', CASE WHEN (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = deferred.relation) = 'v' THEN 'view ' ELSE 'table ' END) || deferred.relation::pg_catalog.regclass
			FROM %s JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = deferred.relation
				AND (deferred.attnum = 0 OR p.refobjsubid = deferred.attnum)
			JOIN pg_catalog.pg_rewrite w ON p.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = p.objid
			LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = deferred.relation AND t.attnum = deferred.attnum AND deferred.attnum > 0
			WHERE w.ev_class = pg_catalog.to_regclass(%s) ORDER BY 1 LIMIT 1`, ledger.DeferredFrom, ddl.Literal(view.String())))
		if err != nil {
			return explained(err)
		}
		if len(rows) > 0 {
			a.verdict = judge.Refuse
			return &guard.Refusal{Code: codeDeferred,
				Message: fmt.Sprintf("view %s has %s, which a migration has dropped or renamed, and which is there only until no code that runs needs it", view, *rows[0][0]),
				Detail:  "The migration alone would have made it without that; and under a view it could not be dropped any more.",
				Hint:    "Name the columns that the view is to have, instead of *."}
		}
	}
	return nil
}
