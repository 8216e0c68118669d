package cli_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// bootsIn is a call of "migguard boot" in a dyno of build one.
func bootsIn(url string, env ...string) call {
	return on(url, "boot").with(append([]string{"DYNO=web.1", "HEROKU_APP_NAME=shop", "HEROKU_RELEASE_VERSION=v2", "MIGGUARD_BUILD_ID=one"}, env...)...)
}

// ledgerIn makes the ledger, as a first run does.
func ledgerIn(t *testing.T, db *pgtest.DB) {
	t.Helper()
	on(db.URL, "run", "--", "true").with("MIGGUARD_BUILD_ID=zero").run(t).expect(t, 0)
}

// TestBootSetsPGOPTIONS: with what it prints, psql looks into the overlay's schema,
// and all else is as the app, the role and the database have it.
func TestBootSetsPGOPTIONS(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		bootsIn(db.URL).run(t).saysNothing(t) // no ledger yet
		ledgerIn(t, db)
		db.Exec(t, `create schema "it's ""odd"" \"`, "create table public.here (x text)", "insert into here values ('own')")
		look := func(printed, sql string) string {
			t.Helper()
			cmd := exec.Command("bash", "-euc", `eval "$1"; exec psql -XAtc "$2" "$3"`, "-", printed, sql, db.URL)
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v", printed, err)
			}
			return strings.TrimSpace(string(out))
		}
		for own, env := range map[string]string{
			`"$user", public`:          "",
			`"it's ""odd"" \", public`: `PGOPTIONS=-c search_path="it's\ ""odd""\ \\",\ public -c statement_timeout=7s`,
			`public`:                   "PGOPTIONS=--search-path=public",
		} {
			r := bootsIn(db.URL, env).run(t)
			r.expect(t, 0)
			if r.stderr != "" || !strings.HasPrefix(r.stdout, "export PGOPTIONS='") {
				t.Fatalf("%s: %q %q", own, r.stdout, r.stderr)
			}
			if got, want := look(r.stdout, "show search_path"), "mg_one, "+own; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if timeout := look(r.stdout, "show statement_timeout"); strings.Contains(env, "7s") != (timeout == "7s") {
				t.Errorf("%s: statement_timeout is %s", env, timeout)
			}
			if got := look(r.stdout, "select x from here"); got != "own" {
				t.Error(got)
			}
			again := bootsIn(db.URL, strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(r.stdout, "export "), "'\n"), "PGOPTIONS='", "PGOPTIONS=")).run(t)
			if !strings.Contains(own, "'") && again.stdout != r.stdout {
				t.Errorf("the second time:\n%safter\n%s", again.stdout, r.stdout)
			}
		}
		r := bootsIn(db.URL).run(t)
		db.Exec(t, "create schema mg_one", "create view mg_one.here as select 'overlay' as x")
		if got := look(r.stdout, "select x from here"); got != "overlay" {
			t.Errorf("it looks into %s", got)
		}
		if again := bootsIn(db.URL).run(t); again.stdout != r.stdout {
			t.Errorf("when the overlay is there: %q %q", again.stdout, again.stderr)
		}
	})
}

func (r result) saysNothing(t *testing.T) {
	t.Helper()
	r.expect(t, 0)
	if r.stdout+r.stderr != "" {
		t.Errorf("%q %q", r.stdout, r.stderr)
	}
}

// TestBootDoesNothing where it might do harm, and never fails.
func TestBootDoesNothing(t *testing.T) {
	t.Parallel()
	db, other := pgtest.New(t), pgtest.New(t)
	ledgerIn(t, db)
	other.Exec(t, `do $$ begin execute format('alter database %I set search_path = elsewhere', current_database()); end $$`)
	join := func(s string) string {
		if strings.Contains(db.URL, "?") {
			return db.URL + "&" + s
		}
		return db.URL + "?" + s
	}
	for name, c := range map[string]struct {
		call call
		says string // "": nothing
	}{
		"turned off":                {bootsIn(db.URL, "MIGGUARD_OVERLAY=off"), ""},
		"no build":                  {bootsIn(db.URL, "MIGGUARD_BUILD_ID="), ""},
		"no app":                    {bootsIn(db.URL, "HEROKU_APP_NAME="), ""},
		"no dyno":                   {bootsIn(db.URL, "DYNO="), ""},
		"no database":               {bootsIn("", "DYNO=web.1"), ""},
		"no ledger":                 {bootsIn(other.URL), ""},
		"the URL has options":       {bootsIn(join("options=-cwork_mem%3D4MB")), "options of its own"},
		"the URL has a path":        {bootsIn(join("search_path=public")), "with search_path = mg_one, public in PGOPTIONS has public"},
		"nobody answers":            {bootsIn("postgres://u:secret@127.0.0.1:1/d"), "connect to 127.0.0.1:1"},
		"no such password":          {bootsIn("postgres://nobody:secret@" + strings.SplitN(db.URL, "@", 2)[1]), "log in"},
		"nonsense":                  {bootsIn("postgres://u:sec ret@h/d"), "database URL"},
		"another database's path":   {bootsIn(db.URL, "FOLLOWER_URL="+other.URL), "another database of the environment"},
		"another that is not there": {bootsIn(db.URL, "CACHE_URL=postgres://u:secret@127.0.0.1:1/d"), "another database of the environment"},
	} {
		r := c.call.run(t)
		r.expect(t, 0)
		if r.stdout != "" || strings.Contains(r.stderr, "secret") || strings.Count(r.stderr, "\n") > 1 ||
			c.says == "" && r.stderr != "" || !strings.Contains(r.stderr, c.says) {
			t.Errorf("%s: %q %q, want %q", name, r.stdout, r.stderr, c.says)
		}
	}
	if r := bootsIn(db.URL, "HEROKU_POSTGRESQL_RED_URL="+db.URL, "REDIS_URL=redis://h").run(t); r.stdout == "" || r.stderr != "" {
		t.Errorf("the same database by another name: %q %q", r.stdout, r.stderr)
	}
}

// steeredCode is code whose migration command is psql, and whose source sets no
// search path.
func steeredCode(id string) platform.Code {
	return platform.Code{
		ID: id, Query: "SELECT count(*) FROM seen", Work: "INSERT INTO seen DEFAULT VALUES",
		Runner:   `'psql -Xqc "CREATE TABLE IF NOT EXISTS made (id int)" "$DATABASE_URL"'`,
		Contract: `{"version":1,"sources":[{"scanner":"scan","whole":true,"paths":true}],"relations":[],"gaps":[]}`,
	}
}

// steering is the overlay that a build's dynos are proven to look into, or why it
// is not proven, as "migguard status" says.
func (s *shop) steering(t *testing.T, build string, env ...string) (overlay, why string) {
	t.Helper()
	r := on(s.DB.URL, "status", "--format", "json", "--app", platform.Name).with("HEROKU_API_URL="+s.Platform.URL, "HEROKU_API_KEY="+s.Platform.Token, s.overlap()).with(env...).run(t)
	r.expect(t, 0)
	var doc struct {
		Running struct {
			Steering []struct {
				Build, Overlay string
				Why            string `json:"not_proven"`
			}
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	for _, st := range doc.Running.Steering {
		if st.Build == build || st.Build == "" && env != nil {
			return st.Overlay, st.Why
		}
	}
	t.Fatalf("build %s does not run: %s", build, r.stdout)
	return "", ""
}

// TestSteered: an app whose dynos boot with the profile script is proven to be
// steered, and is; and with each condition broken it is not, and that is said.
func TestSteered(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "create table public.seen (path text default current_setting('search_path'))")
	ledgerIn(t, db)
	s := emptyShop(t, db, herokutest.AppConfig{})
	s.RollOut(t, steeredCode("one"))
	status := func(env ...string) (overlay, why string) { t.Helper(); return s.steering(t, "one", env...) }
	platform.Eventually(t, "all dynos have announced themselves", func() bool {
		overlay, _ := status()
		return overlay == "mg_one"
	})
	if path := db.Query(t, "select distinct path from seen"); len(path) != 1 || path[0][0] != `mg_one, "$user", public` {
		t.Errorf("workers looked into %q", path)
	}
	db.Exec(t, "create schema mg_one", "create table mg_one.seen (path text)")
	platform.Eventually(t, "workers look into the overlay", func() bool { return db.Value(t, "select count(*) > 0 from mg_one.seen") == "t" })

	breaks := func(what, want string, undo, do string) {
		t.Helper()
		db.Exec(t, do)
		if overlay, why := status(); overlay != "" || !strings.Contains(why, want) {
			t.Errorf("%s: %q %q, want %q", what, overlay, why, want)
		}
		db.Exec(t, undo)
		if overlay, why := status(); overlay != "mg_one" {
			t.Fatalf("%s, undone: %q", what, why)
		}
	}
	breaks("one dyno has not", "worker.2 has not announced", "update migguard.boot set dyno = 'worker.2' where dyno = 'x'", "update migguard.boot set dyno = 'x' where dyno = 'worker.2'")
	breaks("an earlier dyno had", "earlier dyno of the name", "update migguard.boot set announced_at = announced_at + interval '1h'", "update migguard.boot set announced_at = announced_at - interval '1h'")
	breaks("another app's dyno had", "has not announced", "update migguard.boot set app = 'shop'", "update migguard.boot set app = 'other'")
	breaks("the command set a path", "it did", "update migguard.runner_path set problem = null", "update migguard.runner_path set problem = 'it did'")
	breaks("no command", "opened no session", "update migguard.runner_path set build = 'one' where build = 'x'", "update migguard.runner_path set build = 'x' where build = 'one'")
	breaks("no contract", "no contract of it", "update migguard.contract set build = 'one' where build = 'x'", "update migguard.contract set build = 'x' where build = 'one'")
	breaks("an old scan", "earlier version of migguard", `update migguard.contract set document = replace(document, '"other"', '"paths"')`, `update migguard.contract set document = replace(document, '"paths"', '"other"')`)
	if overlay, why := status("HEROKU_API_KEY="); overlay != "" || !strings.Contains(why, "did not tell which dynos run") {
		t.Errorf("without a token: %q %q", overlay, why)
	}

	// A dyno without the option is seen as soon as it is listed.
	if _, err := s.RunDyno("exec sleep 1000"); err != nil {
		t.Fatal(err)
	}
	platform.Eventually(t, "the one-off dyno has announced itself", func() bool { overlay, _ := status(); return overlay == "mg_one" })
	if r := on(db.URL, "boot", "--announce").with("DYNO=worker.1", "HEROKU_APP_NAME=shop", "MIGGUARD_BUILD_ID=one").run(t); r.stdout+r.stderr != "" {
		t.Errorf("%q %q", r.stdout, r.stderr)
	}
	if overlay, why := status(); overlay != "" || !strings.Contains(why, "worker.1 has not announced") {
		t.Errorf("a process of it was started without: %q %q", overlay, why)
	}
	// The release's own sessions were as they are.
	if path := db.Value(t, "select schema || ' ' || coalesce(problem, '') from migguard.runner_path where build = 'one'"); path != "mg_one " {
		t.Error(path)
	}
}

// TestRunnerPath: what the sessions of a migration command show of where the app's
// library looks first.
func TestRunnerPath(t *testing.T) {
	t.Parallel()
	const ruby = `ruby -rpg -e 'c = PG.connect(ENV["DATABASE_URL"]); c.exec("create table if not exists t (id int)"); c.exec_params("select set_config($1, $2, false)", ["work_mem", "4MB"]) if ARGV[0]' `
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		psql := func(env, sql string) string { return env + ` psql -Xqc "` + sql + `" "$DATABASE_URL"` }
		for i, c := range []struct{ command, problem string }{
			{psql("", "show search_path"), ""},
			{psql("", "create table if not exists t (id int)") + " && " + psql("", "select set_config('work_mem', '4MB', false), current_setting('search_path')"), ""},
			{ruby, ""},
			{psql("PGOPTIONS=", "select 1"), "did not bring the options"},
			{psql("", "select 1") + " && " + psql("PGOPTIONS='-c work_mem=4MB'", "select 1"), "did not bring the options"},
			{psql("PGOPTIONS='-c search_path=public'", "select 1"), "search_path public, which does not begin with mg_b"},
			{psql("", "/* */ SET Search_Path = public"), "sets search_path"},
			{psql("", "begin; set local search_path to public; commit"), "sets search_path"},
			{psql("", "alter role current_user reset search_path"), "sets search_path"},
			{psql("", "select set_config('SEARCH_PATH', 'public', false)"), "sets search_path"},
			{psql("", "select set_config(name, '4MB', false) from pg_settings where name = 'work_mem'"), "sets search_path"},
			{ruby + "x", "sets search_path"},
		} {
			build := "b" + string(rune('a'+i))
			r := on(db.URL, "run", "--", c.command).with("MIGGUARD_BUILD_ID="+build, `PGOPTIONS=-c search_path=mg_`+build+`,\ "$user",\ public`).run(t)
			r.expect(t, 0)
			rows := db.Query(t, "select schema, sessions > 0, coalesce(problem, '') from migguard.runner_path where build = $1", build)
			if len(rows) != 1 || rows[0][0] != "mg_"+build || rows[0][1] != "t" || !strings.Contains(rows[0][2], c.problem) || c.problem == "" && rows[0][2] != "" {
				t.Errorf("%s: %q, want %q\n%s", c.command, rows, c.problem, r.stderr)
			}
		}
		folder := t.TempDir()
		writeFile(t, folder, "migrations/001_a.up.sql", "create table a (id int)")
		on(db.URL, "run").in(folder).with("MIGGUARD_BUILD_ID=e", `PGOPTIONS=-c search_path=mg_e,\ public`).run(t).expect(t, 0)
		if n := db.Value(t, "select count(*) from migguard.runner_path where build = 'e'"); n != "0" {
			t.Error("migguard's own library says nothing of the app's")
		}
	})
}
