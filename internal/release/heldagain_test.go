package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A key that may reject what an equal one lets pass, or NULL in a new column, waits.
func TestStricterKeyWaits(t *testing.T) {
	t.Parallel()
	for sql, c := range map[string]struct {
		verdict string
		since   int
	}{
		"create unique index u on users (notes)":                                                     {"allow", 0},
		"create unique index u on users (id) nulls not distinct":                                     {"allow", 15},
		"create unique index u on users (notes) nulls not distinct":                                  {"shim", 15},
		"alter table users add constraint u unique nulls not distinct (notes)":                       {"shim", 15},
		`create unique index u on users (notes collate "C")`:                                         {"shim", 0},
		"alter table users add more text, add foreign key (notes, more) references pairs":            {"allow", 0},
		"alter table users add more text, add foreign key (notes, more) references pairs match full": {"shim", 0},
		"create unique index u on users (notes text_pattern_ops)":                                    {"shim", 0},
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				if db.Major < c.since {
					return // the server does not know it
				}
				b := setup(t, db, options{waits: true}, keepUsers, "alter table users add unique (notes); update users set notes = null; create table pairs (a text, b text, primary key (a, b))")
				b.run(t, sql)
				if verdicts, _ := b.Recorded(); len(verdicts) != 1 || verdicts[0] != c.verdict {
					t.Errorf("%v, want %s", verdicts, c.verdict)
				}
			})
		})
	}
}

// A statement that drops what waits and adds it again, as one that may be run twice
// does, leaves it waiting.
func TestWithheldAnew(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers)
		for _, most := range []string{"4", "4", "5"} {
			b.run(t, "alter table users drop constraint if exists short, add constraint short check (length(notes) < "+most+")")
			want := "ALTER TABLE public.users ADD CONSTRAINT short CHECK (length(notes) < " + most + ")"
			if got := db.Value(t, "select string_agg(statement, '; ') from migguard.withheld where closed_at is null"); got != want {
				t.Errorf("%s waits, want %s", got, want)
			}
		}
	})
}

// An index of the same name in another schema is another one.
func TestWithheldElsewhere(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers, "create schema s; create table s.users (id int)")
		b.run(t, "create unique index once on users (notes)", "create unique index once on s.users (id)")
		for _, c := range []struct{ sql, waits string }{
			{"drop index if exists s.twice", "2"},
			{"set search_path = s; drop index once; set search_path = public", "1"},
			{"drop index if exists s.once", "1"},
			{"drop index if exists public.once", "0"},
		} {
			b.run(t, c.sql)
			if n := db.Value(t, waiting); n != c.waits {
				t.Errorf("%s: %s wait, want %s", c.sql, n, c.waits)
			}
		}
	})
}

// Where ONLY says that those that inherit keep what they have, nothing waits: it would
// be made for them, too.
func TestOnlyCannotWait(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers, "alter table users alter name set default 'x', alter name set not null; create table kids () inherits (users); create table pets (n int)")
		b.fails(t, "MG033", "alter table only users alter notes set not null")
		b.fails(t, "MG010", "alter table only users alter name drop default")
		b.run(t, "alter table only pets alter n set not null")
		if n := db.Value(t, waiting); n != "1" {
			t.Errorf("%s wait", n)
		}
	})
}

// What goes with a column does not answer for what is asked of another one of its name.
func TestWithheldOfAnotherColumn(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers)
		for range 2 {
			b.run(t, "alter table users add rank int", "create unique index once on users (coalesce(rank, 0), name)", "alter table users add constraint few check (coalesce(rank, 1) > 0 and id > 0)")
			if n := db.Value(t, "select count(*) from migguard.withheld w where closed_at is null and not exists (select from unnest(attnums) n join pg_attribute a on attrelid = relation and attnum = n where attisdropped)"); n != "2" {
				t.Errorf("%s wait", n)
			}
			b.run(t, "alter table users drop column rank")
		}
	})
}

// A key of which a part is NULL is looked for as well, before what it would violate is
// validated: else that would fail, and each release after it.
func TestFullKeyWaits(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true, large: true}, keepUsers, "create table pets (a int, b int, primary key (a, b)); alter table users add x int, add y int")
		b.run(t, "alter table users add constraint pet foreign key (x, y) references pets match full")
		b.olds(t, "update users set x = 1")
		b.end(t, ledger.Succeeded)
		for _, build := range []string{"three", "four"} {
			ended, out := doWith(t, db, nil, build, &judge.Policy{Small: &catalog.Size{}}, "select 1")
			if waits := build == "three"; ended.Exit != 0 || strings.Contains(out, "1 rows violate it, by id: (1)") != waits || (len(ended.Report.Shims) == 1) != waits {
				t.Errorf("%s: exit %d, %+v\n%s", build, ended.Exit, ended.Report.Shims, out)
			}
			b.olds(t, "update users set x = null")
		}
	})
}

// A CHECK that is not enforced keeps no NULL away.
func TestNotEnforced(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		if db.Major < 18 {
			return // the server does not know NOT ENFORCED
		}
		b := setup(t, db, options{waits: true}, keepUsers, "alter table users add check (notes is not null) not enforced, add check (name is not null)")
		b.run(t, "alter table users alter notes set not null", "alter table users alter name set not null")
		if verdicts, _ := b.Recorded(); strings.Join(verdicts, " ") != "shim allow" {
			t.Errorf("%v", verdicts)
		}
	})
}
