package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What waits follows the tables and columns that it is about when they get other names,
// or another schema.
func TestWithheldFollowsNames(t *testing.T) {
	t.Parallel()
	const pets = "create schema s; create table pets (id int primary key, n int unique, m int); alter table users add pet int, add other int; create unique index on pets (n, m)"
	for name, c := range map[string]struct{ sql, then string }{
		"parent":             {"alter table users add constraint pet foreign key (pet) references pets on delete cascade", "alter table pets rename to animals"},
		"parent's schema":    {"alter table users add constraint pet foreign key (pet) references pets", "alter table pets set schema s"},
		"parent's column":    {"alter table users add constraint pet foreign key (pet) references pets (n)", "alter table pets rename n to number"},
		"columns":            {"alter table users add constraint pet foreign key (pet, other) references pets (n, m)", "alter table pets rename n to x; alter table pets rename m to n; alter table pets rename x to m; alter table users rename pet to x; alter table users rename other to pet"},
		"all":                {"alter table users add constraint pet foreign key (pet) references pets", "alter table pets rename to animals; alter table pets_of rename to x; alter table users rename to owners; alter table owners rename pet to animal"},
		"of itself":          {"alter table users add constraint boss foreign key (pet) references users (id)", "alter table users rename to people; alter table people rename id to key"},
		"check":              {`alter table users add constraint short check (length(users.notes) < 4 and notes <> 'notes')`, `alter table users rename to people; alter table people rename notes to "re ""marks"`},
		"unique":             {"alter table users add constraint once unique (notes, name)", "alter table users rename notes to remarks"},
		"index":              {"create unique index once on users (lower(notes), id) include (name) where notes <> ''", "alter table users rename notes to remarks; alter table users rename name to label; alter table users set schema s"},
		"not null":           {"alter table users alter notes set not null", "alter table users rename notes to remarks"},
		"exclude":            {"alter table users add constraint alike exclude using btree (notes with =)", "alter table users rename notes to remarks"},
		"another's name":     {"alter table users add constraint short check (notes <> name)", "alter table users rename notes to x; alter table users rename name to notes; alter table users rename x to name"},
		"name given anew":    {"alter table users add constraint pet foreign key (pet) references pets", "alter table pets rename to animals; create table pets (id int primary key)"},
		"not valid, checked": {"alter table users add constraint pet foreign key (pet) references pets not valid; alter table users validate constraint pet", "alter table pets rename to animals"},
	} {
		for _, large := range []bool{false, true} {
			if large && name == "exclude" {
				continue // which is refused
			}
			t.Run(name+map[bool]string{true: ", large"}[large], func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					if name == "not null" && db.Major >= 18 {
						return // its name there is made of the column's
					}
					bare := db.Server.NewDB(t)
					given := pets + "; create view v as select 1; create table pets_of (n int)"
					bare.Exec(t, keepUsers, given, c.sql, c.then)
					b := setup(t, db, options{large: large, waits: true}, keepUsers, given)
					b.run(t, c.sql)
					if n := db.Value(t, waiting); n != "1" {
						t.Fatalf("%s wait", n)
					}
					b.olds(t, c.then)
					b.end(t, ledger.Succeeded)
					policy := sized(large)
					ended, out := doWith(t, db, nil, "three", policy, "select 1")
					if ended.Exit != 0 || len(ended.Report.Shims) != 0 {
						t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
					}
					for _, shape := range []string{enforcedShape, "select string_agg(pg_get_constraintdef(oid) || convalidated, ' ' order by conname) from pg_constraint where connamespace = 's'::regnamespace or conname in ('pet', 'boss')", "select string_agg(pg_get_indexdef(indexrelid), ' ' order by indexrelid::regclass::text) from pg_index join pg_class c on c.oid = indrelid where relnamespace = 's'::regnamespace"} {
						if got, want := db.Value(t, "select coalesce(("+shape+"), '')"), bare.Value(t, "select coalesce(("+shape+"), '')"); got != want {
							t.Errorf("%s, want %s", got, want)
						}
					}
				})
			})
		}
	}
}

// So it does when a migration gives them.
func TestWithheldFollowsMigration(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true, allow: []string{"renamed-column:users.notes"}}, keepUsers)
		b.run(t, "alter table users add constraint once unique (notes)", "alter table users rename notes to remarks", "alter table users drop constraint once", "alter table users add constraint once unique (remarks)")
		b.end(t, ledger.Succeeded)
		ended, out := doWith(t, db, nil, "three", nil, "select 1")
		if got := db.Value(t, "select pg_get_constraintdef(oid) from pg_constraint where conname = 'once'"); ended.Exit != 0 || got != "UNIQUE (remarks)" {
			t.Errorf("exit %d, %s\n%s", ended.Exit, got, out)
		}
	})
}

// With the table that it refers to a foreign key goes that is not there yet.
func TestWithheldParentGone(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers, "create table pets (id int primary key); alter table users add pet int")
		b.run(t, "alter table users add constraint pet foreign key (pet) references pets")
		b.end(t, ledger.Succeeded)
		db.Exec(t, "drop table pets; create table pets (id int primary key)")
		ended, out := doWith(t, db, nil, "three", nil, "select 1")
		if ended.Exit != 0 || len(ended.Report.Shims) != 0 || db.Value(t, "select count(*) from migguard.withheld where note = 'the table that it refers to is gone' and not done and closed_at is not null") != "1" {
			t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
		}
	})
}

// A constant means what it meant in the migration's session, and the role is the same.
func TestWithheldKeepsSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, sql string }{
		"date":     {"alter table users add born date, add at timestamptz;", "alter table users add constraint old check (born > '01/02/2026' and at > '03/04/2026 05:00')"},
		"interval": {"alter table users add lasts interval;", "alter table users add constraint long check (lasts > '-1 2:03:04')"},
		"index":    {"alter table users add born date;", "create unique index once on users (notes, (born - '01/02/2026'::date))"},
	} {
		for _, large := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", large"}[large], func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					const session = "set datestyle = 'SQL, DMY'; set timezone = 'Asia/Tokyo'; set intervalstyle = 'sql_standard'"
					bare := db.Server.NewDB(t)
					bare.Exec(t, keepUsers, c.given, session+"; "+c.sql)
					b := setup(t, db, options{large: large, waits: true}, keepUsers, c.given)
					b.run(t, session, c.sql)
					b.end(t, ledger.Succeeded)
					policy := sized(large)
					ended, out := doWith(t, db, nil, "three", policy, "select 1")
					if ended.Exit != 0 || len(ended.Report.Dropped) != 1 {
						t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
					}
					if got, want := db.Value(t, enforcedShape), bare.Value(t, enforcedShape); got != want {
						t.Errorf("%s, want %s", got, want)
					}
				})
			})
		}
	}
}

// It is made by the role that asked for it.
func TestWithheldKeepsRole(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		boss, _ := role(t, db, "boss")
		b := setup(t, db, options{large: true, waits: true}, keepUsers, "alter table users owner to "+boss+"; grant create on schema public to "+boss)
		if err := b.ledger.GrantTo(t.Context(), "boss_"+db.Name); err != nil {
			t.Fatal(err)
		}
		b.run(t, "set role "+boss, "create unique index once on users (notes)")
		b.end(t, ledger.Succeeded)
		ended, out := doWith(t, db, nil, "three", &judge.Policy{Small: &catalog.Size{}}, "select 1")
		if ended.Exit != 0 || db.Value(t, "select role from migguard.task where done") != "boss_"+db.Name {
			t.Errorf("exit %d\n%s", ended.Exit, out)
		}
	})
}
