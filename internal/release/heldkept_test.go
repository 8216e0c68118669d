package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What is said of something that waits, and its other name, it has when it is made.
func TestWithheldNamedAnew(t *testing.T) {
	t.Parallel()
	const remarks = `select coalesce(string_agg(x, '; ' order by x), '') from (
		select conname || ' ' || obj_description(oid, 'pg_constraint') as x from pg_constraint where connamespace = 'public'::regnamespace
		union all select relname || ' ' || obj_description(oid, 'pg_class') from pg_class where relkind = 'i' and relnamespace = 'public'::regnamespace) y`
	for name, sql := range map[string]string{
		"constraint":       "alter table users add constraint short check (length(notes) < 4); alter table users rename constraint short to brief; comment on constraint brief on users is 'it''s short'",
		"unique":           "alter table users add unique (notes, name); comment on constraint users_notes_name_key on public.users is 'one'; alter index users_notes_name_key rename to once",
		"index":            "create unique index on users (lower(notes)); comment on index users_lower_idx is 'x'; comment on index public.users_lower_idx is 'y'; alter index users_lower_idx rename to once",
		"no remark":        "create unique index once on users (notes); comment on index once is 'x'; comment on index once is null",
		"back and forth":   "alter table users add constraint short check (length(notes) < 4); alter table users rename constraint short to brief; alter table users rename constraint brief to short",
		"in a transaction": "begin; create unique index once on users (notes); comment on index once is 'x'; commit",
		"other's":          "alter table users add constraint short check (length(notes) < 4); comment on index plain is 'x'; alter index plain rename to simple; comment on constraint users_pkey on users is 'y'",
	} {
		for _, large := range []bool{false, true} {
			if large && strings.Contains(sql, "lower(") {
				sql = strings.Replace(sql, "index on", "index users_lower_idx on", 1) // or the server's choice is not known
			}
			t.Run(name+map[bool]string{true: ", large"}[large], func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					bare := db.Server.NewDB(t)
					bare.Exec(t, keepUsers, "create index plain on users (name)", sql)
					b := setup(t, db, options{large: large, waits: true}, keepUsers, "create index plain on users (name)")
					b.run(t, sql)
					b.end(t, ledger.Succeeded)
					policy := sized(large)
					ended, out := doWith(t, db, nil, "three", policy, "select 1")
					if ended.Exit != 0 || len(ended.Report.Dropped) != 1 {
						t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
					}
					for _, shape := range []string{enforcedShape, remarks} {
						if got, want := db.Value(t, shape), bare.Value(t, shape); got != want {
							t.Errorf("%s, want %s", got, want)
						}
					}
				})
			})
		}
	}
}

// A name that is taken it does not get.
func TestWithheldNameIsTaken(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers, "create table pets (id int constraint positive check (id > 0)); alter table users add constraint positive check (id > 0)")
		b.run(t, "alter table users add constraint short check (length(notes) < 4)", "create unique index once on users (notes)")
		b.fails(t, "42710", "alter table users rename constraint short to positive")
		b.fails(t, "42710", "alter index once rename to pets")
		b.fails(t, "MG057", "alter table users rename constraint short to once")
		b.run(t, "alter table users rename constraint short to pets") // which is no index
		for _, sql := range []string{"alter table users cluster on once", "cluster users using once", "alter table users replica identity using index once"} {
			b.fails(t, "MG057", sql)
		}
	})
}
