package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const waiting = "select count(*) from migguard.withheld where closed_at is null"

// What a down migration takes away, and what is dropped with its column or table, does
// not come later.
func TestWithheldTakenBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ up, down string }{
		"constraint":          {"alter table users add constraint short check (length(notes) < 4)", "alter table users drop constraint short"},
		"constraint, maybe":   {"alter table users add constraint short check (length(notes) < 4)", "alter table users drop constraint if exists short"},
		"among":               {"alter table users add constraint short check (length(notes) < 4)", "alter table users drop constraint short, add if not exists more int"},
		"unique, large":       {"alter table users add constraint once unique (notes)", "alter table users drop constraint once"},
		"index":               {"create unique index once on users (notes)", "drop index once"},
		"index, concurrently": {"create unique index concurrently once on users (notes)", "drop index concurrently if exists once"},
		"not null":            {"alter table users alter notes set not null", "alter table users alter notes drop not null"},
		"default":             {"alter table users alter rank drop default", "alter table users alter rank set default 7"},
		"rolled back":         {"begin; alter table users add constraint short check (length(notes) < 4); rollback", "select 1"},
		"savepoint":           {"begin; savepoint s; alter table users alter notes set not null; rollback to s; commit", "select 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true, large: name == "unique, large"}, keepUsers, "alter table users add rank int not null default 3")
				before := db.Value(t, enforcedShape)
				for range 2 {
					b.run(t, c.up, c.down)
					if n := db.Value(t, waiting); n != "0" {
						t.Fatalf("%s wait", n)
					}
				}
				if !strings.Contains(name, "rolled") && name != "savepoint" {
					if n := db.Value(t, "select count(*) from migguard.withheld where not done and note = 'taken back'"); n != "2" {
						t.Errorf("%s taken back", n)
					}
				}
				if got := db.Value(t, enforcedShape); name == "constraint" && got != before {
					t.Errorf("%s, want %s", got, before)
				}
			})
		})
	}
}

// The gate of a later run knows of it, too. With its column or table it goes.
func TestWithheldGone(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers, "create table pets (id int); create table toys (id int, n int)")
		b.run(t, "alter table users add check (name <> notes)", "create unique index on pets (id)", "alter table toys alter n set not null", "create unique index toy on toys (n)")
		b.end(t, ledger.Failed)
		b.start(t, options{waits: true})
		if e := b.fails(t, "MG057", "alter table users alter constraint users_check deferrable"); !strings.Contains(e.Hint, "rejected-write") {
			t.Error(explain(e))
		}
		b.run(t, "drop index toy")
		b.end(t, ledger.Succeeded)
		db.Exec(t, "alter table users drop column notes; drop table pets; alter table toys rename n to m; alter table toys rename to games; update games set m = 1")
		ended, out := doWith(t, db, nil, "three", nil, "select 1")
		if ended.Exit != 0 || len(ended.Report.Dropped) != 1 || len(ended.Report.Shims) != 0 {
			t.Fatalf("%+v\n%s", ended.Report, out)
		}
		if got := db.Value(t, "select attnotnull from pg_attribute where attrelid = 'games'::regclass and attname = 'm'"); got != "t" {
			t.Errorf("not null: %s", got)
		}
	})
}

// What needs it before it is there is refused, or says why.
func TestWithheldInTheWay(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, keepUsers, "create table pets (owner text)")
		b.run(t, "alter table users add constraint once unique (notes)", "create unique index names on users (name)")
		for sql, code := range map[string]string{
			"alter table users alter constraint once deferrable":                                "MG057",
			"alter table users add constraint once check (id > 0)":                              "MG057",
			"create index names on users (id)":                                                  "MG057",
			"alter table users add constraint key unique using index names":                     "MG057",
			"alter table pets add constraint owns foreign key (owner) references users (notes)": "42830",
		} {
			if e := b.fails(t, code, sql); !strings.Contains(e.Hint, "release after that") {
				t.Errorf("%s: %s", sql, explain(e))
			}
		}
		b.run(t, "create unique index if not exists names on users (name)", "create unique index names on users (name)", "alter table users add constraint once unique (notes)")
		b.fails(t, "42704", "alter table users validate constraint once")
		if n := db.Value(t, waiting); n != "2" {
			t.Errorf("%s wait", n)
		}
	})
}

// Without code that could violate it a constraint is made at once.
func TestNotWithheld(t *testing.T) {
	t.Parallel()
	reader := contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1}, []contract.Relation{{
		Name: contract.Name{Name: "users"},
		Uses: []contract.Use{{Origin: contract.Model, By: "User", At: contract.Evidence{File: "user.rb", Line: 2}, Reads: contract.Every(), Updates: contract.Named("name")}},
	}}, nil)
	for sql, verdict := range map[string]string{
		"alter table users alter notes set not null":                         "allow",
		"alter table users alter name set not null":                          "shim",
		"alter table users add check (notes <> '')":                          "allow",
		"alter table users add check (notes <> name)":                        "shim",
		"alter table users add unique (notes)":                               "allow",
		"create unique index on users (lower(name))":                         "shim",
		"create unique index concurrently on users (notes)":                  "allow",
		"alter table users add boss int references users":                    "allow",
		"alter table users add foreign key (id) references pets":             "shim", // it may delete pets
		"alter table users add rank int, add check (rank > 0)":               "allow",
		"alter table users add rank int default 1, add check (rank > 0)":     "allow", // nothing is inserted
		"create table pens (id int, owner int references users)":             "allow",
		"alter table users add constraint again unique (id)":                 "allow",
		"alter table users drop constraint users_pkey, add primary key (id)": "allow",
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				code := reader
				if strings.Contains(sql, "references pets") {
					code = contract.New(contract.Source{Scanner: "scan", Whole: true}, []contract.Relation{{Name: contract.Name{Name: "pets"},
						Uses: []contract.Use{{Origin: contract.SQL, Reads: contract.Every()}}}}, nil)
				}
				b := setup(t, db, options{waits: true, code: []judge.Code{{Name: "old", Contract: code}}}, keepUsers, "create table pets (id int primary key); insert into pets values (1)")
				b.run(t, sql)
				if verdicts, _ := b.Recorded(); len(verdicts) != 1 || verdicts[0] != verdict {
					t.Errorf("%v, want %s", verdicts, verdict)
				}
			})
		})
	}
}

// What the server says no to, or cannot wait, fails in the migration.
func TestCannotWait(t *testing.T) {
	t.Parallel()
	for sql, c := range map[string]struct {
		code  string
		large bool
	}{
		"alter table users add check (notes = 'x')":                             {"23514", false},
		"alter table users add constraint c check (notes = 'x'), add more int":  {"23514", true},
		"alter table users alter name set not null":                             {"23502", false},
		"alter table users add constraint u unique (notes)":                     {"23505", true},
		"create unique index u on users (lower(notes))":                         {"23505", true},
		"create unique index concurrently u on users (notes)":                   {"23505", false},
		"alter table users add unique (absent)":                                 {"42703", false},
		"alter table users add exclude using btree (notes with =)":              {"MG006", true},
		"begin; create unique index concurrently u on users (id, name); commit": {"25001", false},
		"alter table users drop column name, alter notes set not null":          {"MG004", false},
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true, large: c.large}, keepUsers, "insert into users values (2, null, 'b')")
				_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
				failed(t, err, c.code, sql)
				if n := db.Value(t, waiting); n != "0" {
					t.Errorf("%s wait", n)
				}
			})
		})
	}
}

// What ON CONFLICT of new code finds an index by does not wait: that code would fail.
func TestArbiterDoesNotWait(t *testing.T) {
	t.Parallel()
	asking := func(a contract.Arbiter) *contract.Contract {
		return contract.New(contract.Source{Scanner: "scan", Whole: true, Upserts: true}, []contract.Relation{{Name: contract.Name{Name: "users"},
			Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "new.rb", Line: 7}, Adds: true, Inserts: contract.Named("notes"), Arbiters: []contract.Arbiter{a}}}}}, nil)
	}
	notes := contract.Arbiter{Columns: []string{"notes"}}
	for name, c := range map[string]struct {
		next *contract.Contract
		sql  string
		code string // empty: it waits
	}{
		"its columns":     {asking(notes), "create unique index u on users (notes)", "MG033"},
		"a constraint":    {asking(notes), "alter table users add constraint u unique (notes)", "MG033"},
		"its name":        {asking(contract.Arbiter{Name: "u"}), "alter table users add constraint u unique (notes)", "MG033"},
		"a predicate":     {asking(notes), "create unique index u on users (notes) where notes <> ''", ""},
		"an expression":   {asking(notes), "create unique index u on users (lower(notes))", ""},
		"other columns":   {asking(contract.Arbiter{Columns: []string{"id"}}), "create unique index u on users (notes)", ""},
		"no unique index": {asking(notes), "alter table users add constraint u check (notes <> 'y')", ""},
		"nobody looked":   {nil, "create unique index u on users (notes)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true, next: c.next}, keepUsers)
				want := "1"
				if c.code == "" {
					b.run(t, c.sql)
				} else {
					want = "0"
					if e := b.fails(t, c.code, c.sql); !strings.Contains(e.Detail+e.Hint, "new.rb:7") {
						t.Error(explain(e))
					}
				}
				if n := db.Value(t, waiting); n != want {
					t.Errorf("%s wait, want %s", n, want)
				}
			})
		})
	}
}

// A build from before is not let back when what has waited for it to go is made.
func TestNoRollbackBehindConstraint(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, keepUsers)
		for _, run := range []struct{ build, sql, waits, refused string }{
			{"one", "select 1", "", ""},
			{"two", "alter table users add constraint short check (length(notes) < 4)", "a build from before", ""},
			{"one", "select 1", "a build from before", ""},
			{"two", "select 1", "a build from before", ""},
			{"three", "select 1", "", ""},
			{"one", "select 1", "", "constraint short, public.users"},
			{"two", "select 1", "", ""},
		} {
			ended, out := doWith(t, db, nil, run.build, nil, run.sql)
			if waits := len(ended.Report.Shims) == 1 && strings.Contains(ended.Report.Shims[0].Waits, run.waits); waits != (run.waits != "") {
				t.Errorf("%s: %+v\n%s", run.build, ended.Report.Shims, out)
			}
			if run.refused != "" && (ended.Exit != 77 || !strings.Contains(ended.Report.Reason, run.refused)) || run.refused == "" && ended.Exit != 0 {
				t.Errorf("%s: exit %d: %s\n%s", run.build, ended.Exit, ended.Report.Reason, out)
			}
		}
	})
}
