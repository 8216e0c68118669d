package cli_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// migrated runs one text, sent by psql, under a migguard.toml.
func migrated(t *testing.T, db *pgtest.DB, toml, sql string, flags ...string) result {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "migguard.toml", toml)
	writeFile(t, dir, "migration.sql", sql)
	return on(db.URL, append(append([]string{"run"}, flags...), "--",
		`psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=migration.sql`)...).in(dir).run(t)
}

const (
	// everyTable: none is small.
	everyTable = "small-table-rows = 0\nsmall-table-mb = 0\n"
	twoTables  = "create table users (id int primary key, notes text); insert into users values (1, 'n'); create table events (id int); insert into events values (1)"
)

// A rewrite that is switched off is refused; a table may have its own policy.
func TestPolicySwitches(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, twoTables)
		const index = "create index on users (notes);"
		migrated(t, db, everyTable+"[policy]\nblocking-index = 'refuse'\n", index).expect(t, 77,
			"refused  create index on users (notes)", `Not rewritten: the policy says blocking-index = "refuse".`)
		migrated(t, db, everyTable+"[policy]\nblocking-index = ['maintenance']\n", index).expect(t, 77,
			`Not rewritten: the policy says blocking-index = ["maintenance"].`, "migguard cannot turn on")
		migrated(t, db, everyTable+"[policy]\nblocking-index = 'refuse'\n[policy.table.Users]\nblocking-index = 'rewrite'\n[policy.table.'public.events']\nblocking-index = 'allow'\n",
			index+"create index on events (id);").expect(t, 0,
			"rewritten  create index on users (notes)", "allowed  create index on events (id)", "blocking-index:public.events by [policy]")
		if got := db.Value(t, "select count(*) from pg_index where indisvalid and indrelid in ('users'::regclass, 'events'::regclass)"); got != "3" {
			t.Errorf("%s indexes", got)
		}
	})
}

// An exception that counts shows its reason, one that has expired lets nothing
// pass, and one that nothing needed is said so.
func TestAcknowledgedExceptions(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, twoTables)
		const allow = dropsRefused + `
[[allow]]
hazard = "dropped-column"
table = "users"
column = "notes"
migration = "7_drop_notes"
reason = "v41 ignores it"
statement = "ALTER TABLE users DROP COLUMN notes"
expires = `
		const unused = "\n[[allow]]\nhazard = 'dropped-table'\nobject = 'public.gone'\nreason = 'gone for long'\n"
		const drop = "alter table users drop column notes;"
		migrated(t, db, allow+"2026-01-31\n", drop).expect(t, 77,
			"why   ", "The exception for that in [[allow]] has expired: it counted until 2026-01-31 (v41 ignores it).",
			"an exception has expired: [[allow]] dropped-column:users.notes for 7_drop_notes (v41 ignores it), which counted until 2026-01-31")
		migrated(t, db, allow+"9999-12-31\n", "alter table users drop column if exists notes;").expect(t, 77, "The column was there before")

		r := migrated(t, db, allow+"9999-12-31\n"+unused, drop, "--format", "json", "--allow", "renamed-table:users")
		r.expect(t, 0, "allowed  alter table users drop column notes\n          dropped-column:public.users.notes by [[allow]]: v41 ignores it\n",
			"these exceptions matched nothing and can go: --allow renamed-table:users, [[allow]] dropped-table:public.gone (gone for long)\n")
		var doc struct {
			Statements []struct {
				Hazards []struct {
					ID, Reason string
					By         string `json:"allowed_by"`
				}
			}
			Exceptions []map[string]string
		}
		if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
			t.Fatal(err)
		}
		if h := doc.Statements[0].Hazards[0]; h.ID != "dropped-column" || h.By != "[[allow]]" || h.Reason != "v41 ignores it" {
			t.Errorf("%+v", h)
		}
		want := []map[string]string{
			{"hazard": "renamed-table", "object": "users", "by": "--allow", "state": "unused"},
			{"hazard": "dropped-column", "object": "users.notes", "by": "[[allow]]", "state": "used", "reason": "v41 ignores it",
				"migration": "7_drop_notes", "statement": "ALTER TABLE users DROP COLUMN notes", "expires": "9999-12-31T00:00:00Z"},
			{"hazard": "dropped-table", "object": "public.gone", "by": "[[allow]]", "state": "unused", "reason": "gone for long"},
		}
		if !reflect.DeepEqual(doc.Exceptions, want) {
			t.Errorf("exceptions %v", doc.Exceptions)
		}
	})
}

// What migguard.toml or --allow misspells ends the run before it begins.
func TestMisspeltPolicy(t *testing.T) {
	t.Parallel()
	for toml, want := range map[string]string{
		"[polcy]\nblocking-index = 'refuse'":                                   "migguard.toml: polcy is no setting; did you mean policy?",
		"[policy]\nblocking-indx = 'refuse'":                                   `migguard.toml: [policy] "blocking-indx" is no hazard; did you mean blocking-index? "migguard hazards" lists them`,
		"[policy]\nblocking-index = 'alow'":                                    `migguard.toml: [policy] blocking-index = "alow": "alow" is no verdict; did you mean "allow"?`,
		"[policy]\ndropped-table = 'rewrite'":                                  `migguard.toml: [policy] dropped-table = "rewrite": there is no rewrite for this hazard; choose one of ["shim", "maintenance", "refuse"]`,
		"[policy.table.users]\ndropped-tabel = 'refuse'":                       `migguard.toml: [policy.table."users"] "dropped-tabel" is no hazard; did you mean dropped-table?`,
		"[[allow]]\nhazard = 'dropped-tabel'\ntable = 'users'\nreason = 'old'": `migguard.toml: [[allow]] "dropped-tabel" is no hazard; did you mean dropped-table?`,
		"[[allow]]\nhazard = 'dropped-table'\ntabel = 'users'\nreason = 'old'": "tabel is no setting; did you mean table?",
		"[[allow]]\nhazard = 'dropped-table'\ntable = 'users'":                 "dropped-table: say the reason",
	} {
		dir := t.TempDir()
		writeFile(t, dir, "migguard.toml", toml)
		r := on("postgres://nobody@127.0.0.1:1/none", "run", "--", "true").in(dir).run(t)
		if r.code != 64 || !strings.HasPrefix(r.stderr, "migguard: ") || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, %s", toml, r.code, r.stderr)
		}
	}
	r := on("postgres://nobody@127.0.0.1:1/none", "run", "--allow", "droped-table:users", "--", "true").run(t)
	r.expect(t, 64, `migguard: --allow: "droped-table" is no hazard; did you mean dropped-table? "migguard hazards" lists them`)
}
