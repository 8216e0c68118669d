package cli_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// stepper migrates up to each version that it is told, in one process, and lets
// go of the database in between, so that it can be copied.
const stepper = `
	STDOUT.sync = true
	ActiveRecord::Migration.verbose = false
	STDIN.each_line do |version|
		ActiveRecord::Base.connection.migration_context.up(version.to_i)
		ActiveRecord::Base.clear_all_connections!
		ActiveRecord::Base.connection_pool.disconnect!
		puts "done"
	end`

// A redmineStep is one migration of Redmine that comes as a release of its own.
type redmineStep struct {
	version, name string
	before        *pgtest.DB
	after         []string // the catalog that it makes without migguard
}

// redmineReleased is how many migrations come before those that are released one by
// one: what Redmine 5.0 is has little in common with the code of then.
const redmineReleased = 250

// redmineSample is what "make test" takes of the history: what is not all ADD COLUMN
// and rows. "make matrix" takes all.
var redmineSample = []string{
	"20120422150750", "20150113213922", "20160416072926", "20170723112801", "20211213122101",
}

// TestRedmineReleases has each migration of Redmine be a release, with the code of
// the release before it running: that of Redmine 5.0, whose models use all columns of
// their tables, whichever these are. Nothing may differ from what the migration does
// without migguard, but what is refused, or stands in for what old code needs.
func TestRedmineReleases(t *testing.T) {
	t.Parallel()
	db, dir := pgtest.New(t), newRedmine(t)
	scanned := call{args: []string{"scan", "--format", "json", dir}}.run(t)
	scanned.expect(t, 0)
	writeFile(t, dir, "contract.json", scanned.stdout)
	history, sample := redmineMigrations(t, dir), redmineSample
	if os.Getenv(matrixVariable) == "full" {
		sample = history[redmineReleased:]
	}
	in, out := oldcode.Speak(t, redmineCommand(t, dir, db.URL, "runner", stepper))
	step := func(version string) {
		t.Helper()
		fmt.Fprintln(in, version)
		if said, err := out.ReadString('\n'); err != nil || said != "done\n" {
			t.Fatalf("to %s: %q, %v", version, said, err)
		}
	}
	table := &redmineTable{did: map[string]int{}}
	for some := range slices.Chunk(sample, 8) {
		t.Run(some[0], func(t *testing.T) {
			for _, name := range some {
				at := slices.IndexFunc(history, func(h string) bool { return strings.HasPrefix(h, name) })
				if at < 1 {
					t.Fatalf("no migration %s", name)
				}
				step(migrationVersion(history[at-1]))
				s := redmineStep{version: migrationVersion(name), name: history[at], before: db.Copy(t)}
				step(s.version)
				s.after = wholeCatalog(t, db)
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					table.add(s, s.release(t, dir))
				})
			}
		})
	}
	t.Log(table.String())
}

// redmineMigrations are the names of Redmine's migrations, in their order.
func redmineMigrations(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "db/migrate/*.rb"))
	if err != nil || len(files) < 300 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".rb")
	}
	return files
}

func migrationVersion(name string) string {
	version, _, _ := strings.Cut(name, "_")
	return version
}

// release migrates with migguard, and returns what it judged.
func (s redmineStep) release(t *testing.T, dir string) []judgedStatement {
	t.Helper()
	run := func(build, command string) call {
		return runRedmine(dir, s.before.URL, "--build", build, "--contract", filepath.Join(dir, "contract.json"),
			"--format", "json", "--", command).with("SCHEMA=/dev/null")
	}
	run("old", "true").run(t).expect(t, 0)
	before := appCatalog(t, s.before)
	r := run("new", "bin/rails db:migrate VERSION="+s.version).run(t)
	statements := judgedStatements(t, r)
	did := mostIntrusive(statements)
	if strings.Contains(r.stderr, "cannot be used") {
		t.Errorf("the contract of its source: %s", r.stderr)
	}
	switch {
	case (r.code == 77) != (did == "refuse") || r.code != 0 && r.code != 77:
		t.Errorf("exit status %d, %s\n%s", r.code, did, r.stderr)
	case did == "refuse":
		sameCatalog(t, before, appCatalog(t, s.before))
	case did != "shim":
		sameCatalog(t, s.after, appCatalog(t, s.before))
	}
	return statements
}

// mostIntrusive is the verdict of a run, "rows" where no statement changed the schema.
func mostIntrusive(statements []judgedStatement) string {
	order, did := []string{"rows", "allow", "rewrite", "shim", "refuse"}, "rows"
	for _, s := range statements {
		if slices.Index(order, s.Verdict) > slices.Index(order, did) {
			did = s.Verdict
		}
	}
	return did
}

// A redmineTable tells what was done with how many migrations, and why.
type redmineTable struct {
	mu    sync.Mutex
	did   map[string]int // verdict -> migrations
	lines []string
}

func (r *redmineTable) add(s redmineStep, statements []judgedStatement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.did[mostIntrusive(statements)]++
	for _, j := range statements {
		if j.Verdict == "allow" && len(j.Hazards) == 0 {
			continue
		}
		line := fmt.Sprintf("%s: %s %s", s.name, j.Verdict, j.Text)
		for _, h := range j.Hazards {
			line += fmt.Sprintf("\n\t%s %s.%s: %s", h.ID, h.Relation, h.Column, h.Evidence)
		}
		r.lines = append(r.lines, line)
	}
}

func (r *redmineTable) String() string {
	slices.Sort(r.lines)
	var b strings.Builder
	for _, did := range slices.Sorted(maps.Keys(r.did)) {
		fmt.Fprintf(&b, "%d %s\n", r.did[did], did)
	}
	return b.String() + strings.Join(r.lines, "\n")
}
