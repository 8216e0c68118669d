package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What is granted, taken, or given to another owner while views stand is so of the
// views, too, whoever migrates.
func TestViewsFollowRights(t *testing.T) {
	t.Parallel()
	const label = `alter table orders rename "N ""1""" to label`
	for name, sql := range map[string]string{
		"grant":           "grant select, insert on orders to ONE; grant all on orders to TWO",
		"with option":     "grant select on orders to ONE with grant option; grant select on orders to public",
		"columns":         "grant select (id, label), update (label) on orders to ONE; grant update (label), references (id) on orders to TWO with grant option",
		"revoke":          "grant select, insert, update (label) on orders to ONE with grant option; revoke insert, update (label) on orders from ONE; revoke grant option for select on orders from ONE",
		"revoke of table": "grant select, select (label) on orders to ONE; revoke select on orders from ONE; grant select (id) on orders to ONE",
		"of the owner":    "revoke truncate, references on orders from OWNER; grant truncate on orders to OWNER",
		"all tables":      "grant select on all tables in schema public to ONE; revoke all on all tables in schema public from TWO",
		"owner":           "alter table orders owner to ONE; grant select on orders to TWO",
		"in a block":      "do $$ begin grant select (label), insert on orders to ONE;end $$",
		"by a function":   "create function f() returns void language plpgsql as 'begin grant update (label) on orders to TWO;end'; select f()",
	} {
		for shim, code := range map[string][]judge.Code{"overlay": {ordering("one", "mg_one")}, "view": nil} {
			t.Run(name+"/"+shim, func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					owner, address := role(t, db, "owner")
					one, _ := role(t, db, "one")
					two, _ := role(t, db, "two")
					sql := strings.NewReplacer("OWNER", owner, "ONE", one, "TWO", two).Replace(sql)
					table, view := "orders", "mg_one.orders"
					given := orders + "; alter table orders owner to " + owner + "; grant select on orders to " + two
					if code == nil {
						given, table, view = strings.ReplaceAll(given, `"N ""1"""`, "label"), "bills", "orders"
						sql = strings.ReplaceAll(sql, "on orders", "on bills")
						sql = strings.ReplaceAll(sql, "table orders", "table bills")
					}
					b := setup(t, db, options{code: code, url: address, allow: []string{"revoked-right:orders", "revoked-right:bills"}}, given,
						"grant all on database "+db.Name+" to "+owner, "grant all on schema public to "+owner+", "+one, "grant "+one+" to "+owner)
					if code == nil {
						b.run(t, "alter table orders rename to bills")
					} else {
						b.run(t, label)
					}
					b.run(t, strings.Split(sql, "; ")...)
					rights := strings.ReplaceAll(may, "a.attname", "a.attnum")
					if got, want := db.Value(t, rights, view), db.Value(t, rights, table); got != want {
						t.Errorf("%s may do\n%s, want\n%s", view, got, want)
					}
					const owns = "select pg_get_userbyid(relowner) from pg_class where oid = $1::regclass"
					if got, want := db.Value(t, owns, view), db.Value(t, owns, table); got != want {
						t.Errorf("%s owns it, want %s", got, want)
					}
					if code != nil {
						if got := db.Value(t, "select count(*) from pg_namespace n, aclexplode(n.nspacl) a where nspname = 'mg_one' and a.privilege_type = 'CREATE'"); got != "0" {
							t.Errorf("%s may create in the overlay's schema", got)
						}
					}
				})
			})
		}
	}
}

// The defaults of a table are those of all views that stand for it.
func TestViewsFollowDefaults(t *testing.T) {
	t.Parallel()
	for name, rename := range map[string][]string{
		"overlay": {`alter table orders rename "N ""1""" to label`},
		"both":    {"alter table orders rename to bills", `alter table bills rename "N ""1""" to label`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one")}}, orders, "insert into orders default values")
				b.run(t, rename...)
				table := "orders"
				if name == "both" {
					table = "bills"
				}
				old := steered(t, db, "mg_one")
				check := func(want string) {
					t.Helper()
					var got string
					if err := old.QueryRow(t.Context(), `update orders set "N ""1""" = default, other = default returning concat("N ""1""", ' ', other)`).Scan(&got); err != nil {
						t.Fatal(explain(err))
					}
					if got != want {
						t.Errorf("%q, want %q", got, want)
					}
				}
				check("x ")
				b.run(t, "alter table "+table+" alter label set default 'it''s', alter other set default 1 + 1")
				check("it's 2")
				b.run(t, "do $$ begin alter table "+table+" alter other set default 7; end $$")
				check("it's 7")
				b.run(t, "alter table "+table+" alter label drop default")
				check(" 7")
			})
		})
	}
}

// A statement that changes a default gets its locks while old code goes on and on.
func TestViewsFollowUnderLoad(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one")}}, orders)
		b.run(t, `alter table orders rename "N ""1""" to label`)
		stop, ended := make(chan struct{}), make(chan error)
		for range 4 {
			old := steered(t, db, "mg_one")
			go func() {
				var err error
				for err == nil {
					select {
					case <-stop:
						ended <- nil
						return
					default:
						_, err = old.Exec(t.Context(), `select "N ""1""" from orders; update orders set other = 1 where id = 1`, pgx.QueryExecModeSimpleProtocol)
					}
				}
				ended <- err
			}()
		}
		for range 20 {
			b.run(t, "alter table orders alter other set default 3", "alter table orders alter other drop default")
		}
		close(stop)
		for range 4 {
			if err := <-ended; err != nil {
				t.Error(explain(err))
			}
		}
	})
}

// Row security that is turned on while a view stands applies to those who use it.
func TestViewsFollowRowSecurity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code   []judge.Code
		rename string
	}{
		"overlay": {[]judge.Code{ordering("one", "mg_one")}, `alter table orders rename "N ""1""" to label`},
		"view":    {nil, "alter table orders rename to bills"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				one, oneURL := role(t, db, "one")
				b := setup(t, db, options{code: c.code, allow: []string{"hidden-rows:orders", "hidden-rows:bills"}}, orders, "insert into orders default values; insert into orders default values; grant select on orders to "+one)
				b.run(t, c.rename)
				table := map[bool]string{true: "bills", false: "orders"}[c.code == nil]
				b.run(t, "create policy p on "+table+" using (id = 1)")
				sql := "alter table " + table + " enable row level security"
				if db.Major < 15 {
					if e := b.fails(t, "MG014", sql); !strings.Contains(e.Detail, "show every row to every role") {
						t.Error(explain(e))
					}
					return
				}
				b.run(t, sql)
				as := *db
				as.URL = oneURL
				var got int
				if err := steered(t, &as, "mg_one").QueryRow(t.Context(), "select count(*) from orders").Scan(&got); err != nil || got != 1 {
					t.Errorf("%d rows, %v", got, err)
				}
			})
		})
	}
}
