package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Who mends a refused statement hears of all that it is refused for at once, by the
// error and on record. What is shimmed or passes is no part of it.
func TestRefusalTellsAll(t *testing.T) {
	t.Parallel()
	const given = "create table a (id int, n varchar(9), m int, c int); create table b (id int); create table c (id int); create table d (id int); create table e (id int)"
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
			var recorded []string
			for _, h := range b.Statements()[0].Hazards {
				recorded = append(recorded, strings.TrimSuffix(h.ID+" "+strings.TrimPrefix(h.Relation, "public.")+"."+h.Column, "."))
			}
			if !slices.Equal(recorded, c.hazards) {
				t.Errorf("%s: on record %q, want %q", name, recorded, c.hazards)
			}
		}
	})
}
