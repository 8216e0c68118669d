package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// secretive is an account of the database whose password is planted.
func secretive(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	role, password := db.Name+"_secretive", planted+"swordfish"
	db.Exec(t, fmt.Sprintf("CREATE ROLE %s SUPERUSER LOGIN PASSWORD '%s'", role, password))
	return as(t, db.URL, role, password, "")
}

// everyCommand is one call of each command that knows a secret.
var everyCommand = []string{
	"run", "run --format json --report report.json", "run -- true", "status", "status --format json", "doctor", "doctor --format json",
	"settle --deadline 1ms", "settle --wait --deadline 1ms", "settle --background --deadline 1ms", "shims",
	"maintenance status", "maintenance on --dry-run --format json", "maintenance off --dry-run",
}

// TestSecretsOfBadURLs has every command fail on, or go on without, a database
// whose URL holds a password.
func TestSecretsOfBadURLs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := newHerokuApp(t)
	good := secretive(t, db)
	closed := listen(t)
	_ = closed.Close()
	host, port, _ := strings.Cut(closed.Addr().String(), ":")
	for _, url := range []string{
		"postgres://app:" + planted + "%zz@db/shop", "postgres://app:pa/" + planted + "@db/shop", "postgres://app:pass4@" + planted + "@db/shop",
		"postgres://app:" + planted + ":x@db:http/shop", "mysql://app:" + planted + "@db/shop", planted,
		"postgres://app:" + planted + "@" + closed.Addr().String() + "/shop",
		"host=" + host + " port=" + port + " user=app password=" + planted, "host=" + host + " port=x password=" + planted,
		"postgres://app@" + closed.Addr().String() + "/shop?password=" + planted + "&sslmode=bad",
		strings.Replace(good, planted, planted+"-not-", 1),
		strings.Replace(good, "/"+db.Name, "/nosuch", 1), good,
	} {
		app := newSQL(t, "goose", "first")
		for _, line := range everyCommand {
			c := s.maintenance().with("DATABASE_URL=" + url).in(app)
			c.args = strings.Fields(line)
			if r := c.run(t); r.stdout+r.stderr == "" && !strings.Contains(line, "background") {
				t.Errorf("%s says nothing", line)
			}
		}
	}
}

// TestSecretsOfEchoes has the Platform API, or a proxy, answer with the token.
func TestSecretsOfEchoes(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 400, 401, 403, 404, 407, 422, 429} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			url := secretive(t, pgtest.New(t))
			var asked sync.Map
			echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				asked.Store(token, true)
				for name, value := range map[string]string{"Location": "http://127.0.0.1:1/" + token, "Retry-After": "3600",
					"Request-Id": token, "X-Heroku-Warning": "the token " + token + " is old", "Content-Type": "application/json"} {
					w.Header().Set(name, value)
				}
				w.WriteHeader(status)
				fmt.Fprintf(w, `{"id": %q, "message": "no such thing: %s", "name": %[2]q, "x`, token, token)
			}))
			defer echo.Close()
			for _, line := range everyCommand {
				c := call{args: strings.Fields(line), dir: newSQL(t, "goose", "first"), env: []string{"DATABASE_URL=" + url,
					"HEROKU_API_URL=" + echo.URL, "HEROKU_API_KEY=HRKU-" + planted, "HEROKU_APP_NAME=shop"}}
				c.run(t)
			}
			if _, ok := asked.Load("HRKU-" + planted); !ok {
				t.Error("nobody has sent the token")
			}
		})
	}
}

// TestSecretsOfWords has secrets stand where they do not belong: on the command
// line, in statements, in files.
func TestSecretsOfWords(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := newHerokuApp(t)
	url := secretive(t, db)
	app := newSQL(t, "goose", "first")
	writeFile(t, app, "netrc", "machine api.heroku.com login x password")
	report := []string{"--format", "json", "--report", filepath.Join(t.TempDir(), "report.json")}
	for _, args := range [][]string{
		{url}, {"run", url}, {"status", url}, {"doctor", url}, {"settle", url}, {"shims", url}, {"maintenance", url}, {"maintenance", "on", url},
		{"status", "--app", url}, {"doctor", "--app", url}, {"settle", "--app", url}, {"maintenance", "status", "--app", url},
		{"status", "--app", s.Token}, {"doctor", "--app", s.Token}, {"settle", "--app", s.Token}, {"maintenance", "on", "--app", s.Token},
		{"run", "--config", url}, {"doctor", "--config", url}, {"run", "--format", url}, {"run", "--report", url}, {"run", "--allow", url},
		{"run", "--on-api-failure", url}, {"run", "--" + url}, {"settle", "--deadline", url}, {"maintenance", "on", "--for", url},
		append(append([]string{"run"}, report...), "--", "psql", "--no-psqlrc", "--command=SELECT 1", url),
		append(append([]string{"run"}, report...), "--", "no-such-program", "-database", url, "up"),
		append(append([]string{"run"}, report...), "--", "DATABASE_URL="+url, "sh", "-c", "exit 3"),
		append(append([]string{"run"}, report...), "--", "psql --no-psqlrc '"+url+"' --command='SELECT 1'"),
		append(append([]string{"run"}, report...), "--", "sh", "-c", "unset HEROKU_API_KEY; env; env >&2; exit 3"),
		append(append([]string{"run"}, report...), "--", `psql "$DATABASE_URL" --no-psqlrc --command="CREATE TABLE t (id int); ALTER TABLE t RENAME TO u"`),
		append(append([]string{"run"}, report...), "--", `psql "$DATABASE_URL" --no-psqlrc --command="ALTER ROLE CURRENT_USER PASSWORD '`+planted+`swordfish'"`),
	} {
		c := s.maintenance().with("DATABASE_URL=" + url).in(app)
		c.args = args
		if r := c.run(t); r.stdout+r.stderr == "" {
			t.Errorf("%q says nothing", args)
		}
	}
	for _, env := range [][]string{
		{"HEROKU_API_URL=http://x:" + planted + "@" + strings.TrimPrefix(s.URL, "http://")}, {"HEROKU_API_URL=" + planted},
		{"HEROKU_API_KEY=" + planted + " " + planted}, {"HEROKU_API_KEY=", "NETRC=" + filepath.Join(app, "netrc")},
		{"PGSERVICE=x", "PGPASSWORD=" + planted}, {"HEROKU_APP_NAME=" + s.Token},
	} {
		for _, line := range everyCommand {
			c := s.maintenance().with("DATABASE_URL=" + url).with(env...).in(app)
			c.args = strings.Fields(line)
			c.run(t)
		}
	}
}

// TestSecretsOfDumps ends processes as the Go runtime does when it dumps every
// goroutine, with the token and the password in memory.
func TestSecretsOfDumps(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	url := secretive(t, db)
	run, stdin := shell(t, db, "echo ready; read x")
	run.stdout.await(t, "ready")
	abort(t, run, syscall.SIGABRT)
	_ = stdin.Close()
	run.wait(t).expect(t, 2, "SIGABRT", "goroutine ")
	for _, args := range []string{"status", "doctor", "settle --wait", "maintenance on --for 1h"} {
		for _, signal := range []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT} {
			s := newHerokuApp(t) // where no other process has asked, so that who asks is this one
			hang := s.Fault(herokutest.Fault{Kind: herokutest.Hang, Times: herokutest.Always})
			hangs := call{args: strings.Fields(args), env: []string{
				"DATABASE_URL=" + url, "HEROKU_API_URL=" + s.URL, "HEROKU_API_KEY=" + s.Token, "HEROKU_APP_NAME=shop",
			}}.start(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if err := hang.AwaitHit(ctx); err != nil {
				t.Error(err)
			}
			cancel()
			abort(t, hangs, signal)
			hangs.wait(t).expect(t, 2, "goroutine ")
		}
	}
}

func abort(t *testing.T, s *started, signal syscall.Signal) {
	t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// TestSecretsAreSeen: the search finds what is there, wherever it is.
func TestSecretsAreSeen(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	url := secretive(t, db)
	c := on(url, "run", "--build", "build-of-"+planted, "--report", filepath.Join(t.TempDir(), "r"), "--", "true")
	for _, c.env = range [][]string{c.env, {"DATABASE_URL=host=x password=" + planted + "0"}, {"PGPASSWORD=" + planted + "1"}, {"HEROKU_API_KEY=" + planted + "2"}} {
		if got := c.secrets(); len(got) != 2 || !strings.HasPrefix(got[1], planted) {
			t.Errorf("%q: secrets %q", c.env, got)
		}
	}
	seen := &verdicts{TB: t}
	hides(seen, "", "a "+planted+" b", planted)
	c.env = []string{"DATABASE_URL=" + url}
	s := c.start(t)
	_ = s.Wait()
	hides(seen, "", s.report(), planted)
	hides(seen, "", ledgerText(t, url), planted)
	if seen.errors != 3 {
		t.Errorf("%d of 3 are found", seen.errors)
	}
	db.Exec(t, "DELETE FROM migguard.release")
}

// verdicts count a test's errors in place of failing it.
type verdicts struct {
	testing.TB
	errors int
}

func (v *verdicts) Errorf(string, ...any) { v.errors++ }
