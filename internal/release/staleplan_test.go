package release_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// starring is code that asks for every column of orders, and a use more.
func starring(build, overlay string, more ...contract.Use) judge.Code {
	star := contract.Use{Origin: contract.Model, By: "Order", At: contract.Evidence{File: "orders.go", Line: 12},
		Reads: contract.Every(), Adds: true, Inserts: contract.Named("id", `N "1"`), Updates: contract.Named(`N "1"`), Star: true}
	return judge.Code{Name: "build " + build, Overlay: overlay, Unsteered: "web.1 has not announced itself",
		Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1, Rows: true},
			[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: append([]contract.Use{star}, more...)}}, nil)}
}

// stumbles counts the statements that fail with a stale plan, each in a transaction.
func (w *workload) stumbles(t *testing.T) (n int) {
	t.Helper()
	for i := range w.statements {
		for _, do := range []func() error{
			func() error { _, err := w.conn.Exec(t.Context(), "begin"); return err },
			func() error { _, err := w.conn.Exec(t.Context(), fmt.Sprint("s", i), w.args[i]...); return err },
			func() error { _, err := w.conn.Exec(t.Context(), "rollback"); return err },
		} {
			var e *pgconn.PgError
			switch err := do(); {
			case errors.As(err, &e) && e.Code == "0A000":
				n++
			case err != nil:
				t.Fatalf("%s: %s", w.statements[i], explain(err))
			}
		}
	}
	return n
}

// What old code has prepared goes on in its transactions though the table gets
// columns, and new code sees them. Without the overlay it fails.
func TestStalePlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql   []string
		shows string // what new code sends
		shims int    // statements with that verdict
	}{
		"a column":          {[]string{"alter table orders add more int default 1"}, "select more from orders", 1},
		"if not exists":     {[]string{"alter table orders add if not exists more int", "alter table orders add if not exists more int"}, "select more from orders", 1},
		"two in one":        {[]string{"alter table orders add more int, add most text not null default 'x'"}, "select more, most from orders", 1},
		"two, one by one":   {[]string{"alter table orders add more int", "alter table orders add most int"}, "select more, most from orders", 2},
		"in a block":        {[]string{"begin", "alter table orders add more int", "alter table orders add most int", "commit"}, "select more, most from orders", 2},
		"second try":        {[]string{"begin", "alter table orders add more int", "rollback", "alter table orders add more int"}, "select more from orders", 2},
		"filled":            {[]string{"alter table orders add more uuid default gen_random_uuid()"}, "select more from orders", 1},
		"with a constraint": {[]string{"alter table orders add more int check (more > 0) references orders"}, "select more from orders", 1},
		"rename, add":       {[]string{`alter table orders rename "N ""1""" to label`, "alter table orders add more int"}, "select label, more from orders", 2},
		"add, rename":       {[]string{"alter table orders add more int", `alter table orders rename "N ""1""" to label`}, "select label, more from orders", 2},
		"then the table":    {[]string{"alter table orders add more int", "alter table orders rename to purchases"}, "select more from purchases", 2},
		"dropped too":       {[]string{"alter table orders add more int, drop legacy"}, "select more from orders", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				given := orders + "; alter table orders add legacy int"
				bare := db.Server.NewDB(t)
				bare.Exec(t, given)
				alone := prepared(t, bare.Connect(t), "orders")
				alone.check(t, "before")
				bare.Exec(t, "alter table orders add more int")
				if got := alone.stumbles(t); got == 0 {
					t.Error("nothing fails without an overlay")
				}
				b := setup(t, db, options{large: true, code: []judge.Code{starring("one", "mg_one"), starring("two", "mg_two")}}, given)
				one, two := prepared(t, steered(t, db, "mg_one"), "orders"), prepared(t, steered(t, db, "mg_two"), "orders")
				one.check(t, "before")
				two.check(t, "before")
				b.run(t, c.sql...)
				if got := one.stumbles(t) + two.stumbles(t); got != 0 {
					t.Errorf("%d statements fail", got)
				}
				one.check(t, "after")
				two.check(t, "after")
				if _, err := steered(t, db, "mg_three").Exec(t.Context(), c.shows); err != nil {
					t.Errorf("new code: %v", err)
				}
				verdicts, _ := b.Recorded()
				shims := 0
				for _, v := range verdicts {
					if v == "shim" {
						shims++
					}
				}
				if shims != c.shims {
					t.Errorf("%v", verdicts)
				}
				b.end(t, ledger.Succeeded)
				laterRuns(t, db)
			})
		})
	}
}

// An overlay that only hides a new column is in no statement's way, of the run that
// made it or of the next; one that has a column's old name is.
func TestOverlayGivesWay(t *testing.T) {
	t.Parallel()
	const add, rename = "alter table orders add more int", `alter table orders rename "N ""1""" to label`
	for name, c := range map[string]struct {
		given, sql []string
		code       string // of the failure
	}{
		"type":             {[]string{add}, []string{"alter table orders alter other type bigint"}, ""},
		"type, in a block": {[]string{"begin", add}, []string{"alter table orders alter other type bigint", "commit"}, ""},
		"column":           {[]string{add}, []string{"alter table orders drop legacy"}, ""},
		"several":          {[]string{add}, []string{"alter table orders drop legacy, alter other type bigint"}, ""},
		"row security":     {[]string{add}, []string{"alter table orders enable row level security"}, ""},
		"a policy":         {[]string{add}, []string{"create policy p on orders using (true)"}, ""},
		"a column's name":  {[]string{add, rename}, []string{"alter table orders alter other type bigint"}, "0A000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				one := starring("one", "mg_one")
				one.Contract.Relations[0].Uses[0].Reads = contract.Named("id", `N "1"`, "other")
				b := setup(t, db, options{code: []judge.Code{one}}, orders, "alter table orders add legacy int")
				old := prepared(t, steered(t, db, "mg_one"), "orders")
				b.run(t, c.given...)
				if c.given[0] == "begin" {
					old = nil
				} else {
					old.check(t, "behind the overlay")
				}
				if c.code != "" {
					b.fails(t, c.code, c.sql[0])
					old.check(t, "after it")
					return
				}
				b.run(t, c.sql...)
				if got := db.Value(t, "select count(*) from pg_namespace where nspname like 'mg\\_%'"); got != "0" {
					t.Errorf("%s overlays left", got)
				}
				if got := db.Value(t, "select count(*) from migguard.shim where kind = 'overlay' and dropped_at is null"); got != "0" {
					t.Errorf("%s on record", got)
				}
			})
		})
	}
}

// Where an overlay may do harm, or hides nothing, the statement passes, and that is
// said; where nothing shows such a statement of code, nothing is.
func TestStalePlanIsSaid(t *testing.T) {
	t.Parallel()
	const add = "alter table orders add more int"
	gap := ordering("one", "mg_one", contract.Gap{Reach: contract.Anything, Why: "SQL that is built when the code runs"})
	unread := starring("two", "mg_two")
	unread.Contract = nil
	blind := starring("one", "mg_one")
	blind.Contract = contract.Merge(blind.Contract, contract.New(contract.Source{Scanner: "scan", Whole: true, Rows: true}, nil, []contract.Gap{{Reach: contract.Anything, Why: "SQL that is built"}}))
	use := func(onTable string) contract.Use { return contract.Use{Origin: contract.SQL, OnTable: onTable} }
	for name, c := range map[string]struct {
		code  []judge.Code
		given string
		sql   string
		why   string // empty: nothing is said
	}{
		"unsteered":        {[]judge.Code{starring("one", "")}, "", add, "web.1 has not announced itself"},
		"one of two":       {[]judge.Code{starring("one", "mg_one"), starring("two", "")}, "", add, "build two would not look"},
		"copies":           {[]judge.Code{starring("one", "mg_one", use("COPY"))}, "", add, "needs a table: COPY"},
		"another copies":   {[]judge.Code{starring("one", "mg_one"), starring("two", "mg_two", use("ON CONFLICT ON CONSTRAINT"))}, "", add, "build two: SQL needs a table"},
		"perhaps copies":   {[]judge.Code{blind}, "", add, "is not known: SQL that is built"},
		"not read":         {[]judge.Code{starring("one", "mg_one"), unread}, "", add, "no contract of it is recorded"},
		"a function":       {[]judge.Code{starring("one", "mg_one")}, "create function f() returns bigint language sql as 'select count(*) from orders'", add, "function f() names orders"},
		"children":         {[]judge.Code{starring("one", "mg_one")}, "create table more (x int) inherits (orders)", add, "partitions or children"},
		"a type":           {[]judge.Code{starring("one", "mg_one")}, "", "alter table orders alter other type bigint", "what the table does"},
		"a longer type":    {[]judge.Code{starring("one", "mg_one")}, "alter table orders alter other type smallint", "alter table orders alter other type int", "what the table does"},
		"not known of":     {[]judge.Code{gap}, "", add, ""},
		"the same type":    {[]judge.Code{starring("one", "")}, "", "alter table orders alter other type int4", ""},
		"another table":    {[]judge.Code{starring("one", "mg_one")}, "create table notes (id int)", "alter table notes add more int", ""},
		"a new table":      {[]judge.Code{starring("one", "mg_one")}, "", "create table notes (id int); alter table notes add more int", ""},
		"it is there":      {[]judge.Code{starring("one", "mg_one")}, "", "alter table orders add if not exists other int", ""},
		"of what is known": {nil, "", add, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: c.code}, orders, c.given)
				b.run(t, c.sql)
				said := sayings(b)
				if c.why == "" && said != nil || c.why != "" && (len(said) != 1 || !strings.Contains(said[0].Evidence, c.why)) {
					t.Errorf("said %+v", said)
				}
				if got := db.Value(t, "select count(*) from pg_namespace where nspname like 'mg\\_%'"); got != "0" {
					t.Errorf("%s overlays", got)
				}
			})
		})
	}
}

// sayings are what the run has let pass and told.
func sayings(b *bundle) (said []report.Hazard) {
	for _, s := range b.Statements() {
		for _, h := range s.Hazards {
			if h.Said {
				said = append(said, h)
			}
		}
	}
	return said
}

// A copy of a column is one column more, of which a statement fails that the program itself has
// prepared, until its session ends.
func TestKeptMeetsNoCopy(t *testing.T) {
	t.Parallel()
	for kept, code := range map[bool]string{false: "", true: "MG002"} {
		pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
			uses := contract.New(contract.Source{Scanner: "scan", Whole: true, Rows: true, Models: 1}, []contract.Relation{{Name: contract.Name{Name: "t"},
				Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "a.js", Line: 3}, Reads: contract.Every(), Star: true, Kept: kept}}}}, nil)
			b := setup(t, db, options{code: []judge.Code{{Name: "build one", Contract: uses, Unsteered: "it is not"}}}, "create table t (id int primary key, name text)")
			b.olds(t, "prepare q as select * from t")
			if code == "" {
				b.run(t, "alter table t rename name to label")
				b.olds(t, "select name from t")
				return
			}
			if e := b.fails(t, code, "alter table t rename name to label"); !strings.Contains(e.Detail, "until its session ends") || !strings.Contains(e.Detail, "a.js:3") {
				t.Error(explain(e))
			}
			b.olds(t, "execute q")
		})
	}
}
