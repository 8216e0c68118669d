package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const arbiters = `create table t (id int primary key, a int constraint t_a unique, b int, n text,
		d int constraint t_d unique deferrable, r int4range, constraint t_r exclude using gist (r with &&));
	create unique index t_ab on t (a, b); create unique index t_low on t (lower(n), b);
	create unique index t_part on t (b) where n is not null; create index t_plain on t (b);
	insert into t values (1, 1, 1, 'x')`

var upserts = []string{"insert into t (id) values (1) on conflict (id) do nothing", "insert into t (id, a) values (2, 1) on conflict (a) do nothing",
	"insert into t (id, a, b) values (3, 1, 1) on conflict (b, a) do nothing", "insert into t (id, n, b) values (4, 'X', 1) on conflict (lower(n), b) do nothing",
	"insert into t (id, b, n) values (5, 1, 'y') on conflict (b) where n is not null do nothing"}

// lostArbiters are migrations whose last message is refused.
var lostArbiters = map[string][]string{
	"index":             {"drop index t_ab"},
	"constraint":        {"alter table t drop constraint t_a"},
	"primary key":       {"alter table t drop constraint t_pkey"},
	"exclusion":         {"alter table t drop constraint t_r"},
	"expression":        {"drop index t_low"},
	"partial":           {"drop index t_part"},
	"concurrently":      {"drop index concurrently t_ab"},
	"among others":      {"drop index if exists nothere, t_plain, t_ab"},
	"among changes":     {"alter table t drop constraint if exists nothere, drop constraint t_a, alter b set default 1"},
	"in a block":        {"begin", "drop index t_ab", "commit"},
	"in a message":      {"drop index public.t_ab; select 1"},
	"fewer columns":     {"begin", "drop index t_ab", "create unique index x on t (a)", "drop index x", "commit"},
	"more columns":      {"begin", "drop index t_ab", "create unique index x on t (a, b, id)", "commit"},
	"included":          {"begin", "drop index t_ab", "create unique index x on t (a, id) include (b)", "commit"},
	"other expression":  {"begin", "drop index t_low", "create unique index x on t (upper(n), b)", "commit"},
	"other predicate":   {"begin", "drop index t_part", "create unique index x on t (b) where n <> ''", "commit"},
	"partial now":       {"begin", "drop index t_ab", "create unique index x on t (a, b) where n is not null", "commit"},
	"not unique":        {"begin", "drop index t_ab", "create index x on t (a, b)", "commit"},
	"deferrable":        {"begin", "alter table t drop constraint t_a", "alter table t add constraint t_a unique (a) deferrable", "commit"},
	"both of two":       {"create unique index concurrently x on t (a, b)", "begin", "drop index t_ab", "drop index x", "commit"},
	"of another table":  {"begin", "drop index t_ab", "create table u (a int, b int)", "create unique index on u (a, b)", "commit"},
	"the one in use by": {"begin", "alter table t add constraint x unique (a, b)", "drop index t_ab", "alter table t drop constraint x", "commit"},
}

func TestLostArbiters(t *testing.T) {
	t.Parallel()
	eachCase(t, lostArbiters, func(t *testing.T, db *pgtest.DB, sql []string) {
		b := setup(t, db, options{}, arbiters)
		b.refusedAtLast(t, "MG031", sql)
		b.olds(t, upserts...)
		if got := db.Value(t, "select count(*) from pg_constraint where conrelid = 't'::regclass and contype <> 'n'"); got != "4" {
			t.Errorf("%s constraints", got)
		}
	})
}

// keptArbiters are migrations after which every ON CONFLICT finds an index.
var keptArbiters = map[string][]string{
	"not unique":         {"drop index t_plain"},
	"not unique, alone":  {"drop index concurrently t_plain"},
	"never one":          {"alter table t drop constraint t_d"},
	"check":              {"alter table t add constraint c check (a > 0)", "alter table t drop constraint c"},
	"again":              {"begin", "drop index t_ab", "create unique index t_ab on t (a, b)", "commit"},
	"other order":        {"begin", "drop index t_ab", "create unique index x on t (b, a) include (n)", "commit"},
	"wider predicate":    {"begin", "drop index t_part", "create unique index x on t (b)", "commit"},
	"same expression":    {"begin", "drop index t_low", "create unique index x on t (b, lower(n))", "commit"},
	"new one first":      {"create unique index concurrently x on t (a, b)", "drop index concurrently t_ab"},
	"in a statement":     {"alter table t drop constraint t_a, add constraint u unique (a)"},
	"from an index":      {"create unique index concurrently x on t (a)", "alter table t drop constraint t_a, add constraint t_a unique using index x"},
	"primary key":        {"begin", "alter table t drop constraint t_pkey", "alter table t add constraint new primary key (id)", "commit"},
	"exclusion":          {"alter table t drop constraint t_r, add constraint r exclude using gist (r with &&)"},
	"taken back":         {"begin", "savepoint s", "drop index t_ab", "rollback to s", "commit"},
	"of a created table": {"create table c (id int unique)", "alter table c drop constraint c_id_key", "create unique index i on c (id)", "drop index i"},
	"of a new column":    {"alter table t add column c int", "create unique index i on t (c, a)", "drop index i"},
	"missing":            {"drop index if exists nothere", "alter table if exists nothere drop constraint x"},
	"temporary":          {"create temp table c (id int unique)", "alter table c drop constraint c_id_key"},
}

func TestArbitersThereAgain(t *testing.T) {
	t.Parallel()
	for name, sql := range keptArbiters {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, arbiters)
				b.run(t, sql...)
				b.olds(t, upserts...)
			})
			t.Run("extended", func(t *testing.T) {
				b := setup(t, pgtest.New(t), options{}, arbiters)
				for _, text := range sql {
					extended(t, b, text)
				}
				b.olds(t, upserts...)
			})
		})
	}
}

// Of a large table the index that takes the place of another is built when the
// transaction has committed: too late for who inserts meanwhile.
func TestArbiterBuiltTooLate(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, arbiters)
		b.run(t, "begin", "drop index t_ab", "create unique index x on t (a, b)")
		b.fails(t, "MG031", "commit")
		b.olds(t, upserts...)
		b.run(t, "create unique index x on t (a, b)", "drop index t_ab")
		b.olds(t, upserts...)
	})
}

// codeUpserting is code with a model of t, whose ON CONFLICT asks for some arbiters.
func codeUpserting(gaps []contract.Gap, asks ...contract.Arbiter) options {
	all := contract.Every()
	return options{code: []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Upserts: true},
		[]contract.Relation{{Name: contract.Name{Name: "t"}, Uses: []contract.Use{
			{Origin: contract.Model, By: "T", At: contract.Evidence{File: "t.rb", Line: 1}, Reads: all, Updates: all, Adds: true, Inserts: all},
			{Origin: contract.SQL, At: contract.Evidence{File: "up.rb", Line: 7}, Arbiters: asks},
		}}}, gaps)}}}
}

// TestArbitersOfContract: what no ON CONFLICT of the code that runs asks for may go, and
// that code goes on.
func TestArbitersOfContract(t *testing.T) {
	t.Parallel()
	dynamic := []contract.Gap{{Reach: contract.Anything, Why: "SQL that is built when the code runs"}}
	for name, tt := range map[string]struct {
		options options
		sql     string
		why     string // it is refused; empty: it passes
		olds    []int  // of upserts
	}{
		"another":         {codeUpserting(nil, contract.Arbiter{Columns: []string{"id"}}), "drop index t_ab", "", []int{0}},
		"no words for it": {codeUpserting([]contract.Gap{{Reach: contract.Anything, NoUpsert: true}}), "alter table t drop constraint t_a", "", nil},
		"part of it":      {codeUpserting(nil, contract.Arbiter{Columns: []string{"a"}}), "drop index t_ab, t_low", "", []int{1}},
		"no predicate":    {codeUpserting(nil, contract.Arbiter{Columns: []string{"b"}}), "drop index t_part", "", nil},
		"an exclusion":    {codeUpserting(nil, contract.Arbiter{Columns: []string{"r"}}), "alter table t drop constraint t_r", "", nil},
		"its columns":     {codeUpserting(nil, contract.Arbiter{Columns: []string{"b", "a"}}), "drop index t_ab", "build one: SQL has ON CONFLICT of a, b (up.rb:7)", []int{2}},
		"primary key":     {codeUpserting(nil, contract.Arbiter{Primary: true}), "alter table t drop constraint t_pkey", "ON CONFLICT of the primary key (up.rb:7)", []int{0}},
		"expression":      {codeUpserting(nil, contract.Arbiter{Columns: []string{"b"}, Expressions: true}), "drop index t_low", "ON CONFLICT of b, an expression", []int{3}},
		"predicate":       {codeUpserting(nil, contract.Arbiter{Columns: []string{"b"}, Partial: true}), "drop index t_part", "ON CONFLICT of b", []int{4}},
		"its name":        {codeUpserting(nil, contract.Arbiter{Name: "t_r"}), "alter table t drop constraint t_r", "ON CONFLICT of constraint t_r", nil},
		"not known":       {codeUpserting(nil, contract.Arbiter{Any: true}), "drop index t_ab", "ON CONFLICT of what is not known", []int{2}},
		"gap":             {codeUpserting(dynamic), "drop index t_ab", "SQL that is built when the code runs", []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, tt.options, arbiters)
				if tt.why == "" {
					b.run(t, tt.sql)
				} else if e := b.fails(t, "MG031", tt.sql); !strings.Contains(e.Detail, tt.why) {
					t.Errorf("%s, want %q", e.Detail, tt.why)
				}
				for _, i := range tt.olds {
					b.olds(t, upserts[i])
				}
			})
		})
	}
}

// naming is code whose ON CONFLICT names a constraint of a table.
func naming(table, constraint string) []judge.Code {
	return []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Upserts: true},
		[]contract.Relation{{Name: contract.Name{Name: table}, Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "up.go", Line: 7},
			Adds: true, Arbiters: []contract.Arbiter{{Name: constraint}}, OnTable: "ON CONFLICT ON CONSTRAINT"}}}}, nil)}}
}

// TestConstraintsNamed: a constraint that ON CONFLICT of the code that runs names keeps
// its name; the others may get another.
func TestConstraintsNamed(t *testing.T) {
	t.Parallel()
	const named = "insert into t (id, a) values (2, 1) on conflict on constraint t_a do nothing"
	for name, tt := range map[string]struct {
		sql     []string
		refused bool // the last
		names   string
	}{
		"constraint":             {[]string{"alter table t rename constraint t_a to x"}, true, "t_a"},
		"its index":              {[]string{"alter index t_a rename to x"}, true, "t_a"},
		"its index, as a table":  {[]string{"alter table public.t_a rename to x"}, true, "t_a"},
		"in a block":             {[]string{"begin", "alter table t rename constraint t_a to x", "commit"}, true, "t_a"},
		"taken over":             {[]string{"create unique index concurrently x on t (a)", "alter table t drop constraint t_a, add constraint u unique using index x"}, true, "t_a"},
		"one that is computed":   {[]string{"alter table t rename constraint t_a to x"}, true, contract.AnyName},
		"another":                {[]string{"alter table t rename constraint t_pkey to x", "alter index t_ab rename to y"}, false, "t_a"},
		"a name nobody has":      {[]string{"alter table t rename constraint t_d to x"}, false, "t_d"},
		"back again":             {[]string{"begin", "alter table t rename constraint t_a to x", "alter table t rename constraint x to t_a", "commit"}, false, "t_a"},
		"taken over, and called": {[]string{"create unique index concurrently x on t (a)", "alter table t drop constraint t_a, add constraint t_a unique using index x"}, false, "t_a"},
		"of a created table":     {[]string{"create table c (id int constraint t_a_c unique)", "alter table c rename constraint t_a_c to x"}, false, "t_a_c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: naming("t", tt.names)}, arbiters)
				b.olds(t, named)
				if !tt.refused {
					b.run(t, tt.sql...)
				} else if e := b.refusedAtLast(t, "MG032", tt.sql); !strings.Contains(e.Detail, "build one: SQL ") || !strings.Contains(e.Detail, "(up.go:7)") {
					t.Errorf("evidence: %s", e.Detail)
				}
				b.olds(t, named)
			})
		})
	}
	t.Run("no contract", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pgtest.New(t), options{}, arbiters)
		b.run(t, "alter table t rename constraint t_a to x", "alter index t_ab rename to y")
	})
}

// TestTablesThatNoViewReplaces: a view does not stand in for a table where code that runs
// does what only a table takes. Seen says that a server fails on a view, too.
func TestTablesThatNoViewReplaces(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"on constraint": "insert into t (id, a) values (2, 1) on conflict on constraint t_a do nothing",
		"truncate":      "begin; truncate t; rollback",
		"copy":          "copy t (id) from program 'true'",
		"system column": "select ctid from t",
		"sample":        "select id from t tablesample system (100)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: naming("t", "t_a")}, arbiters)
				if e := b.fails(t, "MG001", "alter table t rename to u"); !strings.Contains(e.Detail, "a view in its place does not take all that a table does. The code that runs needs it: build one: SQL ") {
					t.Errorf("evidence: %s", e.Detail)
				}
				b.olds(t, sql)
				other := setup(t, db.Server.NewDB(t), options{code: naming("other", "t_a")}, arbiters)
				other.run(t, "alter table t rename to u")
				if _, err := other.old.PgConn().Exec(t.Context(), sql).ReadAll(); err == nil {
					t.Errorf("%s works on a view", sql)
				}
			})
		})
	}
}

// TestOverlayOfNeededTable: nor does a view lie over a table where code that runs does
// what only a table takes.
func TestOverlayOfNeededTable(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for table, refused := range map[string]bool{"orders": true, "other": false} {
			code := ordering("one", "mg_one")
			code.Contract = contract.Merge(code.Contract, naming(table, "orders_pkey")[0].Contract)
			b := setup(t, db.Server.NewDB(t), options{code: []judge.Code{code}}, orders, uncopied)
			if !refused {
				b.run(t, "alter table orders rename other to amount")
			} else if e := b.fails(t, "MG002", "alter table orders rename other to amount"); !strings.Contains(e.Detail, "a view in its place does not take all that a table does.") {
				t.Errorf("evidence: %s", e.Detail)
			}
		}
	})
}
