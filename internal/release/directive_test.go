package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const (
	ignored = "-- migguard:allow dropped-column reason: v41 ignores it\n"
	viewed  = "create table t (id int primary key, n text, m text); create table u (id int, n text); create view v as select m from t; create function f() returns int language sql as 'select 1'"
)

// What a directive says counts for the statement that it belongs to: a run lets
// that pass.
func TestDirectivesAllow(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"in front":         ignored + "alter table t drop column n",
		"inside":           "alter table t " + ignored + " drop column n",
		"behind":           "alter table t drop column n " + ignored + ";",
		"block":            "/* migguard:allow dropped-column:t.n\nreason: v41 ignores it */ alter table t drop column n",
		"two hazards":      ignored + "/* migguard:allow dropped-view reason: nobody reads it */ alter table t drop column m cascade",
		"do":               ignored + "do $$ begin alter table t drop column n; end $$",
		"several":          "create table c (); " + "/* migguard:allow dropped-column reason: v41 */ alter table t drop column n; create index on c ((1))",
		"each its own":     ignored + "alter table t drop column n;\n" + ignored + "alter table u drop column n",
		"at commit":        "begin; /* migguard:allow dropped-function reason: v41 */ drop function f(); commit",
		"view, at commit":  "begin;\n-- migguard:allow dropped-view:v reason: v41\ndrop view v; commit",
		"between comments": "/* Ann */ /*migguard:allow dropped-column reason: v41*/ -- Bob\nalter table t drop column n /*app='x'*/",
		"renamed":          "/* migguard:allow renamed-table reason: nobody knows it */ alter table t rename to s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, viewed)
				b.run(t, sql)
				if got, refused := b.Recorded(); refused != 0 || strings.Contains(strings.Join(got, " "), "shim") {
					t.Error(got)
				}
			})
		})
	}
}

// What is no comment, belongs to another statement or allows another hazard lets
// nothing pass; what is misspelt is refused as that.
func TestDirectivesDoNotAllow(t *testing.T) {
	t.Parallel()
	const drop = "alter table t drop column n"
	for name, c := range map[string]struct{ code, sql string }{
		"in a string":           {"MG004", "comment on table t is '" + ignored + "'; " + drop},
		"in the statement's":    {"MG004", "alter table t drop column n, add column o text default '\n" + ignored + "'"},
		"in a dollar quote":     {"MG004", "do $$ begin\n" + ignored + "alter table t drop column n; end $$"},
		"in a name":             {"MG004", "alter table t drop column n, add column \"" + ignored + "\" text"},
		"for the one before":    {"MG004", ignored + "create table c (); " + drop},
		"for the one behind":    {"MG004", drop + ";\n" + ignored + "create table c ()"},
		"for the first":         {"MG004", ignored + drop + "; alter table u drop column n"},
		"another hazard":        {"MG004", "/* migguard:allow renamed-column reason: x */ " + drop},
		"another object":        {"MG004", "/* migguard:allow dropped-column:u.n reason: x */ " + drop},
		"one hazard of two":     {"MG030", ignored + "alter table t drop column m cascade"},
		"marginalia":            {"MG004", drop + " /*application:migguard,line:/app/migguard:allow dropped-column reason: x*/"},
		"sqlcommenter":          {"MG004", drop + " /*action='migguard:allow dropped-column reason: x'*/"},
		"behind a semicolon":    {"MG056", drop + "; " + ignored},
		"between two":           {"MG056", drop + "; " + ignored + "alter table u drop column n"},
		"no such hazard":        {"MG056", "/* migguard:allow dropped-colum reason: x */ " + drop},
		"no such, and free":     {"MG056", "/* migguard:allow dropped-colum reason: x */ create table c ()"},
		"no reason":             {"MG056", "/* migguard:allow dropped-column */ " + drop},
		"one of them is":        {"MG056", ignored + "/* migguard:alow dropped-view reason: x */ " + drop},
		"wrong, in a do":        {"MG056", "/* migguard:allow dropped-colum reason: x */ do $$ begin null; end $$"},
		"does not parse":        {"MG056", "/* migguard:allow dropped-colum reason: x */ alter tabel t"},
		"another's transaction": {"MG030", "begin; " + ignored + "drop view v; commit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, pgtest.New(t), options{policy: dropsRefused}, viewed)
			e := b.fails(t, c.code, c.sql)
			if c.code == "MG056" && !strings.Contains(e.Message, "migguard:a") {
				t.Error(e.Message)
			}
			if got := b.db.Value(t, "select count(*) from pg_attribute where attrelid = 't'::regclass and attname = 'n'"); got != "1" && name != "for the first" {
				t.Error("the column is gone")
			}
		})
	}
}

// A directive of a statement that is prepared counts whenever that is executed,
// and for no other.
func TestDirectivesInExtendedProtocol(t *testing.T) {
	t.Parallel()
	pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{policy: dropsRefused}, viewed)
		const drop = "alter table t drop column n"
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec} {
			if _, err := b.client.Exec(t.Context(), drop, mode); err == nil {
				t.Errorf("%v: without a directive it passes", mode)
			} else {
				failed(t, err, "MG004", drop)
			}
		}
		if _, err := b.client.Exec(t.Context(), ignored+drop, pgx.QueryExecModeCacheStatement); err != nil {
			t.Error(explain(err))
		}
		_, err := b.client.Exec(t.Context(), "alter table u drop column n", pgx.QueryExecModeCacheStatement)
		failed(t, err, "MG004", "another statement")
	})
}

// What a directive allowed is on record with its reason; one that allowed nothing
// is said so, and a query has no use for any.
func TestDirectivesAreReported(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, viewed)
	ended, out := do(t, db, "one", nil, "/* migguard:allow dropped-column reason: v41 ignores it */ alter table t /* migguard:allow renamed-table reason: not so */ drop column n",
		"/* migguard:allow dropped-table:t reason: by mistake */ create table c ()", "/* migguard:allow dropped-tabel reason: x */ select 1")
	for _, want := range []string{
		"          dropped-column:public.t.n by comment: v41 ignores it\n",
		"migguard:allow renamed-table in a comment of this statement matched nothing and can go (not so)\n",
		"migguard:allow dropped-table:t in a comment of this statement matched nothing and can go (by mistake)\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if len(ended.Report.Statements) != 2 {
		t.Fatalf("%+v", ended.Report.Statements)
	}
	if h := ended.Report.Statements[0].Hazards[0]; !h.Allowed || h.AllowedBy != "comment" || h.Reason != "v41 ignores it" {
		t.Errorf("%+v", h)
	}
	if got := db.Value(t, "select hazards->0->>'reason' from migguard.statement order by seq limit 1"); got != "v41 ignores it" {
		t.Errorf("in the ledger: %q", got)
	}
}
