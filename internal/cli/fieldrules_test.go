package cli_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A fieldRule is a case that practitioners wrote down: a migration, what it does to
// old code by itself, and what it does behind migguard.
type fieldRule struct {
	name  string   // the case's number first
	app   string   // of oldcode; empty: a session that has prepared what it sends to accounts
	sql   []string // as the migration sends it, and each by itself outside BEGIN and COMMIT
	large bool     // no table counts as small
	alone string   // what fails in old code without migguard; empty: nothing
	does  string   // the verdict, and the shim or the hazard refused
	// passes is what fails in old code though migguard was there, which
	// docs/hazards.md has under "Not yet"; empty: nothing.
	passes string
	sent   []string // what else code sends after it, old or new
	then   string   // a query that is true after that
	gone   string   // a query that is true when three builds have come that use nothing
}

// nothing is the contract of a build that uses no table.
const nothing = `{"version":1,"sources":[{"scanner":"scan","whole":true,"paths":true}],"relations":[],"gaps":[]}`

// TestFieldRules has the cases of practitioners' texts on zero-downtime
// migrations, by their numbers: T renames of tables on Heroku, V the view shim, H hot
// compatibility, D a team's own guide, X expand and contract. In each, old code really
// runs before and after, without migguard and with it.
func TestFieldRules(t *testing.T) {
	t.Parallel()
	for _, server := range pgtest.Servers(t) {
		t.Run(fmt.Sprintf("pg%d", server.Major), func(t *testing.T) {
			t.Parallel()
			for _, app := range []string{"", "rails", "django", "node"} {
				t.Run(map[bool]string{true: "session", false: app}[app == ""], func(t *testing.T) {
					t.Parallel()
					f := newField(t, server, app)
					for _, rule := range fieldRules {
						if rule.app == app {
							t.Run(strings.ReplaceAll(rule.name, " ", "_"), func(t *testing.T) { f.try(t, rule) })
						}
					}
				})
			}
		})
	}
}

// A field is old code, and databases to copy: one by itself, and one in which its
// build was released.
type field struct {
	app         *oldcode.Process // nil: a session
	bare, given *pgtest.DB
	contract    string // the file of nothing
}

func newField(t *testing.T, server *pgtest.Server, app string) *field {
	t.Helper()
	dir := t.TempDir()
	f := &field{bare: server.NewDB(t), contract: filepath.Join(dir, "nothing.json")}
	writeFile(t, dir, "nothing.json", nothing)
	f.bare.Exec(t, oldcode.Schema())
	f.given = f.bare.Copy(t)
	run := []string{"run", "--build", "old"}
	if app != "" {
		f.app = oldcode.Start(t, app)
		run = append(run, "--contract", scannedContract(t, app))
	}
	on(f.given.URL, append(run, "--", "true")...).run(t).expect(t, 0)
	return f
}

// scannedContract is a file with what a scan sees in an application's source.
func scannedContract(t *testing.T, app string) string {
	t.Helper()
	r := call{args: []string{"scan", "--format", "json", oldcode.Source(app)}}.run(t)
	r.expect(t, 0)
	dir := t.TempDir()
	writeFile(t, dir, "contract.json", r.stdout)
	return filepath.Join(dir, "contract.json")
}

// opens has old code work in a database once, and returns how it works again: with
// its first error, or none.
func (f *field) opens(t *testing.T, db *pgtest.DB) (again func() string) {
	t.Helper()
	if f.app == nil {
		old := newOldCode(t, db, "user", "", "")
		return func() string {
			if err := old.try(t.Context()); err != nil {
				return err.Error()
			}
			return ""
		}
	}
	f.app.Open(t, db.URL)
	t.Cleanup(func() { f.app.Close(t) })
	return func() string { return firstError(f.app.Act(t)) }
}

func firstError(outcomes []oldcode.Outcome) string {
	for _, o := range outcomes {
		if o.Error != "" {
			return o.Action + ": " + o.Error
		}
	}
	return ""
}

func (f *field) try(t *testing.T, rule fieldRule) {
	t.Run("alone", func(t *testing.T) {
		db := f.bare.Copy(t)
		again := f.opens(t, db)
		db.Exec(t, rule.sql...)
		isError(t, again(), rule.alone)
	})
	t.Run("guarded", func(t *testing.T) {
		db, toml := f.given.Copy(t), ""
		again := f.opens(t, db)
		if rule.large {
			toml = largeTables
		}
		r := migrated(t, db, toml, strings.Join(rule.sql, ";\n")+";\n", "--build", "new", "--contract", f.contract, "--format", "json")
		if did := whatItDid(t, r); did != rule.does {
			t.Errorf("migguard: %s, want %s\n%s", did, rule.does, r.stderr)
		}
		isError(t, again(), rule.passes)
		db.Exec(t, rule.sent...)
		isTrue(t, db, rule.then)
		if rule.gone == "" {
			return
		}
		for _, build := range []string{"later", "latest", "last"} {
			on(db.URL, "run", "--build", build, "--contract", f.contract, "--", "true").run(t).expect(t, 0)
		}
		isTrue(t, db, rule.gone)
	})
}

// isError compares an error with a part of it; "" is none.
func isError(t *testing.T, got, want string) {
	t.Helper()
	if (got == "") != (want == "") || !strings.Contains(got, want) {
		t.Errorf("old code has the error %q, want %q", got, want)
	}
}

func isTrue(t *testing.T, db *pgtest.DB, query string) {
	t.Helper()
	if query != "" && db.Value(t, query) != "t" {
		t.Errorf("not true: %s", query)
	}
}

// whatItDid is the most intrusive verdict of a run; with the kinds of shims that
// stand, or the hazard that was refused.
func whatItDid(t *testing.T, r result) string {
	t.Helper()
	var report struct {
		Statements []struct {
			Verdict string
			Hazards []struct{ ID string }
		}
		Shims []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("%v\n%s%s", err, r.stdout, r.stderr)
	}
	order := []string{"allow", "rewrite", "shim", "maintenance", "refuse"}
	did, why := "allow", ""
	for _, s := range report.Statements {
		if slices.Index(order, s.Verdict) > slices.Index(order, did) {
			did = s.Verdict
			if did == "refuse" && len(s.Hazards) > 0 {
				why = ": " + s.Hazards[0].ID
			}
		}
	}
	if did == "shim" {
		for _, s := range report.Shims {
			why += ": " + s.Kind
		}
	}
	if want := map[bool]int{true: 77}[did == "refuse"]; r.code != want {
		t.Errorf("exit status %d, verdict %s\n%s", r.code, did, r.stderr)
	}
	return did + why
}
