package release_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/scan"
	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const (
	renameAccounts = "ALTER TABLE accounts RENAME TO members"
	renameScore    = "ALTER TABLE accounts RENAME score TO points"
)

// A standIn is what old code may meet after a migration. Where it is not chosen by what a
// scan knows of the application, it is brought about by what migguard is told.
type standIn struct {
	name   string
	sql    string
	stands string            // what keeps old code working; empty: what is chosen
	code   func() judge.Code // nil: the application is scanned, and its dynos are steered
	// blind: nobody could ask the database what it has seen.
	blind bool
}

var standIns = []standIn{
	{name: "a view", sql: renameAccounts, stands: "table-view", code: unread},
	{name: "a partitioned table", sql: renameAccounts, stands: "table-parent", code: func() judge.Code { return knownTo(contract.Use{Introspects: true}) }},
	{name: "an overlay", sql: renameScore, stands: "overlay", code: func() judge.Code { return knownTo(contract.Use{}) }},
	{name: "a copied column", sql: renameScore, stands: "sync", code: unread},
	{name: "a column that stays", sql: "ALTER TABLE accounts DROP COLUMN name", stands: "drop-column", code: unread},
	{name: "a constraint that waits", sql: "ALTER TABLE accounts ALTER name SET NOT NULL", stands: "withheld", code: unread},
	{name: "renamed table, chosen", sql: renameAccounts},
	{name: "renamed column, chosen", sql: renameScore},
	{name: "renamed table, by source alone", sql: renameAccounts, blind: true},
	{name: "renamed column, by source alone", sql: renameScore, blind: true},
}

// unread is code that nobody has looked at.
func unread() judge.Code {
	return judge.Code{Name: "build old", Unsteered: "web.1 has not announced itself"}
}

// knownTo is code that is steered, and has one model, of accounts.
func knownTo(u contract.Use) judge.Code {
	u.Origin, u.By, u.Reads, u.Updates, u.Inserts, u.Adds = contract.Model, "Account", contract.Every(), contract.Every(), contract.Every(), true
	return judge.Code{Name: "build old", Overlay: "mg_old", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1, Rows: true, Upserts: true},
		[]contract.Relation{{Name: contract.Name{Name: "accounts"}, Uses: []contract.Use{u}}}, nil)}
}

// met is what became of an application that met a way.
type met struct {
	stands        string
	before, after []string // what failed in a process from before, and in one that started after
}

// TestORMs has small applications of real ORMs meet what keeps old code working: a
// process that runs when the migration commits, and one that boots after it. What
// migguard chooses by what it knows of their source works; docs/orms.md tells what the
// rest does.
func TestORMs(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		t.Run(fmt.Sprintf("pg%d", shared.Major), func(t *testing.T) {
			t.Parallel()
			// A server of its own, as other tests' queries would push out what is rarely sent.
			server := pgtest.StartFor(t, pgtest.Options{Major: shared.Major, Settings: map[string]string{"pg_stat_statements.max": "50000"}})
			page := make(ormPage, len(oldcode.ORMs))
			t.Run("apps", func(t *testing.T) {
				for i, name := range oldcode.ORMs {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						page[i] = meetAll(t, server, name)
					})
				}
			})
			if server.Major == scenarioMajor && !t.Failed() && !slices.ContainsFunc(page, func(all []met) bool {
				return all == nil || slices.ContainsFunc(all, func(m met) bool { return m.stands == "" })
			}) {
				checkPage(t, ormFile, page.render())
			}
		})
	}
}

// ofApp makes the tables, and a role that owns all, as an app's does on Heroku: a
// superuser could make tables in an overlay.
func ofApp(t *testing.T, db *pgtest.DB) (url string) {
	quoted, url := role(t, db, "app")
	db.Exec(t, "CREATE EXTENSION pg_stat_statements", "GRANT CREATE ON DATABASE "+pgx.Identifier{db.Name}.Sanitize()+" TO "+quoted,
		"ALTER SCHEMA public OWNER TO "+quoted, "SET ROLE "+quoted+"; "+oldcode.SchemaORM()+"; RESET ROLE")
	return url
}

// standing lists what migguard has left to keep old code working, by its kind.
const standing = `select string_agg(kind, ', ') from (select kind from migguard.shim where dropped_at is null
	union all select kind from migguard.deferred where closed_at is null
	union all select 'withheld' from migguard.withheld) s`

// stand runs a statement, and says what it leaves, or that it is refused.
func (b *bundle) stand(t *testing.T, sql string) string {
	t.Helper()
	_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
	if e := new(pgconn.PgError); errors.As(err, &e) && strings.HasPrefix(e.Code, "MG") {
		t.Log(explain(err))
		return "refused"
	} else if err != nil {
		t.Fatal(explain(err))
	}
	return b.db.Value(t, standing)
}

// asDyno is the environment of a process in a dyno that migguard boot has steered.
const asDyno = "PGOPTIONS=-c search_path=mg_old,public"

func meetAll(t *testing.T, server *pgtest.Server, name string) []met {
	known, err := scan.Dir(t.Context(), oldcode.SourceORM(name))
	if err != nil {
		t.Fatal(err)
	}
	old := oldcode.StartORM(t, name, asDyno)
	all := make([]met, len(standIns))
	for i, w := range standIns {
		if (w.stands != "" || w.blind) && server.Major != scenarioMajor && os.Getenv("MIGGUARD_TEST_MATRIX") != "full" {
			continue // what is chosen, with all that can be known, is the case for each server
		}
		t.Run(strings.ReplaceAll(w.name, " ", "-"), func(t *testing.T) {
			db := server.NewDB(t)
			url := ofApp(t, db)
			if first := faults(old.Boot(t, url)); first != nil {
				t.Fatalf("before: %q", first)
			}
			code := judge.Code{Name: "build old", Overlay: "mg_old", Contract: known}
			if w.code != nil {
				code = w.code()
			}
			b := setup(t, db, options{url: url, code: []judge.Code{code}, waits: true, sees: w.code == nil && !w.blind})
			m := &all[i]
			m.stands = b.stand(t, w.sql)
			m.before = faults(old.Act(t))
			old.Close(t)
			if m.stands != "refused" {
				m.after = faults(oldcode.StartORM(t, name, asDyno).Boot(t, url))
			}
			switch {
			case w.stands == "" && (m.before != nil || m.after != nil):
				t.Errorf("behind %s: before %q, after %q", m.stands, m.before, m.after)
			case w.stands != "" && m.stands != w.stands:
				t.Errorf("%s stands, want %s", m.stands, w.stands)
			}
			t.Logf("%s: before %q, after %q", m.stands, m.before, m.after)
		})
	}
	return all
}

// faults are the actions that failed, with their errors.
func faults(outcomes []oldcode.Outcome) (failed []string) {
	for _, o := range outcomes {
		if o.Error != "" {
			failed = append(failed, o.Action+": "+o.Error)
		}
	}
	return failed
}
