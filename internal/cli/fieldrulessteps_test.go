package cli_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestFieldRulesSteered has T7, H3, D3 and X1: a column is renamed under a SQLAlchemy
// process of a build that looks into its overlay first. No row is copied, so there
// is no time in which the two names have different values.
func TestFieldRulesSteered(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"T7 rename column":                     "ALTER TABLE accounts RENAME score TO points",
		"H3 rename column":                     "ALTER TABLE accounts RENAME bio TO about",
		"D3 rename table and column":           "ALTER TABLE accounts RENAME score TO points; ALTER TABLE tags RENAME TO labels",
		"X1 rename column of a large table":    "ALTER TABLE orders RENAME state TO status",
		"V6 rename column and table, by parts": "ALTER TABLE accounts RENAME score TO points; ALTER TABLE accounts RENAME TO members",
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			bare := pgtest.New(t)
			bare.Exec(t, oldcode.Schema())
			app := oldcode.Start(t, "sqlalchemy")
			app.Open(t, bare.URL)
			bare.Exec(t, sql)
			if firstError(app.Act(t)) == "" {
				t.Error("the migration breaks nothing")
			}
			app.Close(t)

			s := newStage(t, herokutest.AppConfig{})
			s.db.Exec(t, oldcode.Schema())
			s.steer(t, "sqlalchemy")
			parsed, err := url.Parse(s.db.URL)
			if err != nil {
				t.Fatal(err)
			}
			query := parsed.Query()
			query.Set("options", "-csearch_path=mg_old,public")
			parsed.RawQuery = query.Encode()
			app.Open(t, parsed.String())
			writeFile(t, s.dir, "migguard.toml", largeTables)
			r := s.call("run", "--build", "new", "--format", "json", "--", `psql "$DATABASE_URL" -Xqc "`+sql+`"`).in(s.dir).with("HEROKU_RELEASE_VERSION=v3").run(t)
			if did := whatItDid(t, r); !strings.HasPrefix(did, "shim") || !strings.Contains(did, "overlay") {
				t.Errorf("migguard: %s\n%s", did, r.stderr)
			}
			isError(t, firstError(app.Act(t)), "")
			app.Close(t)
		})
	}
}

// steeredOptions is what boot sets in dynos of build old.
const steeredOptions = "PGOPTIONS=-c search_path=mg_old,public"

// steer has all dynos of v2 announce themselves as those of build old, which is an
// application of oldcode.
func (s *stage) steer(t *testing.T, app string) {
	t.Helper()
	s.db.Exec(t, "CREATE EXTENSION pg_stat_statements")
	s.call("run", "--build", "old", "--contract", scannedContract(t, app), "--", `psql "$DATABASE_URL" -Xqc "SELECT 1"`).
		with("HEROKU_RELEASE_VERSION=v2", steeredOptions).run(t).expect(t, 0)
	for _, dyno := range []string{"worker.1", "worker.2"} {
		on(s.db.URL, "boot", "--announce").with("DYNO="+dyno, "HEROKU_APP_NAME=shop", "HEROKU_RELEASE_VERSION=v2", "MIGGUARD_BUILD_ID=old", steeredOptions).run(t).saysNothing(t)
	}
}

// TestFieldRulesD7 is code that works only after the migration. Released without
// it, it is refused, or what is missing is said; released after it, the code works.
func TestFieldRulesD7(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, oldcode.Schema())
		next := oldcode.Start(t, "django")
		next.Open(t, db.URL)
		db.Exec(t, "ALTER TABLE plans DROP COLUMN price")
		if got := firstError(next.Act(t)); !strings.Contains(got, "price") {
			t.Errorf("new code has the error %q", got)
		}
		dir := t.TempDir()
		writeFile(t, dir, "nothing.json", nothing)
		contract := scannedContract(t, "django")
		on(db.URL, "run", "--build", "old", "--contract", filepath.Join(dir, "nothing.json"), "--", "true").run(t).expect(t, 0)
		migrated(t, db, "", "SELECT 1;", "--build", "new", "--contract", contract).
			expect(t, 77, "the new code has a model of what is not there: column price of plans, model Plan", "is a migration missing?", "it is not to start")
		migrated(t, db, "forward-check = 'warn'", "SELECT 1;", "--build", "bold", "--contract", contract).expect(t, 0, "is a migration missing?")
		db.Exec(t, "update migguard.release set outcome = 'failed' where build = 'bold'") // it would run now, and name the column
		r := migrated(t, db, "", "ALTER TABLE plans ADD COLUMN price integer; UPDATE plans SET price = 10;", "--build", "newer", "--contract", contract)
		r.expect(t, 0, "succeeded")
		if strings.Contains(r.stderr, "is a migration missing?") {
			t.Error(r.stderr)
		}
		isError(t, firstError(next.Act(t)), "")
	})
}

// TestFieldRulesH2 ignores a column in the spelling that Rails had before
// ignored_columns.
func TestFieldRulesH2(t *testing.T) {
	t.Parallel()
	const rejects = "class Account < ActiveRecord::Base\n  def self.columns\n    super.reject { |c| c.name == \"notes\" }\n  end\nend\n"
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		dir := newRails(t, "first")
		writeFile(t, dir, "app/models/account.rb", rejects)
		r := call{args: []string{"scan", "--format", "json", dir}}.run(t)
		r.expect(t, 0)
		contract := filepath.Join(t.TempDir(), "contract.json")
		writeFile(t, filepath.Dir(contract), "contract.json", r.stdout)
		on(db.URL, "run", "--build", "old", "--contract", contract).in(dir).run(t).expect(t, 0)
		old := newOldRails(t, dir, db.URL)
		old.work(t, "before@x")
		migrated(t, db, "", "ALTER TABLE accounts DROP COLUMN notes;", "--build", "new", "--contract", contract).expect(t, 0, "unused   ALTER TABLE accounts DROP COLUMN notes")
		isTrue(t, db, columnGone("accounts", "notes"))
		old.work(t, "after@x")
	})
}
