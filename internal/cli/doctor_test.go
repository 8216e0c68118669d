package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A patient is an app with one thing wrong.
type patient struct {
	name   string
	app    func(*herokutest.AppConfig)
	files  map[string]string // "": there is none
	env    []string
	flags  []string
	fault  herokutest.Fault // of the API, for this app
	states map[string]string
	absent string // checks that it cannot come to
	fix    string // APP stands for the app's name
}

const (
	noAPI     = "metadata preboot buildpacks"
	nothingAt = "postgres://app:" + planted + "@127.0.0.1:1/shop"
	makeToken = `heroku config:set HEROKU_API_KEY="$(heroku authorizations:create -d migguard -s write -S)" --app APP`
	addFirst  = "heroku buildpacks:add --index 1 URL --app APP, with the URL of migguard-buildpack.tgz, and deploy"
	procfile  = "write in the Procfile: release: migguard run"
)

func one(check, state string) map[string]string { return map[string]string{check: state} }

func release(command string) map[string]string {
	return map[string]string{"Procfile": "web: bin/server\nrelease: " + command + "\n"}
}

func buildpacks(names ...string) func(*herokutest.AppConfig) {
	return func(c *herokutest.AppConfig) { c.Buildpacks = names }
}

func patients(t *testing.T, db *pgtest.DB) []patient {
	grantless, owner := db.Name+"_grantless", db.Name+"_owner"
	db.Exec(t, fmt.Sprintf("CREATE ROLE %[1]s LOGIN PASSWORD '%[3]s'; CREATE ROLE %[2]s LOGIN PASSWORD '%[3]s'; GRANT CREATE ON DATABASE %[4]s TO %[2]s; CREATE TABLE users (id int); CREATE EXTENSION pg_stat_statements",
		grantless, owner, planted, db.Name))
	return []patient{
		{name: "healthy"},
		{name: "no-database", env: []string{"DATABASE_URL="}, states: one("database", "fail"), absent: "grants queries", fix: "heroku addons:create heroku-postgresql --app APP"},
		{name: "bad-url", env: []string{"DATABASE_URL=postgres://u:" + planted + "%zz@db/x"}, states: one("database", "fail"), absent: "grants queries",
			fix: "heroku pg:credentials:url --app APP"},
		{name: "wrong-password", env: []string{"DATABASE_URL=" + as(t, db.URL, owner, "not"+planted, "")}, states: one("database", "fail"), absent: "grants queries",
			fix: "heroku pg:credentials:url --app APP"},
		{name: "unreachable", env: []string{"DATABASE_URL=" + nothingAt}, states: one("database", "fail"), absent: "grants queries", fix: "heroku pg:info --app APP"},
		{name: "pooler", env: []string{"DATABASE_URL=" + startBouncer(t, db, "transaction")}, states: one("database", "fail"), absent: "grants queries",
			fix: "heroku addons:attach DATABASE --as MIGGUARD_DATABASE --app APP"},
		{name: "pooler-and-direct", env: []string{"DATABASE_URL=" + nothingAt, "MIGGUARD_DATABASE_URL=" + db.URL}},
		{name: "no-grant", env: []string{"DATABASE_URL=" + as(t, db.URL, grantless, planted, "")}, states: one("grants", "fail"),
			fix: "heroku pg:psql --app APP -c 'GRANT CREATE ON DATABASE " + db.Name + " TO " + grantless + "'"},
		{name: "unseen-queries", env: []string{"DATABASE_URL=" + pgtest.New(t).URL}, states: one("queries", "warn"),
			fix: "heroku pg:psql --app APP -c 'CREATE EXTENSION pg_stat_statements'"},
		{name: "foreign-tables", env: []string{"DATABASE_URL=" + as(t, db.URL, owner, planted, "")}, states: one("grants", "warn"), fix: "heroku pg:credentials --app APP"},

		{name: "no-procfile", files: map[string]string{"Procfile": ""}, states: one("procfile", "warn"), fix: procfile},
		{name: "no-release-line", files: map[string]string{"Procfile": "web: bin/server\n# release: migguard run\n"}, states: one("procfile", "fail"), fix: procfile},
		{name: "past-migguard", files: release("rake db:migrate"), states: one("procfile", "fail"), fix: procfile + " -- 'rake db:migrate'"},
		{name: "nearly-migguard", files: release("migguard runs"), states: one("procfile", "fail"), fix: procfile},
		{name: "or-true", files: release("migguard run || true"), states: one("procfile", "warn"), fix: procfile},
		{name: "semicolon", files: release("migguard run; echo done"), states: one("procfile", "warn"), fix: procfile},
		{name: "pipe", files: release("migguard run | tee log"), states: one("procfile", "warn"), fix: procfile},
		{name: "bare-and", files: release("migguard run -- a && b"), states: one("procfile", "warn"), fix: procfile + " -- 'COMMAND && COMMAND'"},
		{name: "and-before", files: release("rake db:migrate && migguard run"), states: one("procfile", "warn"), fix: procfile + " -- 'COMMAND && COMMAND'"},
		{name: "quoted", files: release("bin/migguard run -- 'a && b; c || d'")},
		{name: "and-then", files: release("migguard run && bin/notify")},

		{name: "no-runner", files: map[string]string{"migrations/00001_create_users.sql": ""}, states: one("runner", "fail"), fix: procfile + " -- COMMAND"},
		{name: "two-runners", files: map[string]string{"config/application.rb": "#", "bin/rails": "#"}, states: one("runner", "fail"), fix: procfile + " -- COMMAND"},
		{name: "owned", files: map[string]string{"migrations/00001_create_users.sql": "", "migrations/1_t.up.sql": "SELECT 1", "go.mod": "require github.com/golang-migrate/migrate/v4 v4"},
			states: one("runner", "fail"), fix: `write in the Procfile: release: migguard run -- 'migrate -path migrations -database "$DATABASE_URL" up'`},
		{name: "named-runner", files: map[string]string{"migrations/00001_create_users.sql": "", "Procfile": "release: migguard run -- python manage.py migrate\n"}},

		{name: "not-built", files: map[string]string{".migguard/build.json": ""}, states: one("build", "warn"), fix: addFirst},
		{name: "commit-only", files: map[string]string{".migguard/build.json": ""}, env: []string{"HEROKU_SLUG_COMMIT=c0ffee"}, states: one("build", "warn"), fix: addFirst},
		{name: "own-build-id", files: map[string]string{".migguard/build.json": ""}, env: []string{"MIGGUARD_BUILD_ID=mine"}},

		{name: "bad-toml", files: map[string]string{"migguard.toml": "[polcy]\nx = \"y\"\n"}, states: one("config", "fail"), fix: "mend the file"},
		{name: "bad-verdict", files: map[string]string{"migguard.toml": "[policy]\nrenamed-column = \"hope\"\n"}, states: one("policy", "fail"), fix: "mend migguard.toml"},
		{name: "bad-exception", files: map[string]string{"migguard.toml": "allow = [\"nonsense\"]\n"}, states: one("policy", "fail"), fix: "mend migguard.toml"},
		{name: "bad-stop", files: map[string]string{"migguard.toml": "[maintenance]\nstop = [\"wroker\"]\n"}, states: one("stop", "fail"), fix: "name a process type of the Procfile"},
		{name: "good-toml", files: map[string]string{"migguard.toml": "[policy]\nrenamed-column = \"maintenance\"\n"}, states: one("policy", "ok")},

		{name: "no-token", env: []string{"HEROKU_API_KEY="}, states: one("token", "warn"), absent: noAPI, fix: makeToken},
		{name: "bad-token", env: []string{"HEROKU_API_KEY=" + planted}, states: one("token", "fail"), absent: noAPI, fix: makeToken},
		{name: "broken-token", env: []string{"HEROKU_API_KEY=" + planted + " " + planted}, states: one("token", "fail"), absent: noAPI, fix: makeToken},
		{name: "bad-netrc", files: map[string]string{"netrc": "machine api.heroku.com login x password"}, env: []string{"HEROKU_API_KEY=", "NETRC=netrc"},
			states: one("token", "fail"), absent: noAPI, fix: makeToken},
		{name: "read-only-token", fault: herokutest.Fault{Kind: herokutest.Forbidden, Method: "PATCH"}, states: one("token", "fail"), absent: noAPI, fix: makeToken},
		{name: "picky-api", fault: herokutest.Fault{Kind: herokutest.Invalid, Method: "PATCH"}},
		{name: "no-app", flags: []string{"--app", "nosuch"}, states: one("token", "fail"), absent: noAPI, fix: "heroku apps --all"},
		{name: "no-app-name", flags: []string{"--app", "No such"}, states: one("token", "fail"), absent: noAPI, fix: "heroku apps --all"},
		{name: "bad-address", env: []string{"HEROKU_API_URL=ftp://x:" + planted + "@api"}, states: one("token", "fail"), absent: noAPI, fix: "heroku config:unset HEROKU_API_URL --app APP"},
		{name: "late-refusal", fault: herokutest.Fault{Kind: herokutest.NotFound, Path: "/buildpack-installations"}, states: one("api", "fail"), absent: "buildpacks", fix: "heroku apps --all"},
		{name: "api-down", fault: herokutest.Fault{Kind: herokutest.Unavailable}, states: one("token", "fail"), absent: noAPI, fix: "heroku status"},
		{name: "rate-limit", fault: herokutest.Fault{Kind: herokutest.RateLimited, RetryAfter: 1e12}, states: one("token", "fail"), absent: noAPI, fix: "heroku run migguard doctor --app APP, later"},

		{name: "metadata-off", app: func(c *herokutest.AppConfig) { c.Features = nil }, states: one("metadata", "warn"),
			fix: "heroku labs:enable runtime-dyno-metadata --app APP, and the next release"},
		{name: "metadata-none", env: []string{"HEROKU_APP_NAME="}, states: one("metadata", "warn"), absent: "token preboot buildpacks",
			fix: "heroku labs:enable runtime-dyno-metadata --app APP, and the next release"},
		{name: "preboot", app: func(c *herokutest.AppConfig) { c.Features = append(c.Features, herokutest.Preboot) }, states: one("preboot", "warn"),
			fix: "heroku features:disable preboot --app APP"},

		{name: "no-buildpack", app: buildpacks("heroku/nodejs", "heroku/ruby"), states: one("buildpacks", "fail"), fix: addFirst},
		{name: "last-buildpack", app: buildpacks("heroku/ruby", "migguard/migguard"), states: one("buildpacks", "warn"),
			fix: "heroku buildpacks:remove migguard/migguard --app APP && heroku buildpacks:add --index 1 migguard/migguard --app APP"},
		{name: "only-buildpack", app: buildpacks("migguard/migguard"), states: one("buildpacks", "warn"), fix: "heroku buildpacks:add heroku/LANGUAGE --app APP"},
		{name: "by-address", app: buildpacks("heroku/nodejs", "https://github.com/migguard/migguard", "heroku/ruby")},
		{name: "container", app: buildpacks(), absent: "buildpacks"},
	}
}

// TestDoctor: what is wrong is what is said, with what mends it, and nothing
// else.
func TestDoctor(t *testing.T) {
	t.Parallel()
	platform := herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t)})
	db := pgtest.StartFor(t, pgtest.Options{}).NewDB(t) // where no other test fills up pg_stat_statements
	all := patients(t, db)
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			c := p.admit(t, platform, db)
			r := c.run(t)
			p.diagnosed(t, r)
		})
	}
}

// admit makes the patient, and returns the call of the doctor.
func (p patient) admit(t *testing.T, platform *herokutest.Platform, db *pgtest.DB) call {
	t.Helper()
	config := herokutest.AppConfig{Name: p.name, Features: []string{herokutest.DynoMetadata}, Buildpacks: []string{"migguard/migguard", "heroku/go"}}
	if p.app != nil {
		p.app(&config)
	}
	if _, err := platform.CreateApp(config); err != nil {
		t.Fatal(err)
	}
	if p.fault.Kind != "" {
		p.fault.Path, p.fault.Times = "/apps/"+p.name+"(/.*)?"+p.fault.Path+"$", herokutest.Always
		platform.Fault(p.fault)
	}
	files := map[string]string{
		"Procfile":                          "release: migguard run\nweb: bin/server\n",
		"migrations/00001_create_users.sql": "-- +goose Up\nCREATE TABLE users (id int);\n",
		".migguard/build.json":              `{"build": "b1"}`,
	}
	maps.Copy(files, p.files)
	dir := t.TempDir()
	for name, text := range files {
		if text != "" {
			writeFile(t, dir, name, text)
		}
	}
	return on(db.URL, append([]string{"doctor", "--format", "json"}, p.flags...)...).in(dir).
		with("HEROKU_API_URL="+platform.URL, "HEROKU_API_KEY="+platform.Token, "HEROKU_APP_NAME="+p.name).with(p.env...)
}

type check struct{ Check, State, Text, Fix string }

func (p patient) diagnosed(t *testing.T, r result) {
	t.Helper()
	var checks []check
	if err := json.Unmarshal([]byte(r.stdout), &checks); err != nil {
		t.Fatalf("%v:\n%s%s", err, r.stdout, r.stderr)
	}
	want := map[string]string{}
	for _, name := range strings.Fields("database grants queries procfile runner build token " + noAPI) {
		want[name] = "ok"
	}
	maps.Copy(want, p.states)
	for _, name := range strings.Fields(p.absent) {
		delete(want, name)
	}
	got, code := map[string]string{}, 0
	for _, c := range checks {
		got[c.Check] = c.State
		if c.Text == "" || (c.State == "ok") != (c.Fix == "") {
			t.Errorf("%+v", c)
		}
		fix := strings.ReplaceAll(p.fix, "APP", p.appName())
		if c.State != "ok" && (fix == "" || !strings.HasPrefix(c.Fix, fix)) {
			t.Errorf("%s is mended by %q, want %q; %s", c.Check, c.Fix, fix, c.Text)
		}
		if c.State == "fail" {
			code = 64
		}
	}
	waits := p.fault.Kind == herokutest.Unavailable // half a minute, and says so
	if !maps.Equal(got, want) || len(checks) != len(want) || r.code != code || waits != strings.Contains(r.stderr, "waiting for the Platform API") || !waits && r.stderr != "" {
		t.Errorf("exit status %d, stderr %q, checks %v, want %v\n%s", r.code, r.stderr, got, want, r.stdout)
	}
}

// appName is what the commands have: APP where it is not known.
func (p patient) appName() string {
	switch {
	case len(p.flags) > 0:
		return p.flags[1]
	case slices.Contains(p.env, "HEROKU_APP_NAME="):
		return "APP"
	}
	return p.name
}

// TestDoctorText is for people: a line a check, and what mends it below.
func TestDoctorText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "Procfile", "release: rake db:migrate\n")
	r := call{args: []string{"doctor", "--app", "shop"}, dir: dir}.run(t)
	r.expect(t, 64)
	golden(t, "doctor.txt", r.stdout)
}

// TestDoctorMends does what the doctor says.
func TestDoctorMends(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	role := db.Name + "_mended"
	db.Exec(t, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'; GRANT CREATE ON SCHEMA public TO %[1]s", role, planted))
	doctor := on(as(t, db.URL, role, planted, ""), "doctor", "--app", "shop").in(newSQL(t, "goose", "first"))
	r := doctor.run(t)
	r.says(t, "fail  grants", "may not create migguard's schema", "-> heroku pg:psql --app shop -c '")
	_, after, _ := strings.Cut(r.stdout, " -c '")
	sql, _, _ := strings.Cut(after, "'\n")
	db.Exec(t, sql)
	doctor.run(t).says(t, "ok    grants")
	c := doctor
	c.args = []string{"run"}
	c.run(t).expect(t, 0, "succeeded")
}
