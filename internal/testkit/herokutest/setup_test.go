package herokutest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
)

// patience bounds what a test waits for; nothing is measured with it.
const patience = 60 * time.Second

// roleVariable makes the test binary a web dyno, a worker …
const roleVariable = "HEROKUTEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	os.Exit(m.Run())
}

// play is the main function of a dyno.
func play(role string) int {
	role, argument, _ := strings.Cut(role, " ")
	switch role {
	case "emulator":
		return runEmulator(argument)
	case "web":
		name := os.Getenv("DYNO")
		err := http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "%s %s %s", name, os.Getenv("VERSION"), r.URL.Path)
			}))
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// The processes of most tests.
var (
	web    = roleVariable + "=web exec " + os.Args[0]
	worker = "exec sleep 1000"
)

// start starts a platform that the test's end closes.
func start(t *testing.T, config Config) *Platform {
	t.Helper()
	if config.Log == nil {
		config.Log = t.Output()
	}
	config.Contract = apischema.For(t)
	return StartFor(t, config)
}

// create makes an app named shop, and a client.
func create(t *testing.T, p *Platform, config AppConfig) (*App, *heroku.Service) {
	t.Helper()
	config.Name = "shop"
	app, err := p.CreateApp(config)
	if err != nil {
		t.Fatal(err)
	}
	return app, client(t, p)
}

// client is heroku-go on a connection pool of the test's own.
func client(t *testing.T, p *Platform) *heroku.Service {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	service := heroku.NewService(&http.Client{
		Transport: &heroku.Transport{BearerToken: p.Token, Transport: base},
	})
	service.URL = p.URL
	return service
}

// build makes an artifact in a folder of its own with these processes.
func build(t *testing.T, app *App, processes map[string]string) *Artifact {
	t.Helper()
	built, err := app.Build(Build{Dir: t.TempDir(), Procfile: processes})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// deploy deploys and waits until every dyno runs it.
func deploy(t *testing.T, app *App, built *Artifact) *Release {
	t.Helper()
	r, err := app.Deploy(built)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, r, Succeeded)
	await(t, app, State.RolledOut)
	return r
}

func wantStatus(t *testing.T, r *Release, want string) {
	t.Helper()
	status, err := r.Wait(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	if status != want {
		t.Fatalf("v%d: status %s, want %s; output: %s", r.Version, status, want, r.Output())
	}
}

func await(t *testing.T, app *App, cond func(State) bool) State {
	t.Helper()
	s, err := app.Await(limit(t), cond)
	if err != nil {
		t.Fatalf("%v; state: %+v", err, s)
	}
	return s
}

func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// get asks the app's router.
func get(t *testing.T, app *App) (status int, body string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	r, err := (&http.Client{Transport: transport}).Get(app.RouterURL + "/path")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	content, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(content)
}

func writeFile(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

func mustMarshal(t *testing.T, value any) []byte {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
