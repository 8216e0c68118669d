package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// withheld are constraints that can wait: what there is, the migration, what code does
// that knows nothing of it, and SQL that mends what it has left.
var withheld = map[string]struct{ given, sql, old, mend string }{
	"not null":            {"", "alter table users alter notes set not null", "insert into users values (2, 'b', null); update users set notes = null", "update users set notes = 'x' where notes is null"},
	"not null, left out":  {"", "alter table users alter notes set not null", "insert into users (id) values (2)", "update users set notes = 'x' where notes is null"},
	"check":               {"", "alter table users add constraint short check (length(notes) < 4)", "insert into users values (2, 'b', 'longer')", "delete from users where id = 2"},
	"check without name":  {"", "alter table users add check (length(notes) < 4)", "insert into users values (2, 'b', 'longer')", "delete from users where id = 2"},
	"checks of one name":  {"", "alter table users add check (length(notes) < 4); alter table users add check (notes <> 'y')", "insert into users values (2, 'b', 'longer'), (3, 'b', 'y')", "delete from users where id in (2, 3)"},
	"keys of one name":    {"", "alter table users add unique (notes); create unique index on users (notes); create unique index on users (notes) where id > 0", "insert into users values (2, 'b', 'b')", "delete from users where id = 2"},
	"check, not valid":    {"", "alter table users add constraint short check (length(notes) < 4) not valid; alter table users validate constraint short", "insert into users values (2, 'b', 'longer')", "delete from users where id = 2"},
	"check of two":        {"", "alter table users add check (name <> notes), add check (id > 0)", "insert into users values (2, 'b', 'b'), (-2, 'a', 'b')", "delete from users where id in (2, -2)"},
	"check by a function": {"create schema s; create function s.f(text) returns bool language sql as 'select $1 <> ''x''';", "set search_path = s, public; alter table public.users add check (f(notes)); reset search_path", "insert into users values (2, 'b', 'x')", "delete from users where id = 2"},
	"unique":              {"", "alter table users add constraint once unique (notes)", "insert into users values (2, 'b', 'b')", "delete from users where id = 2"},
	"unique without name": {"", "alter table users add unique (notes, name)", "insert into users values (2, 'a', 'b')", "delete from users where id = 2"},
	"unique index":        {"", "create unique index on users (notes)", "insert into users values (2, 'b', 'b')", "delete from users where id = 2"},
	"of an expression":    {"", "create unique index lower_notes on users (lower(notes)) where id > 0", "insert into users values (2, 'b', 'B')", "delete from users where id = 2"},
	"foreign key":         {"create table pets (id int primary key); insert into pets values (1); update users set notes = '1'; alter table users alter notes type int using 1;", "alter table users add constraint pet foreign key (notes) references pets", "insert into users values (2, 'b', 7); delete from pets", "delete from users where id = 2; insert into pets values (1) on conflict do nothing"},
	"default":             {"alter table users alter notes set default 'n', alter notes set not null;", "alter table users alter notes drop default", "insert into users (id) values (2)", ""},
	"default of a new":    {"", "alter table users add rank int default 1 not null; alter table users alter rank drop default", "insert into users values (2, 'b', 'c')", ""},
	"new column":          {"delete from users;", "alter table users add rank int not null, add more int", "insert into users values (2, 'b', 'c')", "update users set rank = 1"},
	"new, not null":       {"", "alter table users add rank int; update users set rank = 1; alter table users alter rank set not null", "insert into users values (2, 'b', 'c')", "update users set rank = 1"},
	"new, checked":        {"delete from users;", "alter table users add rank int; alter table users add check (rank is not null)", "insert into users values (2, 'b', 'c')", "update users set rank = 1"},
	"among":               {"", "alter table users add rank int, alter notes set not null, add constraint once unique (name), alter name set default 'n'", "insert into users values (2, 'a', null)", "delete from users where id = 2"},
	"primary key":         {"create table pets (id int not null, n int); insert into pets values (1);", "alter table pets add primary key (id)", "insert into pets values (1)", "delete from pets"},
	"exclude":             {"", "alter table users add constraint alike exclude using btree (notes with =)", "insert into users values (2, 'b', 'b')", "delete from users where id = 2"},
	"partitioned":         {"create table parts (id int, notes text) partition by list (id); create table parts_1 partition of parts for values in (1);", "alter table parts add check (notes <> ''); alter table parts alter notes set not null; create unique index on parts (id, notes)", "insert into parts values (1, ''), (1, '')", "delete from parts"},
	"odd name":            {`alter table users rename notes to "a ""b"" '$1";`, `alter table users alter "a ""b"" '$1" set not null, add constraint "c ""d"" '$1" check ("a ""b"" '$1" <> '')`, `update users set "a ""b"" '$1" = ''`, `update users set "a ""b"" '$1" = 'x'`},
}

// withheldNotNulls are NOT NULLs with a name of their own, which PostgreSQL has since 18.
var withheldNotNulls = map[string]struct{ given, sql, old, mend string }{
	"not null, called":      {"", "alter table users add constraint \"N n\" not null notes", "insert into users values (2, 'b', null)", "update users set notes = 'x' where notes is null"},
	"not null, not called":  {"", "alter table users add not null notes", "insert into users values (2, 'b', null)", "update users set notes = 'x' where notes is null"},
	"not null, not valid":   {"", "alter table users add constraint nn not null notes not valid", "insert into users values (2, 'b', null)", "update users set notes = 'x' where notes is null"},
	"not null, valid later": {"", "alter table users add constraint nn not null notes not valid; alter table users validate constraint nn; alter table users rename constraint nn to mm", "insert into users values (2, 'b', null)", "update users set notes = 'x' where notes is null"},
	"new, not null, called": {"delete from users;", "alter table users add rank int constraint nn not null", "insert into users values (2, 'b', 'c')", "update users set rank = 1"},
}

// enforcedShape is the query for columns, constraints and indexes of schema public.
const enforcedShape = `select string_agg(x, '; ' order by x) from (
	select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') as x
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
	where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
	union all
	select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated from pg_constraint where connamespace = 'public'::regnamespace
	union all
	select pg_get_indexdef(indexrelid) || indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'public'::regnamespace) y`

// What old code writes goes on being written, and when it is gone, and what is in the
// way is mended, all is as the statement alone would have left it.
func TestWithheldConstraints(t *testing.T) {
	t.Parallel()
	eachWithheld(t, withheld, func(*pgtest.DB) bool { return true })
}

func TestWithheldNotNulls(t *testing.T) {
	t.Parallel()
	eachWithheld(t, withheldNotNulls, func(db *pgtest.DB) bool { return db.Major >= 18 })
}

func eachWithheld(t *testing.T, cases map[string]struct{ given, sql, old, mend string }, known func(*pgtest.DB) bool) {
	for name, c := range cases {
		for _, large := range []bool{false, true} {
			if large && (name == "exclude" || name == "partitioned" || name == "check by a function") {
				continue // which are refused
			}
			t.Run(name+map[bool]string{true: ", large"}[large], func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					if !known(db) {
						b := setup(t, db, options{large: large, waits: true}, keepUsers, c.given)
						if sql, _, _ := strings.Cut(c.sql, ";"); !strings.Contains(sql, " rank ") {
							b.fails(t, "42601", sql) // syntax_error
						}
						return
					}
					bare := db.Server.NewDB(t)
					bare.Exec(t, keepUsers, c.given, c.sql)
					b := setup(t, db, options{large: large, waits: true}, keepUsers, c.given)
					b.olds(t, "begin; "+c.old+"; rollback")
					b.run(t, "begin", c.sql, "commit")
					if name != "default of a new" && !strings.Contains(name, "new") && name != "among" && !strings.Contains(c.sql, "rename") {
						b.run(t, c.sql) // a run that did not hear of the commit
					}
					if verdicts, refused := b.Recorded(); refused > 0 || strings.Count(strings.Join(verdicts, " "), "shim") == 0 {
						t.Fatalf("%v", verdicts)
					}
					b.olds(t, c.old)
					b.end(t, ledger.Succeeded)
					policy := sized(large)
					if c.mend != "" {
						ended, out := doWith(t, db, nil, "three", policy, "select 1")
						if ended.Exit != 0 || len(ended.Report.Shims) == 0 || !strings.Contains(out, " waits: ") {
							t.Fatalf("%+v\n%s", ended.Report.Shims, out)
						}
						b.olds(t, c.mend)
						bare.Exec(t, c.mend)
					}
					ended, out := doWith(t, db, nil, "four", policy, "select 1")
					if ended.Exit != 0 || len(ended.Report.Dropped) == 0 || len(ended.Report.Shims) != 0 || !strings.Contains(out, "migguard: made ") {
						t.Fatalf("%+v\n%s", ended.Report, out)
					}
					if got, want := db.Value(t, enforcedShape), bare.Value(t, enforcedShape); got != want {
						t.Errorf("%s, want %s", got, want)
					}
				})
			})
		}
	}
}
