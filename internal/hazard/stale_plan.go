package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// StalePlan is a change of what a prepared statement of running code returns.
var StalePlan = &Hazard{
	ID:      "stale-plan",
	Kind:    BreaksCode,
	Code:    "MG034",
	Passing: true,
	Shimmed: true,
	Parts:   true,
	Title:   "a prepared statement of running code returns other columns than when it was prepared",
	Explanation: `After ADD COLUMN a prepared SELECT * or RETURNING *, and after ALTER COLUMN ... TYPE
each prepared statement that returns the column, fails with "cached plan must not
change result type" (0A000): once in each session that has prepared it, if the driver
then prepares it anew. Rails and pgx's queries do so, but not within a transaction, which is
lost. What the program has prepared itself fails until the session ends: node-postgres'
queries with a name, Prepare of pgx and of database/sql, SQL's own PREPARE. Prepared or
not, code in Go fails each time that takes every column by * and reads them into as many
variables, or into a struct, as there are: "expected 2 destination arguments in Scan, not 3". What else is not
prepared does not fail: psycopg2 prepares nothing, nor do node-postgres' queries without a name.
A build of Python in which psycopg2 is shown to be the only driver counts as one that
prepares nothing (docs/evidence.md).`,
	Verdicts: `Passes without a word where neither the contracts of the builds that run nor the
queries that the database has seen show such a statement of the table, and where each build
that runs is known to prepare nothing. Else ADD
COLUMN is shimmed if each build that runs is proven to look into a schema of its own before
any other, and is shown to do nothing with the table that a view cannot (docs/shims.md):
there it sees the table as it was. Otherwise it passes, and the log says what may fail once.
So does a type that gets wider, which no view can hide; it is made by a copy where code is so
proven and has prepared the statement itself. Refused where the contract of a build
that runs, or the database, shows a statement that the program has prepared itself, and where
migguard.toml says so, or whose rows code in Go is shown to take only as they are; under maintenance mode, only if that says so.`,
	Remedy: `Name the columns in SELECT and RETURNING: enumerate_columns_in_select_statements in
Rails 7, QueryFields in GORM. Or have the transactions that matter tried again when they
fail with 0A000.`,
	Bad:  `ALTER TABLE users ADD COLUMN country text;`,
	Good: `CREATE TABLE countries (user_id bigint, country text);`,
	Run: func(p *Pass) []Finding {
		r, ok := p.known()
		if !ok {
			return nil
		}
		kind, column, what := contract.WidenRow, "", ""
		switch c := p.Change.(type) {
		case ddl.AddColumn:
			if _, there := r.Column(c.Column); there || c.Kind == ddl.KindType {
				return nil
			}
			column, what = c.Column, "adding column"
		case ddl.ChangeColumnType:
			if was, ok := r.Column(c.Column); !ok || was.Created || sameType(was.Type, c.Type) {
				return nil
			}
			kind, column, what = contract.WidenResult, c.Column, "changing the type of column"
		default:
			return nil
		}
		ends := "has prepared itself: it fails until its session ends, each time it is used: \"cached plan must not change result type\" (0A000)"
		if kind == contract.WidenRow {
			ends = "has prepared itself, or whose rows it takes with the columns that they have now: it fails each time it is used"
		}
		return []Finding{{
			Relation: qualified(r), Column: column,
			Message: fmt.Sprintf("%s %s of %s makes prepared statements that return it fail once in each session of the code that is still running, and the transactions they are in: \"cached plan must not change result type\" (0A000)",
				what, ddl.Quote(column), Display(r)),
			Detail: existed("table"),
			Needs:  &contract.Change{Kind: kind, Relation: contract.Name{Schema: r.Schema, Name: r.Name}, Column: column},
			Hint:   fmt.Sprintf("Name the columns in SELECT and RETURNING, in a release before. Or say that no running code minds: %s", allow("stale-plan", r, column)),
			Lasts: [2]string{
				fmt.Sprintf("%s %s of %s breaks a statement that the code which is still running %s", what, ddl.Quote(column), Display(r), ends),
				fmt.Sprintf("Name the columns in the statement's SELECT or RETURNING, or do not prepare it, in a release before: that one's sessions must be all there are when the table changes. Restarting dynos mends it only after the change. Or say that no running code minds: %s, or [policy] stale-plan = \"allow\"", allow("stale-plan", r, column)),
			},
			Shown: true,
		}}
	},
}

// sameType tells two ways to write one type.
func sameType(a, b string) bool {
	was, known := ddl.ServerTypeOf(a)
	is, also := ddl.ServerTypeOf(b)
	return a == b || known && also && was == is
}
