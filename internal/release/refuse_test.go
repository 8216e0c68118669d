package release_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Who mends a refused statement hears of all that it is refused for at once, by the
// error and on record, and of all exceptions that let it pass. What is shimmed or passes
// is no part of it.
func TestRefusalTellsAll(t *testing.T) {
	t.Parallel()
	const given = "create table a (id int, n varchar(9), m int, c int); create table b (id int); create table c (id int); create table d (id int); create table e (id int); create table ab (id int)"
	cases := map[string]struct {
		sql, code string
		tells     []string // in Detail, in this order
		hazards   []string // on record
	}{
		"one": {"alter table a add column x int, drop column m", "MG004", nil, []string{"dropped-column a.m"}},
		"several": {"alter table a drop column m, alter column n type varchar(3), add column x int, drop column c", "MG004",
			[]string{"refused for 2 more:", "column n of a", "(retyped-column)", "column c of a", "(dropped-column)"},
			[]string{"dropped-column a.m", "retyped-column a.n", "dropped-column a.c"}},
		"many": {"drop table a, b, c, d, e", "MG003", []string{"refused for 4 more:", "b", "c", "d", "And 1 other"},
			[]string{"dropped-table a", "dropped-table b", "dropped-table c", "dropped-table d", "dropped-table e"}},
		"alike": {"drop table ab, a", "MG003", []string{"refused for 1 more:", "table a"}, []string{"dropped-table ab", "dropped-table a"}},
		"by effect": {"do $$ begin drop table b; create table new (id int); alter table a rename n to z; drop table new, c; end $$", "MG002",
			[]string{"refused for 2 more:", "dropping table b", "dropping table c", "The statement did that"}, []string{"renamed-column a.n", "dropped-table b", "dropped-table c"}},
	}
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, c := range cases {
			db := db.Server.NewDB(t)
			b := setup(t, db, options{policy: dropsRefused}, given)
			e := b.fails(t, c.code, c.sql)
			rest, told := e.Detail, true
			for _, part := range c.tells {
				_, after, ok := strings.Cut(rest, part)
				rest, told = after, told && ok
			}
			if !told || c.tells == nil && strings.Contains(rest, "more:") {
				t.Errorf("%s: %s", name, explain(e))
			}
			var exceptions []string
			for _, found := range hinted.FindAllStringSubmatch(e.Hint, -1) {
				exceptions = append(exceptions, found[1])
			}
			allowed := setup(t, db.Server.NewDB(t), options{policy: dropsRefused, allow: exceptions}, given)
			if _, err := allowed.client.PgConn().Exec(t.Context(), c.sql).ReadAll(); err != nil {
				t.Errorf("%s: with %q of %s: %s", name, exceptions, explain(e), explain(err))
			}
			if foreseen := foresee(t, b, c.sql); !slices.Equal(foreseen, c.hazards) && name != "by effect" {
				t.Errorf("%s: planned %q, want %q", name, foreseen, c.hazards)
			}
			var recorded []string
			for _, h := range b.Statements()[0].Hazards {
				recorded = append(recorded, brief(h))
			}
			if !slices.Equal(recorded, c.hazards) {
				t.Errorf("%s: on record %q, want %q", name, recorded, c.hazards)
			}
		}
	})
}

// brief is a hazard and its object.
func brief(h report.Hazard) string {
	return strings.TrimSuffix(h.ID+" "+strings.TrimPrefix(h.Relation, "public.")+"."+h.Column, ".")
}

// foresee are the hazards of a statement in a plan of the same policy.
func foresee(t *testing.T, b *bundle, sql string) (hazards []string) {
	t.Helper()
	config, err := pg.Parse(b.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	policy := &judge.Policy{}
	if err := dropsRefused(policy); err != nil {
		t.Fatal(err)
	}
	run := &release.Run{Database: config, Major: b.db.Major, Catalog: b.db.Connect(t), Ledger: b.ledger, ByHand: true, Policy: policy, Out: report.New(io.Discard, false, false)}
	run.Runs()
	p, err := run.Foresee(t.Context(), []string{sql})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range p.Migrations[0].Statements[0].Hazards {
		hazards = append(hazards, brief(h))
	}
	return hazards
}
