package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// deferred are drops that can wait: what there is, the migration, what code does
// that knows it, and what code does that does not.
var deferred = map[string]struct{ given, sql, old, new string }{
	"column":          {"", "alter table users drop column notes", "insert into users values (2, 'b', 'c'); update users set notes = 'd'; select id, notes from users", "insert into users (id, name) values (3, 'x'); delete from users where id = 3"},
	"if exists":       {"", "alter table users drop column if exists notes, drop column if exists absent", "update users set notes = 'd'", "insert into users (id) values (3)"},
	"not null":        {"alter table users alter notes set not null;", "alter table users drop column notes", "insert into users values (2, 'b', 'c')", "insert into users (id) values (3)"},
	"not null, fills": {"alter table users alter notes set not null, alter notes set default 'n';", "alter table users drop notes", "insert into users (id) values (2)", "insert into users (id) values (3)"},
	"two":             {"", "alter table users drop column notes, drop column name", "insert into users values (2, 'b', 'c')", "insert into users (id) values (3)"},
	"among":           {"", "alter table users add rank int default 1, drop column notes, alter name set default 'n'", "insert into users values (2, 'b', 'c')", "insert into users (id, rank) values (3, 4)"},
	"unique":          {"alter table users add unique (notes);", "alter table users drop column notes", "insert into users values (2, 'b', 'c') on conflict (notes) do nothing", "insert into users (id) values (3), (4)"},
	"check":           {"alter table users add check (char_length(notes) < 9);", "alter table users drop column notes", "insert into users values (2, 'b', 'c')", "insert into users (id) values (3)"},
	"check, fills":    {"alter table users alter notes set default 'n', add check (notes in ('b', 'n')), alter notes set not null;", "alter table users drop column notes", "insert into users values (2, 'b', 'b')", "insert into users (id) values (3)"},
	"generated":       {"alter table users drop notes, add notes text generated always as (name || id) stored;", "alter table users drop column notes", "select notes from users", "insert into users (id) values (3)"},
	"identity":        {"alter table users add n int generated always as identity unique;", "alter table users drop column n", "select n from users", "insert into users (id) values (3)"},
	"foreign key":     {"create table pets (id int primary key); insert into pets values (1), (2); alter table users add pet int not null references pets default 1; alter table users alter pet drop default;", "alter table users drop column pet", "insert into users values (2, 'b', 'c', 2)", "insert into users (id) values (3); delete from pets"},
	"cascading key":   {"create table pets (id int primary key); insert into pets values (1), (2); alter table users add pet int references pets on delete cascade default 1;", "alter table users drop column pet", "insert into users values (2, 'b', 'c', 2)", "delete from pets where id = 2"},
	"deleting key":    {"create table pets (id int primary key); insert into pets values (1); alter table users add pet int references pets on delete cascade default 1;", "alter table users drop column pet", "insert into users values (2, 'b', 'c', 1)", "delete from pets; insert into users (id) values (3)"},
	"key to a table":  {"create table pets (id int primary key); alter table users add pet int references pets on delete set null;", "alter table users drop column pet; drop table pets", "insert into pets values (1); insert into users values (2, 'b', 'c', 1)", "insert into users (id) values (3)"},
	"tables of keys":  {"create table pets (id int primary key); create table toys (pet int references pets on delete cascade);", "drop table pets, toys", "insert into pets values (1); insert into toys values (1); delete from pets; select 1 / (not exists (table toys))::int", "select 1"},
	"one by one":      {"create table pets (id int primary key); create table toys (pet int references pets on delete cascade);", "drop table toys; drop table pets", "insert into pets values (1); insert into toys values (1); delete from pets; select 1 / (not exists (table toys))::int", "select 1"},
	"key to itself":   {"alter table users add boss int references users;", "alter table users drop column boss", "insert into users values (2, 'b', 'c', 1)", "delete from users where id = 1"},
	"cascade":         {"", "alter table users drop column notes cascade", "update users set notes = 'd'", "insert into users (id) values (3)"},
	"odd name":        {`alter table users rename notes to "a ""b"" '$1";`, `alter table users drop column "a ""b"" '$1"`, `update users set "a ""b"" '$1" = 'd'`, "insert into users (id) values (3)"},
	"partitioned":     {"create table parts (id int, notes text not null) partition by list (id); create table parts_1 partition of parts for values in (1);", "alter table parts drop column notes", "insert into parts values (1, 'x'); select notes from parts_1", "insert into parts (id) values (1); insert into parts_1 (id) values (1)"},
	"table":           {"create table pets (id int primary key, owner int references users);", "drop table pets", "insert into pets values (1, 1); select * from pets", "delete from users where id = 1"},
	"tables":          {"create table pets (id int); create table toys (id int);", "drop table if exists pets, toys, absent cascade", "insert into pets values (1); insert into toys values (1)", "select 1"},
}

const keepUsers = "create table users (id int primary key, name text, notes text); insert into users values (1, 'a', 'b');"

// What running code needs goes on working, and so does what does not know it. It
// is dropped when no code needs it, and what is left is what the statement alone
// would have left.
func TestDeferredDrops(t *testing.T) {
	t.Parallel()
	for name, c := range deferred {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				bare := db.Server.NewDB(t)
				bare.Exec(t, keepUsers, c.given, c.sql)
				b := setup(t, db, options{}, keepUsers, c.given)
				b.olds(t, "begin; "+c.old+"; rollback")
				b.run(t, "begin", c.sql, "commit")
				if name != "among" { // a run that did not hear of the commit
					b.run(t, c.sql)
				}
				if verdicts, refused := b.Recorded(); refused > 0 || verdicts[0] != "shim" || verdicts[len(verdicts)-1] != "shim" {
					t.Fatalf("%v", verdicts)
				}
				b.olds(t, c.old, c.new)
				b.end(t, ledger.Succeeded)
				for _, build := range []string{"three", "four"} { // the last two may run
					ended, out := doWith(t, db, forgetful(), build, &judge.Policy{}, "select 1")
					if ended.Exit != 0 || len(ended.Report.Shims) == 0 || ended.Report.Shims[0].Waits == "" {
						t.Fatalf("%s: %+v\n%s", build, ended.Report.Shims, out)
					}
				}
				ended, out := doWith(t, db, forgetful(), "five", &judge.Policy{}, "select 1")
				if ended.Exit != 0 || len(ended.Report.Dropped) == 0 || len(ended.Report.Shims) != 0 || !strings.Contains(out, "migguard: dropped ") {
					t.Fatalf("%+v\n%s", ended.Report, out)
				}
				if got, want := db.Value(t, shape), bare.Value(t, shape); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		})
	}
}

// forgetful is the contract of code that knows only the id of users.
func forgetful() *contract.Contract {
	users := contract.Every("name", "notes", "n", "pet", "boss", `a "b" '$1`)
	return contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1}, []contract.Relation{{
		Name: contract.Name{Name: "users"},
		Uses: []contract.Use{{Origin: contract.Model, By: "User", At: contract.Evidence{File: "app/models/user.rb", Line: 2},
			Reads: users, Updates: users, Adds: true, Inserts: users}},
	}}, nil)
}

func allowing(t *testing.T, exceptions ...string) *judge.Policy {
	t.Helper()
	policy, err := judge.ParsePolicy(exceptions)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// shape is the query for the columns of all tables of schema public, and their
// constraints.
const shape = `select string_agg(x, '; ' order by x) from (
	select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end as x
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
	union all
	select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace) y`

// What cannot stay without harm to code that does not know it is refused with the
// reason, and so is what would need its name.
func TestNotDeferred(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, sql, code, why string }{
		"primary key":         {"", "alter table users drop column id", "MG004", "part of the primary key"},
		"unique, filled":      {"alter table users add unique (notes), alter notes set default 'n';", "alter table users drop column notes", "MG004", "the same value"},
		"unique with another": {"alter table users add unique (notes, name); insert into users values (2, 'b', 'b');", "alter table users drop column notes", "MG004", "could not change what else"},
		"excluded with one":   {"alter table users add exclude using btree (notes with =, name with =);", "alter table users drop column notes", "MG004", "could not change what else"},
		"check":               {"update users set notes = 'x'; alter table users add check (notes is not null);", "alter table users drop column notes", "MG004", "may not take rows"},
		"check of two":        {"alter table users add check (notes <> name);", "alter table users drop column notes", "MG004", "may not take rows"},
		"check, filled":       {"alter table users alter notes set default 'n'; update users set notes = 'm'; alter table users add check (notes = 'm');", "alter table users drop column notes", "MG004", "may not take rows"},
		"check that fails":    {"create function f(text) returns bool language plpgsql as $$ begin return 1 / 0 = $1::int; end $$; update users set notes = null; alter table users add constraint odd check (f(notes)) not valid;", "alter table users drop column notes", "MG004", "may not take rows"},
		"domain":              {"create domain d as text not null default 'x'; alter table users add d d; alter domain d drop default;", "alter table users drop column d", "MG004", "takes no NULL"},
		"full match":          {"create table pets (a int, b int, primary key (a, b)); alter table users add a int, add b int, add foreign key (a, b) references pets match full;", "alter table users drop column a", "MG004", "MATCH FULL"},
		"partition":           {"create table parts (id int) partition by list (id); create table parts_1 partition of parts for values in (1);", "drop table parts_1", "MG003", "is part of another table"},
		"view":                {"create view v as select notes from users;", "alter table users drop column notes", "2BP01", ""},
		"view, cascade":       {"create view v as select notes from users;", "alter table users drop column notes cascade", "MG004", "CASCADE"},
		"referenced":          {"create table pets (owner int references users);", "drop table users", "2BP01", ""},
		"referenced, all":     {"create table pets (owner int references users);", "drop table users cascade", "MG003", "CASCADE"},
		"hidden":              {"", "do $$ begin alter table users drop column notes; end $$", "MG004", "hides what it drops"},
		"key of a partition":  {"create table parts (id int, n int, unique (id, n)) partition by list (id); alter table parts alter n set default 1;", "alter table parts drop column n", "MG004", "the same value"},
		"key of some":         {"create unique index on users (name) where notes is null;", "alter table users drop column notes", "MG004", "would still have to be unique (users_name_idx)"},
		"key of what it is":   {"create unique index on users (coalesce(notes, ''));", "alter table users drop column notes", "MG004", "would still have to be unique (users_coalesce_idx)"},
		"key that has it":     {"create unique index on users (name) include (notes);", "alter table users drop column notes", "MG004", "would still have to be unique (users_name_notes_idx)"},
		"generated key":       {"alter table users drop notes, add notes text generated always as (lower(name)) stored unique;", "alter table users drop column notes", "MG004", "would still have to be unique"},
		"generated, checked":  {"alter table users drop notes, add notes text generated always as (lower(name)) stored check (notes = 'a');", "alter table users drop column notes", "MG004", "may not take rows"},
		"excluded":            {"alter table users add exclude using btree (lower(name) with =) where (notes is null);", "alter table users drop column notes", "MG004", "would still have to be unique"},
		"parent's only":       {"create table more () inherits (users);", "alter table only users drop column notes", "MG004", "ONLY"},
		"anew":                {"", "alter table users drop column notes, add notes int", "MG004", "gives its name to another"},
		"missing":             {"", "alter table users drop column absent", "42703", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, keepUsers, c.given)
				e := b.fails(t, c.code, c.sql)
				if !strings.Contains(e.Detail, c.why) || c.why != "" && c.why != "hides what it drops" && !strings.Contains(e.Detail, "No shim: ") {
					t.Errorf("detail %q", e.Detail)
				}
				b.run(t, "begin")
				b.fails(t, c.code, c.sql)
				b.run(t, "rollback")
				if n := db.Value(t, "select count(*) from migguard.deferred"); n != "0" {
					t.Errorf("%s deferred", n)
				}
			})
		})
	}
}

// A name that is still taken is not given again, and not said to be given.
func TestNameOfDeferred(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, keepUsers, "create table pets (id int); create table toys (id int)")
		b.run(t, "alter table users drop column notes", "drop table pets", "alter table users add memo text")
		for _, sql := range []string{
			"alter table users add notes int", "alter table users add column if not exists notes int", "alter table users rename memo to notes",
			"create table pets (id int)", "create table if not exists pets (id int)", "create view pets as select 1", "create table pets as select 1",
			"alter table toys rename to pets", "create materialized view if not exists pets as select 1",
		} {
			if e := b.fails(t, "MG057", sql); !strings.Contains(e.Message, "is there still") {
				t.Errorf("%s: %s", sql, e.Message)
			}
		}
		b.run(t, "create table new_pets (id int)", "alter table users add remarks text")
		b.end(t, ledger.Failed)
		b.start(t, options{}) // another run knows it, too
		if e := b.fails(t, "MG057", "create table if not exists pets (id int)"); !strings.HasSuffix(e.Hint, "by: migguard shims keep pets") {
			t.Errorf("hint: %s", e.Hint)
		}
		b.run(t, "create schema s; create table s.pets (id int)", "alter table toys rename to old_toys", "alter table users rename to people")
		if e := b.fails(t, "MG057", "alter table people add notes int"); !strings.HasSuffix(e.Hint, "by: migguard shims keep people.notes") {
			t.Errorf("hint: %s", e.Hint)
		}
	})
}

// An index, or a sequence, that goes with what is deferred is not said to be there.
func TestNameThatGoesWithDeferred(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, keepUsers, `create table pets (id serial primary key, n int); create index pets_n on pets (n); alter table users add rank serial;
			create index users_notes on users (notes); create index users_lower on users (lower(notes)); create index users_some on users (name) where notes <> ''; alter table users add unique (notes)`)
		b.run(t, "drop index users_some", "alter table users drop column notes, drop column rank", "drop table pets", "create table toys (n int)")
		for _, on := range []string{"users (name)", "toys (n)"} {
			for _, name := range []string{"users_notes", "users_lower", "users_notes_key", "pets_n", "pets_pkey"} {
				for _, form := range []string{"index ", "index if not exists ", "index concurrently if not exists ", "unique index concurrently if not exists "} {
					if e := b.fails(t, "MG057", "create "+form+name+" on "+on); !strings.Contains(e.Message, "is there still") {
						t.Error(e.Message)
					}
				}
			}
		}
		for _, name := range []string{"pets_id_seq", "users_rank_seq"} {
			b.fails(t, "MG057", "create sequence if not exists "+name)
		}
		b.run(t, "create index if not exists users_pkey on users (name)", "create index users_some on users (name)", "create schema s; create table s.t (n int); create index users_notes on s.t (n)")
	})
}

// A view gets no column, by *, that is only there until no code needs it: the view alone
// would not have it, and would keep it there for good.
func TestViewOfDeferred(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, keepUsers, "create table pets (id int); create table things (id int primary key, name text); create view had as select name from users")
		b.run(t, "alter table users drop column notes", "drop table pets", "alter table things rename name to label")
		for sql, what := range map[string]string{
			"create view v as select * from users":                                      "column notes of users",
			"create or replace view had as select name, notes from users":               "column notes of users",
			"create materialized view v as select users.* from users, things":           "column notes of users",
			"create view v as select * from things":                                     "column name of things",
			"create view v as select count(*) from pets":                                "table pets",
			"create materialized view v as select 1 from users where notes is not null": "column notes of users",
		} {
			if e := b.fails(t, "MG057", sql); !strings.Contains(e.Message, what) {
				t.Error(e.Message)
			}
			b.run(t, "begin")
			b.fails(t, "MG057", sql)
			b.run(t, "rollback")
		}
		if got := db.Value(t, "select to_regclass('v') is null and pg_get_viewdef('had'::regclass) !~ 'notes'"); got != "t" {
			t.Error("a view was made")
		}
		b.run(t, "create view v as select id, name from users", "create materialized view w as select id, label from things", "create temp view x as select * from users", "begin; create view y as select label from things; commit")
		extended(t, b, "create view z as select label from things")
	})
}
