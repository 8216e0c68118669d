package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// An interceptCase is a rule or trigger on a table t, and what old code meets that
// writes to it.
type interceptCase struct {
	sql  string
	old  string // divides by the number of rows it finds
	code string // what it fails with afterwards; empty: it works
	mg   string // the refusal; empty: it is let through
	says string // in the hazard that is said, if one is
}

const (
	interceptable = `create table t (id int primary key, n text); create table other (id int, n text); create view v as select * from t`
	insertsT      = "insert into t values (1, 'x'); select 1 / count(*) from t where id = 1"
	returnsT      = "insert into t values (1, 'x') returning id"
	conflictsT    = "insert into t values (1, 'x') on conflict do nothing"
	updatesT      = "insert into t values (1, 'x'); update t set n = 'y'; select 1 / count(*) from t where n = 'y'"
	deletesT      = "insert into t values (1, 'x'); delete from t; select 1 / (1 - count(*)) from t"
)

// triggered makes a trigger and its function.
func triggered(on, body string) string {
	return "create function f() returns trigger language plpgsql as $$ begin " + body + " end $$; create trigger g " + on + " execute function f()"
}

var intercepts = map[string]interceptCase{
	"rule nothing":             {"create rule r as on insert to t do instead nothing", insertsT, "22012", "MG043", ""},
	"rule nothing, returning":  {"create rule r as on insert to t do instead nothing", returnsT, "0A000", "MG043", ""},
	"rule elsewhere":           {"create rule r as on insert to t do instead insert into other values (new.id)", insertsT, "22012", "MG043", ""},
	"rule under a condition":   {"create rule r as on insert to t where new.id > 9 do instead nothing", returnsT, "0A000", "MG043", ""},
	"rule of update":           {"create rule r as on update to t do instead nothing", updatesT, "22012", "MG043", ""},
	"rule of delete":           {"create rule r as on delete to t do instead nothing", deletesT, "22012", "MG043", ""},
	"rule also":                {"create rule r as on insert to t do also notify x", insertsT, "", "", "rule r runs another statement"},
	"rule also, on conflict":   {"create rule r as on insert to t do also notify x", conflictsT, "0A000", "", "0A000"},
	"rule of a view":           {"create rule r as on insert to v do instead insert into other values (new.id)", insertsT, "", "", ""},
	"rule of another":          {"create table c (id int); create rule r as on insert to c do instead nothing", insertsT, "", "", ""},
	"trigger raises":           {triggered("before insert on t for each row", "raise exception 'no';"), insertsT, "P0001", "MG043", ""},
	"trigger raises after":     {triggered("after insert on t for each statement", "raise 'no';"), insertsT, "P0001", "MG043", ""},
	"trigger returns null":     {triggered("before insert on t for each row", "return null;"), insertsT, "22012", "MG043", ""},
	"trigger of delete":        {triggered("before delete on t for each row", "return null;"), deletesT, "22012", "MG043", ""},
	"trigger returns new":      {triggered("before delete on t for each row", "insert into other values (old.id); return new;"), deletesT, "22012", "MG043", ""},
	"trigger returns old":      {triggered("before insert on t for each row", "insert into other values (new.id); return old;"), insertsT, "22012", "MG043", ""},
	"trigger of update, old":   {triggered("before update on t for each row", "return old;"), updatesT, "22012", "MG043", ""},
	"trigger that knows":       {triggered("before delete on t for each row", "if tg_op = 'DELETE' then return old; end if; return new;"), deletesT, "", "", ""},
	"trigger of all":           {triggered("before insert or delete on t for each row", "return coalesce(new, old);"), deletesT, "", "", ""},
	"trigger raises later":     {triggered("before insert on t for each row", "perform 1; raise exception 'no';"), insertsT, "P0001", "MG043", ""},
	"trigger asserts":          {triggered("before insert on t for each row", "assert new.id < 9; return new;"), insertsT, "", "", "ASSERT"},
	"trigger under WHEN":       {triggered("before insert on t for each row when (new.id > 9)", "raise exception 'no';"), insertsT, "", "", "trigger g of t may reject"},
	"trigger of a column":      {triggered("before update of id on t for each row", "return null;"), updatesT, "", "", "on UPDATE"},
	"trigger with an IF":       {triggered("before insert on t for each row", "if new.id > 9 then raise exception 'no'; end if; return new;"), insertsT, "", "", "trigger g of t may reject"},
	"trigger that stamps":      {triggered("before insert or update on t for each row", "new.n := trim(new.n); return new;"), insertsT, "", "", ""},
	"trigger that audits":      {triggered("after insert on t for each row", "insert into other values (new.id); return null;"), insertsT, "", "", ""},
	"trigger of TRUNCATE":      {triggered("before truncate on t for each statement", "raise exception 'no';"), insertsT, "", "", ""},
	"trigger of a new table":   {"create table c (id int); " + triggered("before insert on c for each row", "raise exception 'no';"), insertsT, "", "", ""},
	"trigger without PL/pgSQL": {"create trigger g before update on t for each row execute function suppress_redundant_updates_trigger()", updatesT, "", "", ""},
}

func TestIntercepts(t *testing.T) {
	t.Parallel()
	for name, c := range intercepts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				for _, guarded := range []bool{true, false} {
					c.check(t, db.Server.NewDB(t), guarded)
				}
			})
		})
	}
}

func (c interceptCase) check(t *testing.T, db *pgtest.DB, guarded bool) {
	t.Helper()
	b := setup(t, db, options{}, interceptable)
	switch {
	case !guarded:
		db.Exec(t, c.sql)
	case c.mg != "":
		b.fails(t, c.mg, c.sql)
		b.olds(t, c.old)
		return
	default:
		b.run(t, c.sql)
		said := ""
		for _, s := range b.Statements() {
			for _, h := range s.Hazards {
				said += h.Message
			}
		}
		if !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("said %q", said)
		}
	}
	if c.code == "" {
		b.olds(t, c.old)
		return
	}
	_, err := b.old.Exec(t.Context(), c.old, pgx.QueryExecModeSimpleProtocol)
	failed(t, err, c.code, c.old)
}

// Where all code that runs is known not to write the table, nothing is refused or said; an
// exception names the table.
func TestInterceptsNobody(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, o := range map[string]options{
			"contract":  {code: naming("u", "u_key")},
			"exception": {allow: []string{"intercepted-write:t", "vetted-write:t"}},
		} {
			for _, sql := range []string{"create rule r as on insert to t do instead nothing", "create rule r as on update to t do also notify x",
				triggered("before insert on t for each row", "return null;")} {
				b := setup(t, db.Server.NewDB(t), o, interceptable)
				b.run(t, sql)
				for _, s := range b.Statements() {
					for _, h := range s.Hazards {
						if !h.Unused && !h.Allowed {
							t.Errorf("%s: %s: %+v", name, sql, h)
						}
					}
				}
			}
		}
	})
}
