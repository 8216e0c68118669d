package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// on tells whether a migration is tried on an application.
func (c changed) on(app string) bool {
	return c.apps == "" || slices.Contains(strings.Fields(c.apps), app)
}

// evidences are the ways in which migguard may know what old code uses.
var evidences = []evidence{
	{name: "source", source: true},
	{name: "queries", queries: true},
	{name: "both", source: true, queries: true},
}

type evidence struct {
	name            string
	source, queries bool
}

// A pair is an application and a migration, and what came of it.
type pair struct {
	app    string
	change changed
	alone  string          // the first error of old code without migguard; empty: none
	given  [3]guardedTruth // in the order of evidences
	// steered and strict are the same with both, where something is only said.
	steered, strict *guardedTruth
}

// A guardedTruth is what migguard did with the migration, and old code after that.
type guardedTruth struct {
	verdict string // the last that is not allow
	hazard  string // why it is refused
	why     string
	broke   string // as pair.alone
	stays   bool   // what it drops waits for the code that runs to be gone
	said    bool   // it passes, and the log says what may fail once
	// asked says that there is a hazard, and no way around it that needs no
	// evidence.
	asked bool
}

// seen tells that queries show a use, or may.
func (g guardedTruth) seen() bool {
	return strings.Contains(g.why, "the database has seen a use: ") || strings.Contains(g.why, "the database has seen may be a use: ")
}

func (g guardedTruth) safe() bool { return g.verdict != "refuse" && g.verdict != "maintenance" }

// needless tells a refusal of what breaks nothing.
func (p pair) needless(i int) bool { return p.alone == "" && !p.given[i].safe() }

// falselySafe tells what breaks old code although migguard was there.
func (p pair) falselySafe(i int) bool { return p.given[i].broke != "" }

// said tells what breaks old code as the log has said.
func (p pair) said(i int) bool {
	return p.given[i].said && strings.Contains(p.given[i].broke, "cached plan must not change result type")
}

// TestTruth has old code of five kinds meet migrations, without migguard and with
// it. What breaks is what fails, not what ought to; docs/ground-truth.md is made of
// it.
func TestTruth(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		t.Run(fmt.Sprintf("pg%d", shared.Major), func(t *testing.T) {
			t.Parallel()
			// A server of its own, as so many databases' queries would push out others'.
			server := pgtest.StartFor(t, pgtest.Options{Major: shared.Major})
			counted := server.NewDB(t)
			counted.Exec(t, "CREATE EXTENSION pg_stat_statements")
			pairs := make([][]pair, len(oldcode.Names))
			t.Run("apps", func(t *testing.T) {
				for i, name := range oldcode.Names {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						pairs[i] = newTruth(t, counted, name).all(t)
					})
				}
			})
			if all := slices.Concat(pairs...); !t.Failed() && len(all) == countTruth() {
				truthPage(all).check(t, shared.Major)
			}
		})
	}
}

// countTruth is how many pairs there are when none was left out by -run.
func countTruth() (n int) {
	for _, c := range changes {
		for _, name := range oldcode.Names {
			if c.on(name) {
				n++
			}
		}
	}
	return n
}

// check holds that nothing breaks code behind migguard but what is known to.
func (p pair) check(t *testing.T) {
	t.Helper()
	for i, e := range evidences {
		if g := p.given[i]; g.broke != "" && p.change.passes == "" {
			t.Errorf("with %s: verdict %s, and then %s", e.name, g.verdict, g.broke)
		}
	}
}

// A truth is one application and its databases.
type truth struct {
	t   *testing.T // of all its migrations
	app *oldcode.Process
	// steered is the application whose sessions look into its overlay first, nil until
	// it is needed.
	steered *oldcode.Process
	counted *pgtest.DB
	bare    *pgtest.DB
	given   [3]*pgtest.DB
}

// newTruth has databases to copy, for each evidence one in which the build before
// was released. In counted the server's queries can be forgotten.
func newTruth(t *testing.T, counted *pgtest.DB, name string) *truth {
	t.Helper()
	tr := &truth{t: t, app: oldcode.Start(t, name), counted: counted, bare: counted.Server.NewDB(t)}
	tr.bare.Exec(t, oldcode.Schema())
	for i, e := range evidences {
		db := tr.bare.Copy(t)
		if e.queries {
			db.Exec(t, "CREATE EXTENSION pg_stat_statements")
		}
		source := t.TempDir() // nothing in it: nothing is known
		if e.source {
			source = oldcode.Source(name)
		}
		r := call{args: []string{"scan", "--format", "json", source}}.run(t)
		r.expect(t, 0)
		dir := t.TempDir()
		writeFile(t, dir, "contract.json", r.stdout)
		on(db.URL, "run", "--build", "old", "--contract", filepath.Join(dir, "contract.json"), "--", "true").run(t).expect(t, 0)
		tr.given[i] = db
	}
	return tr
}

func (tr *truth) all(t *testing.T) (pairs []pair) {
	for _, c := range changes {
		if !c.on(tr.app.Name) {
			continue
		}
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			p := pair{app: tr.app.Name, change: c}
			p.alone = tr.meets(t, tr.app, tr.bare.Copy(t), func(db *pgtest.DB) { db.Exec(t, c.sql...) })
			for i := range evidences {
				if i > 0 && !p.given[0].asked && !c.silent && os.Getenv(matrixVariable) != "full" {
					p.given[i] = p.given[0] // no evidence is asked
					continue
				}
				g := &p.given[i]
				g.broke = tr.meets(t, tr.app, tr.given[i].Copy(t), func(db *pgtest.DB) { g.run(t, on(db.URL), c.sql, "") })
			}
			if p.said(len(evidences) - 1) {
				tr.playSaid(t, &p)
			}
			p.check(t)
			pairs = append(pairs, p)
		})
	}
	return pairs
}

// meets is the first error that old code has after something was done to its
// database while it was connected.
func (tr *truth) meets(t *testing.T, app *oldcode.Process, db *pgtest.DB, do func(db *pgtest.DB)) string {
	t.Helper()
	// Each run reads through what is counted of all databases: 50,000 queries take it
	// seven times as long as 5,000.
	defer tr.counted.Value(t, "SELECT pg_stat_statements_reset(0, oid) IS NOT NULL FROM pg_database WHERE datname = $1", db.Name)
	app.Open(t, db.URL)
	defer app.Close(t)
	do(db)
	for _, o := range app.Act(t) {
		if o.Error != "" {
			return o.Action + ": " + o.Error
		}
	}
	return ""
}

// run has migguard run the migration, statement by statement. c has the environment.
func (g *guardedTruth) run(t *testing.T, c call, sql []string, settings string) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "migration.sql", strings.Join(sql, ";\n")+";\n")
	if settings != "" {
		writeFile(t, dir, "migguard.toml", settings)
	}
	c.args = []string{"run", "--build", "new", "--format", "json", "--",
		`psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=migration.sql`}
	// The queries of the database that this is a copy of are not there, and old code has
	// run for long enough all the same.
	r := c.in(dir).with("MIGGUARD_COUNTED_FOR=-1ns").run(t)
	if r.code != 0 && r.code != 77 {
		r.expect(t, 0)
	}
	var report struct {
		Statements []struct {
			Verdict string
			Hazards []struct {
				ID, Evidence string
				Said         bool
			}
		}
		Shims []struct {
			Kind string
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	chosen := false // by evidence
	for _, shim := range report.Shims {
		g.stays = g.stays || !strings.HasPrefix(shim.Kind, "table-")
		chosen = chosen || shim.Kind == "table-parent"
	}
	g.verdict = "allow"
	for _, s := range report.Statements {
		if s.Verdict != "" && s.Verdict != "allow" {
			g.verdict = s.Verdict
		}
		for _, h := range s.Hazards {
			g.hazard, g.why = h.ID, h.Evidence
			g.said = g.said || h.Said
		}
	}
	g.asked = g.hazard != "" && (g.verdict != "shim" || g.stays || chosen) && g.verdict != "rewrite"
	if (r.code == 77) == g.safe() {
		t.Errorf("verdict %s, exit status %d\n%s", g.verdict, r.code, r.stdout)
	}
}
