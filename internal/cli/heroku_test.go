package cli_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// roleVariable makes the test binary a dyno's process: "web" or "worker".
const roleVariable = "MIGGUARD_TEST_ROLE"

// play is a dyno. A web dyno answers with the result of its query, 500 when
// that fails; a worker writes what fails into the table trouble.
func play(role string) int {
	ctx := context.Background()
	query := os.Getenv("QUERY")
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if role == "worker" {
		for {
			if _, err := conn.Exec(ctx, query); err != nil {
				_, _ = conn.Exec(ctx, "INSERT INTO trouble VALUES ($1)", os.Getenv("DYNO")+": "+err.Error())
			}
			if _, err := conn.Exec(ctx, "SELECT pg_sleep(0.01)"); err != nil {
				return 1
			}
		}
	}
	var one sync.Mutex
	err = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			one.Lock()
			defer one.Unlock()
			if _, err := conn.Exec(r.Context(), query); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprintln(w, os.Getenv("HEROKU_RELEASE_VERSION"))
		}))
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// A shop is an app on the platform with a database.
type shop struct {
	*herokutest.App
	platform *herokutest.Platform
	db       *pgtest.DB
	log      *watched
}

// newShop has a web and two workers. Its first release makes the table users
// with a column note.
func newShop(t *testing.T, platform herokutest.Config, config herokutest.AppConfig) *shop {
	t.Helper()
	t.TempDir() // so that builds in it are removed after Close
	s := &shop{db: pgtest.New(t), log: newWatched()}
	platform.Log = io.MultiWriter(s.log, t.Output())
	var err error
	if s.platform, err = herokutest.Start(platform); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.platform.Close(); err != nil {
			t.Error(err)
		}
	})
	config.Name = "shop"
	if config.Formation == nil {
		config.Formation = map[string]int{"web": 1, "worker": 2}
	}
	config.Features = append(config.Features, herokutest.DynoMetadata)
	config.ConfigVars = map[string]string{
		"DATABASE_URL": s.db.URL, "HEROKU_API_URL": s.platform.URL, "HEROKU_API_KEY": s.platform.Token,
		"MIGGUARD_OVERLAP": "1s",
	}
	if s.App, err = s.platform.CreateApp(config); err != nil {
		t.Fatal(err)
	}
	s.db.Exec(t, "CREATE TABLE trouble (text text)")
	s.deploy(t, s.slug(t, "note", "CREATE TABLE users (id int PRIMARY KEY, note text)"))
	return s
}

// slug is a build whose code needs a column of users, and has these migrations.
func (s *shop) slug(t *testing.T, column string, migrations ...string) *herokutest.Artifact {
	t.Helper()
	dir := t.TempDir()
	for i, sql := range migrations {
		writeFile(t, dir, fmt.Sprintf("migrations/%03d_step.up.sql", i+1), sql)
	}
	writeFile(t, dir, ".migguard/build.json", fmt.Sprintf(`{"build": "%s-%d"}`, column, len(migrations)))
	writeFile(t, dir, "migguard.toml", "[policy]\nrenamed-column = \"maintenance\"\ndropped-column = \"maintenance\"\n[maintenance]\nstop = [\"worker\"]\n")
	s.install(t, dir)
	self := roleVariable + "=%s QUERY='%s' exec " + os.Args[0]
	built, err := s.Build(herokutest.Build{Dir: dir, Procfile: map[string]string{
		"release": "migguard run --lock-wait 60s",
		"web":     fmt.Sprintf(self, "web", "SELECT "+column+" FROM users"),
		"worker":  fmt.Sprintf(self, "worker", "UPDATE users SET "+column+" = "+column),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// install does what the buildpack does.
func (s *shop) install(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, ".migguard/bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(dir, ".migguard/bin/migguard")); err != nil {
		t.Fatal(err)
	}
	var profile strings.Builder
	for _, part := range []string{"path.sh", "settle.sh"} {
		text, err := os.ReadFile(filepath.Join("../../bin/runtime", part))
		if err != nil {
			t.Fatal(err)
		}
		profile.Write(text)
	}
	writeFile(t, dir, ".profile.d/migguard.sh", profile.String())
}

// deploy deploys and waits until every dyno runs it.
func (s *shop) deploy(t *testing.T, built *herokutest.Artifact) *herokutest.Release {
	t.Helper()
	r := s.release(t, built)
	s.ends(t, r, herokutest.Succeeded)
	s.await(t, "it is rolled out", herokutest.State.RolledOut)
	return r
}

func (s *shop) release(t *testing.T, built *herokutest.Artifact) *herokutest.Release {
	t.Helper()
	r, err := s.Deploy(built)
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

// calm is an app as it should be when nothing is going on.
func calm(s herokutest.State) bool {
	worker := slices.IndexFunc(s.Formation, func(p herokutest.Process) bool { return p.Type == "worker" })
	return !s.Maintenance && worker >= 0 && s.Formation[worker].Quantity == 2 && s.RolledOut()
}

// A visitor asks the app's address again and again, and honours 503.
type visitor struct {
	stop     context.CancelFunc
	done     chan struct{}
	served   int // answers of status 200
	sent     int // 503 of the router
	failures []string
}

func (s *shop) visit(t *testing.T) *visitor {
	ctx, cancel := context.WithCancel(t.Context())
	v := &visitor{stop: cancel, done: make(chan struct{})}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		defer close(v.done)
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for ctx.Err() == nil {
			<-pace.C
			r, err := client.Get(s.RouterURL + "/")
			if err != nil {
				v.failures = append(v.failures, err.Error())
				continue
			}
			body, _ := io.ReadAll(r.Body)
			r.Body.Close()
			switch r.StatusCode {
			case http.StatusOK:
				v.served++
			case http.StatusServiceUnavailable:
				v.sent++
			default:
				v.failures = append(v.failures, string(body))
			}
		}
	}()
	t.Cleanup(cancel)
	return v
}

func (v *visitor) end() { v.stop(); <-v.done }

func TestColumnRenameUnderMaintenance(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.Config{}, herokutest.AppConfig{})
	v := s.visit(t)
	r := s.release(t, s.slug(t, "remark", "CREATE TABLE users (id int PRIMARY KEY, note text)", "ALTER TABLE users RENAME COLUMN note TO remark"))
	s.ends(t, r, herokutest.Succeeded)
	s.await(t, "all is as before", calm)
	v.end()
	t.Logf("served %d, sent away %d\n%s", v.served, v.sent, r.Output())
	if len(v.failures) > 0 {
		t.Errorf("%d requests failed: %q", len(v.failures), v.failures[0])
	}
	if trouble := s.db.Query(t, "SELECT text FROM trouble"); len(trouble) > 0 {
		t.Errorf("workers failed: %q", trouble)
	}
	if v.sent == 0 || v.served == 0 {
		t.Errorf("served %d, sent away %d", v.served, v.sent)
	}
}
