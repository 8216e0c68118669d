package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What a DO block or a function asks of the rows that running code writes is judged by
// what it has done.
func TestHiddenConstraints(t *testing.T) {
	t.Parallel()
	const once = `do $$ begin if not exists (select from pg_constraint where conname = 'once') then
		alter table users add constraint once unique (notes); end if; end $$`
	for name, tt := range map[string]struct {
		given, sql string
		code       []judge.Code
		refused    bool
		old        string
	}{
		"not null":         {"", "do $$ begin alter table users alter notes set not null; end $$", nil, true, "insert into users values (2, 'b', null)"},
		"check":            {"", "do $$ begin alter table users add check (length(notes) < 2) not valid; end $$", nil, true, "insert into users values (2, 'b', 'long')"},
		"unique, if not":   {"", once, nil, true, "insert into users values (2, 'b', 'b')"},
		"unique index":     {"", "do $$ begin create unique index on users (lower(notes)); end $$", nil, true, "insert into users values (2, 'b', 'B')"},
		"foreign key":      {"create table pets (id text primary key); insert into pets values ('b')", "do $$ begin alter table users add foreign key (notes) references pets; end $$", nil, true, "insert into users values (2, 'b', 'x')"},
		"by a function":    {"create function f() returns void language sql as 'alter table users alter notes set not null'", "select f()", nil, true, "insert into users values (2, 'b', null)"},
		"there already":    {"alter table users add constraint once unique (notes)", once, nil, false, ""},
		"as there is":      {"", "do $$ begin alter table users add unique (id); alter table users alter id set not null; end $$", nil, false, ""},
		"of a new column":  {"", "do $$ begin alter table users add x int unique, add y int not null default 1, add check (x is null or x > 1); end $$", nil, false, "insert into users values (2, 'b', 'c')"},
		"of a new table":   {"", "do $$ begin create table pets (id int primary key, owner int not null references users, check (id > 0)); create unique index on pets (owner); end $$", nil, false, "delete from users"},
		"not written":      {"", "do $$ begin alter table users add check (length(notes) < 2); end $$", changingNames(), false, "select * from users"},
		"an index":         {"", "do $$ begin create index on users (notes); end $$", nil, false, "insert into users values (2, 'b', 'b')"},
		"of a partition":   {"create table parts (id int, n int) partition by list (id); create table parts_1 partition of parts for values in (1)", "do $$ begin alter table parts add check (n > 0); end $$", nil, true, "insert into parts values (1, 0)"},
		"dropped and made": {"alter table users add constraint short check (length(notes) < 9)", "do $$ begin alter table users drop constraint short; end $$", nil, false, "insert into users values (2, 'b', 'long, and longer')"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true, code: tt.code}, keepUsers, tt.given)
				if !tt.refused {
					b.run(t, tt.sql)
				} else if e := b.fails(t, "MG033", tt.sql); !strings.Contains(e.Detail, "the statement hides what it does") || !strings.Contains(e.Hint, "as a statement of the migration's own") {
					t.Error(explain(e))
				}
				b.olds(t, tt.old)
			})
		})
	}
}

// What a DO block or a function takes away of what fills a column, whatever it is called then, is
// judged, too.
func TestHiddenUnfilled(t *testing.T) {
	t.Parallel()
	const old = "insert into t (n) values ('x')"
	for name, tt := range map[string]struct{ given, sql, code, old string }{
		"default":           {"", "do $$ begin alter table t alter r drop default; end $$", "MG010", old},
		"default NULL":      {"", "do $$ begin execute 'alter table t alter r set default null'; end $$", "MG010", old},
		"by a function":     {"create function f() returns void language sql as 'alter table t alter r drop default'", "select f()", "MG010", old},
		"checked":           {"", "do $$ begin alter table t alter q drop default; end $$", "MG010", old},
		"identity":          {"", "do $$ begin alter table t alter id drop identity; end $$", "MG010", old},
		"expression":        {"", "do $$ begin alter table t alter g drop expression; end $$", "MG010", old},
		"under a new name":  {"create view v as select n from t", "do $$ begin alter table t alter r drop default; alter table t rename r to rank; end $$", "MG", old},
		"new column":        {"alter table t add x int not null default 1", "do $$ begin alter table t alter x drop default; end $$", "MG010", old},
		"nullable":          {"", "do $$ begin alter table t alter p drop default; end $$", "", old},
		"another default":   {"", "do $$ begin alter table t alter r set default 2; alter table t alter r drop default; alter table t alter r set default 3; end $$", "", old},
		"with its column":   {"", "do $$ begin alter table t add x int default 1; alter table t drop column x; end $$", "", old},
		"a new table's":     {"", "do $$ begin create table z (id int not null default 1); alter table z alter id drop default; end $$", "", old},
		"a default that is": {"", "do $$ begin alter table t add x int not null default 1; end $$", "", old},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true}, filled, tt.given)
				if tt.code == "" {
					b.run(t, tt.sql)
				} else if _, err := b.client.PgConn().Exec(t.Context(), tt.sql).ReadAll(); !strings.HasPrefix(pg.SQLState(err), tt.code) {
					t.Errorf("%s: %v", tt.sql, err)
				}
				b.olds(t, tt.old)
			})
		})
	}
}

// So is another type that it gives to a column.
func TestHiddenRetype(t *testing.T) {
	t.Parallel()
	const old = "insert into users values (2, 'b', 'a long note')"
	for name, tt := range map[string]struct{ sql, code, old string }{
		"narrower":       {"do $$ begin alter table users alter notes type varchar(3); end $$", "MG012", old},
		"another":        {"do $$ begin execute 'alter table users alter id type text'; end $$", "MG012", old},
		"renamed":        {"do $$ begin alter table users rename notes to n; alter table users alter n type varchar(3); end $$", "MG", old},
		"wider":          {"do $$ begin alter table users alter id type bigint; end $$", "MG012", old},
		"a longer one":   {"do $$ begin alter table users alter notes type varchar; end $$", "", old},
		"the same":       {"do $$ begin alter table users alter notes type text; set search_path = pg_catalog, public; end $$", "", old},
		"a new column's": {"do $$ begin alter table users add x int; alter table users alter x type text; end $$", "", old},
		"a new table's":  {"do $$ begin create table pets (id int); alter table pets alter id type text; end $$", "", old},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true}, keepUsers)
				if tt.code == "" {
					b.run(t, tt.sql)
				} else if _, err := b.client.PgConn().Exec(t.Context(), tt.sql).ReadAll(); !strings.HasPrefix(pg.SQLState(err), tt.code) {
					t.Errorf("%s: %v", tt.sql, err)
				}
				b.olds(t, tt.old)
			})
		})
	}
}

// changingNames is code that reads the table users, and changes names.
func changingNames() []judge.Code {
	return []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true},
		[]contract.Relation{{Name: contract.Name{Name: "users"}, Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "u.go", Line: 7},
			Reads: contract.Every(), Updates: contract.Named("name")}}}}, nil)}}
}
