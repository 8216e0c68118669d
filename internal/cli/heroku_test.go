package cli_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A code is what a build is made of.
type code struct {
	id         string // of the build
	query      string // of a web dyno, for each request
	work       string // of a worker, again and again
	migrations []string
	config     string // migguard.toml
	hookless   bool   // without the buildpack's profile script
	web        string // command of its web dynos, if not one that serves
	free       bool   // without a release command
}

const (
	createUsers  = "CREATE TABLE users (id int PRIMARY KEY, note text)"
	renameColumn = "ALTER TABLE users RENAME COLUMN note TO remark"
	renameTable  = "ALTER TABLE users RENAME TO people"

	underMaintenance = "[policy]\nrenamed-column = \"maintenance\"\n" + stopsWorkers
	stopsWorkers     = "[maintenance]\nstop = [\"worker\"]\n"
)

// using is code that needs a column of a table, and has these migrations.
func using(table, column string, migrations ...string) code {
	return code{
		id:    fmt.Sprintf("%s-%s-%d", table, column, len(migrations)),
		query: "SELECT " + column + " FROM " + table, work: "UPDATE " + table + " SET " + column + " = " + column,
		migrations: migrations, config: underMaintenance,
	}
}

// The builds of most tests: before and after the renaming of a column.
func before() code { return using("users", "note", createUsers) }
func after() code  { return using("users", "remark", createUsers, renameColumn) }

// folder is the slug's, with what the buildpack adds to it.
func (c code) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i, sql := range c.migrations {
		writeFile(t, dir, fmt.Sprintf("migrations/%03d_step.up.sql", i+1), sql)
	}
	writeFile(t, dir, ".migguard/build.json", fmt.Sprintf(`{"build": %q}`, c.id))
	writeFile(t, dir, "migguard.toml", c.config)
	if err := os.MkdirAll(filepath.Join(dir, ".migguard/bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(dir, ".migguard/bin/migguard")); err != nil {
		t.Fatal(err)
	}
	parts := []string{"path.sh", "settle.sh"}
	if c.hookless {
		parts = parts[:1]
	}
	var profile strings.Builder
	for _, part := range parts {
		text, err := os.ReadFile(filepath.Join("../../bin/runtime", part))
		if err != nil {
			t.Fatal(err)
		}
		profile.Write(text)
	}
	writeFile(t, dir, ".profile.d/migguard.sh", profile.String())
	return dir
}

func (c code) procfile() map[string]string {
	self := roleVariable + "=%s QUERY='%s' exec " + os.Args[0]
	processes := map[string]string{
		"release": "migguard run --lock-wait 60s",
		"web":     cmp.Or(c.web, fmt.Sprintf(self, "web", c.query)),
		"worker":  fmt.Sprintf(self, "worker", c.work),
	}
	if c.free {
		delete(processes, "release")
	}
	return processes
}

// A shop is an app on the platform with a database.
type shop struct {
	*herokutest.App
	platform *herokutest.Platform
	db       *pgtest.DB
	log      *watched
}

// newShop has a web and two workers of the build before.
func newShop(t *testing.T, platform herokutest.Config, config herokutest.AppConfig) *shop {
	t.Helper()
	s := emptyShop(t, pgtest.New(t), platform, config)
	s.deploy(t, before())
	return s
}

// emptyShop has no code yet.
func emptyShop(t *testing.T, db *pgtest.DB, platform herokutest.Config, config herokutest.AppConfig) *shop {
	t.Helper()
	t.TempDir() // so that builds in it are removed after Close
	s := &shop{db: db, log: newWatched()}
	platform.Log = s.log
	platform.Drain = cmp.Or(platform.Drain, 3*time.Second) // for a slow machine: nothing here waits for it
	var err error
	if s.platform, err = herokutest.Start(platform); err != nil {
		t.Fatal(err)
	}
	searchLog(t, s.log, s.platform, db)
	t.Cleanup(func() {
		if err := s.platform.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(s.told())
		}
	})
	config.Name = "shop"
	if config.Formation == nil {
		config.Formation = map[string]int{"web": 1, "worker": 2}
	}
	config.Features = append(config.Features, herokutest.DynoMetadata)
	vars := map[string]string{
		"DATABASE_URL": s.db.URL, "HEROKU_API_URL": s.platform.URL, "HEROKU_API_KEY": s.platform.Token,
		"MIGGUARD_OVERLAP": "1s",
	}
	maps.Copy(vars, config.ConfigVars)
	config.ConfigVars = vars
	if s.App, err = s.platform.CreateApp(config); err != nil {
		t.Fatal(err)
	}
	s.db.Exec(t, "CREATE TABLE IF NOT EXISTS trouble (text text)")
	return s
}

// told is the app's log without the requests that went well.
func (s *shop) told() string {
	var lines strings.Builder
	for line := range strings.Lines(s.log.String()) {
		if !strings.Contains(line, "[router]: at=info") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// build is an artifact of a folder that code.folder has made.
func (s *shop) build(t *testing.T, c code, folder string) *herokutest.Artifact {
	t.Helper()
	built, err := s.Build(herokutest.Build{Dir: folder, Procfile: c.procfile()})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// deploy deploys and waits until every dyno runs it.
func (s *shop) deploy(t *testing.T, c code) *herokutest.Release {
	t.Helper()
	r := s.release(t, c)
	s.ends(t, r, herokutest.Succeeded)
	s.await(t, "it is rolled out", herokutest.State.RolledOut)
	return r
}

func (s *shop) release(t *testing.T, c code) *herokutest.Release {
	t.Helper()
	r, err := s.Deploy(s.build(t, c, c.folder(t)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *shop) ends(t *testing.T, r *herokutest.Release, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	status, err := r.Wait(ctx)
	if err != nil || status != want {
		t.Fatalf("v%d is %s, %v, want %s; it says:\n%s", r.Version, status, err, want, r.Output())
	}
}

func (s *shop) await(t *testing.T, what string, cond func(herokutest.State) bool) herokutest.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	state, err := s.Await(ctx, cond)
	if err != nil {
		t.Fatalf("not within %v: %s; state: %+v", 4*patience, what, state)
	}
	return state
}

// settle is "migguard settle --wait" on a laptop.
func (s *shop) settle(flags ...string) call {
	return on(s.db.URL, append([]string{"settle", "--wait", "--app", "shop"}, flags...)...).with(
		"HEROKU_API_URL="+s.platform.URL, "HEROKU_API_KEY="+s.platform.Token, "MIGGUARD_OVERLAP=1s",
		"MIGGUARD_RETRY_FOR="+s.State().ConfigVars["MIGGUARD_RETRY_FOR"])
}

func quantity(s herokutest.State, dynoType string) int {
	at := slices.IndexFunc(s.Formation, func(p herokutest.Process) bool { return p.Type == dynoType })
	if at < 0 {
		return -1
	}
	return s.Formation[at].Quantity
}

// calm is an app as it should be when nothing is going on.
func calm(s herokutest.State) bool {
	return !s.Maintenance && quantity(s, "worker") == 2 && s.RolledOut()
}

// wantUntroubled fails if anybody noticed more than maintenance mode.
func (s *shop) wantUntroubled(t *testing.T, v *visitor) {
	t.Helper()
	v.end()
	if len(v.failures) > 0 {
		t.Errorf("%d requests failed: %q", len(v.failures), v.failures[0])
	}
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "heroku[router]: at=error") {
			t.Errorf("a request failed: %s", line)
		}
	}
	if trouble := s.db.Query(t, "SELECT text FROM trouble"); len(trouble) > 0 {
		t.Errorf("workers failed: %q", trouble)
	}
	if v.served == 0 {
		t.Error("no request was served")
	}
}

// wantColumns compares the columns of a relation, besides id.
func (s *shop) wantColumns(t *testing.T, relation, want string) {
	t.Helper()
	got := s.db.Value(t, `SELECT coalesce(string_agg(attname, ',' ORDER BY attnum), '') FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attname <> 'id'`, relation)
	if got != want {
		t.Errorf("%s has %q, want %q", relation, got, want)
	}
}
