package release

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/shim"
)

// followSync has what keeps columns equal go on after a statement: the trigger fires, though the
// statement turns all of a table off, a copy's double goes with its index, which would
// reject rows that the column may have now, and who may use one of two names may use both.
func (a *act) followSync(ctx context.Context, change ddl.Change) error {
	switch c := change.(type) {
	case ddl.SetTrigger:
		sql, err := a.syncTriggers(ctx, fmt.Sprintf("g.tgrelid = pg_catalog.to_regclass(%s)", ddl.Literal(c.Relation.String())))
		a.beside = append(a.beside, sql...)
		return err
	case ddl.Grant:
		return a.grantBoth(ctx, c.Relations(), c.Columns)
	case ddl.Revoke:
		return a.grantBoth(ctx, c.Relations(), c.Columns)
	case ddl.CreateTable:
		return a.dropLikeness(ctx, c)
	case ddl.DropIndex:
		return a.dropDouble(ctx, fmt.Sprintf("i.indexrelid = pg_catalog.to_regclass(%s)", ddl.Literal(c.Index.String())))
	case ddl.DropConstraint:
		return a.dropDouble(ctx, fmt.Sprintf("i.indexrelid = (SELECT k.conindid FROM pg_catalog.pg_constraint k WHERE k.conrelid = pg_catalog.to_regclass(%s) AND k.conname = %s AND k.contype IN ('u', 'p', 'x'))",
			ddl.Literal(c.Relation.String()), ddl.Literal(c.Name)))
	}
	return nil
}

// syncTriggers is SQL that has the triggers of copies fire whatever else does, of those that
// are as where says.
func (a *act) syncTriggers(ctx context.Context, where string) (sql []string, err error) {
	if !a.hasDeferred() {
		return nil, nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT pg_catalog.format('ALTER TABLE %%s ENABLE ALWAYS TRIGGER %%I', g.tgrelid::pg_catalog.regclass, g.tgname)
		FROM %s JOIN pg_catalog.pg_trigger g ON g.tgrelid = s.relation AND g.tgname = %s || s.copy_of WHERE %s`, ledger.SyncsFrom, ddl.Literal(shim.SyncTrigger), where))
	for _, row := range rows {
		sql = append(sql, *row[0])
	}
	return sql, explained(err)
}

// grantBoth has the other of two columns get the privileges that a statement gives one. What
// it takes from one alone checkKept refuses: running code may know the other, and was asked
// about this one. A copy that no code knows yet has just what its column has.
func (a *act) grantBoth(ctx context.Context, tables []ddl.Name, columns []string) error {
	if !a.hasDeferred() || len(columns) == 0 || len(tables) == 0 {
		return nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT s.relation::pg_catalog.int8, t.attnum, t.attname, x.attnum, x.attname, s.kind = 'sync' FROM %s
		JOIN pg_catalog.pg_attribute t ON t.attrelid = s.relation AND t.attnum = s.copy_of
		JOIN pg_catalog.pg_attribute x ON x.attrelid = s.relation AND x.attnum = s.attnum
		WHERE s.relation = pg_catalog.to_regclass(%s) ORDER BY x.attnum`, ledger.SyncsFrom, ddl.Literal(tables[0].String())))
	for _, row := range rows {
		from, to := row[1], row[3]
		switch of, copied := slices.Contains(columns, *row[2]), slices.Contains(columns, *row[4]); {
		case of == copied:
			continue
		case copied:
			from, to = to, from
		}
		a.beside = append(a.beside, shim.FollowColumn(oid(row[0]), int16(oid(from)), int16(oid(to)), *row[5] == "f"))
	}
	return explained(err)
}

// dropLikeness has a table that is made LIKE another lose the columns which that one has only
// for code from before: copies, and what a migration has dropped.
func (a *act) dropLikeness(ctx context.Context, c ddl.CreateTable) error {
	if !a.hasDeferred() {
		return nil
	}
	for _, like := range c.Like {
		rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT pg_catalog.quote_ident(t.attname) FROM %s JOIN pg_catalog.pg_attribute t ON t.attrelid = deferred.relation AND t.attnum = deferred.attnum
			WHERE t.attnum > 0 AND NOT t.attisdropped AND deferred.relation = pg_catalog.to_regclass(%s) AND (%v OR pg_catalog.to_regclass(%s) IS NULL)`,
			ledger.DeferredFrom, ddl.Literal(like.String()), !c.IfNotExists, ddl.Literal(c.Relation.String())))
		if err != nil {
			return explained(err)
		}
		for _, row := range rows {
			a.beside = append(a.beside, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", c.Relation, *row[0]))
			a.notes = append(a.notes, fmt.Sprintf("%s does not get the column %s, which %s has for code from before only", c.Relation, *row[0], like))
		}
	}
	return nil
}

// dropDouble has the double of an index go with it.
func (a *act) dropDouble(ctx context.Context, which string) error {
	if !a.hasDeferred() {
		return nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT b.oid::pg_catalog.regclass::pg_catalog.text, 
		CASE WHEN k.oid IS NULL THEN '' ELSE pg_catalog.format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::pg_catalog.regclass, k.conname) END
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class b ON b.relname = %s || i.indexrelid
		JOIN pg_catalog.pg_index j ON j.indexrelid = b.oid AND j.indrelid = i.indrelid
		LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = b.oid AND k.contype = 'u' AND k.conrelid = i.indrelid WHERE %s`, ddl.Literal(shim.SyncDouble), which))
	for _, row := range rows {
		switch {
		case *row[1] != "":
			a.beside = append(a.beside, *row[1])
		case a.plan.Alone:
			a.doubles = append(a.doubles, "DROP INDEX CONCURRENTLY "+*row[0])
		default:
			a.beside = append(a.beside, "DROP INDEX "+*row[0])
		}
	}
	return explained(err)
}

// hasDeferred tells that something stays which a migration has dropped or renamed.
func (a *act) hasDeferred() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.defers
}

// checkTrigger refuses a trigger that would see a row before the two columns are equal, as it fires
// before migguard's, or would make them differ, behind it.
func (a *act) checkTrigger(ctx context.Context, c ddl.CreateTrigger) error {
	if !a.hasDeferred() || c.Timing != "before" || !c.Row || !slices.ContainsFunc(c.Events, func(e string) bool { return e == "insert" || e == "update" }) {
		return nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT t.attname, x.attname, l.lanname, p.prosrc FROM %s
		JOIN pg_catalog.pg_attribute t ON t.attrelid = s.relation AND t.attnum = s.copy_of
		JOIN pg_catalog.pg_attribute x ON x.attrelid = s.relation AND x.attnum = s.attnum
		JOIN pg_catalog.pg_proc p ON p.oid = pg_catalog.to_regproc(%s) JOIN pg_catalog.pg_language l ON l.oid = p.prolang
		WHERE s.relation = pg_catalog.to_regclass(%s)`, ledger.SyncsFrom, ddl.Literal(c.Function.String()), ddl.Literal(c.Relation.String())))
	if err != nil {
		return explained(err)
	}
	for _, row := range rows {
		column, copied, language, source := *row[0], *row[1], *row[2], *row[3]
		names := regexp.MustCompile(`(?i)\bexecute\b|(^|\W)(` + regexp.QuoteMeta(column) + "|" + regexp.QuoteMeta(copied) + `)(\W|$)`)
		if c.Name < shim.SyncTrigger && language == "plpgsql" && !names.MatchString(source) {
			continue
		}
		a.verdict = judge.Refuse
		return &guard.Refusal{Code: codeDeferred,
			Message: fmt.Sprintf("columns %s and %s of %s are one to code that runs, and the trigger %s may see a row before they are equal, or make them differ", ddl.Quote(column), ddl.Quote(copied), c.Relation, ddl.Quote(c.Name)),
			Detail:  "A trigger of migguard's keeps them equal, behind all others; the one goes when no code that runs needs it.",
			Hint:    "Put this statement in a release after that, or make the trigger AFTER INSERT OR UPDATE."}
	}
	return nil
}
