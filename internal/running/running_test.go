package running_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/running"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// said is what the Platform API says, or that it does not.
type said struct {
	releases []fleet.Release
	err      error
}

func (s said) App(context.Context) (fleet.App, error) { return fleet.App{ID: "id", Name: "app"}, s.err }

func (s said) Survey(context.Context) (fleet.Facts, error) {
	return fleet.Facts{Releases: s.releases}, s.err
}

// TestIdentify: who is asked, and that some code counts as running where nobody knows.
func TestIdentify(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	config, err := pg.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Lock(t.Context(), time.Minute, nil); err != nil {
		t.Fatal(err)
	}
	ask := func(b running.Builds) (running.Known, running.Builds) {
		t.Helper()
		b.Ledger = l
		known, err := b.Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return known, b
	}
	none, _ := ask(running.Builds{App: "app"})
	if code := none.Running.Code; len(code) != 1 || code[0].Build != "" || !strings.Contains(code[0].Reasons[0], "no release is recorded") {
		t.Errorf("before the first run: %+v", code)
	}
	id, err := l.Begin(t.Context(), ledger.Release{App: "app", Build: "one", Version: "v7", Migguard: "1.2.3"})
	if err == nil {
		err = l.Finish(t.Context(), id, ledger.Succeeded, 0, 0, nil)
	}
	if err != nil {
		t.Fatal(err)
	}

	last, _ := ask(running.Builds{App: "app"})
	if code := last.Running.Code; last.Running.Source != report.FromLedger || len(code) != 1 || code[0].Build != "one" || !strings.HasPrefix(code[0].Reasons[0], "release v7 was the last to succeed") {
		t.Errorf("from the ledger: %+v", last.Running)
	}
	deaf := said{err: errors.New("no answer")}
	blind, _ := ask(running.Builds{App: "app", Platform: deaf})
	if code := blind.Running.Code; blind.Running.Source != report.FromLedger || !strings.Contains(blind.Running.Problem, "no answer") || len(code) != 1 || code[0].Build != "one" {
		t.Errorf("without an answer: %+v", blind.Running)
	}
	var unasked *running.PlatformError
	if _, err := (&running.Builds{Platform: deaf, Ledger: l, RefuseBlind: true}).Identify(t.Context()); !errors.As(err, &unasked) {
		t.Errorf("without an answer, which is needed: %v", err)
	}

	pending := said{releases: []fleet.Release{{Version: 7, Status: fleet.ReleaseSucceeded}, {Version: 8, Status: fleet.ReleasePending}}}
	known, asked := ask(running.Builds{App: "id", Platform: pending})
	if known.Running.Source != report.FromPlatform || asked.App != "app" || asked.Version != "v8" || len(known.Releases) != 2 {
		t.Errorf("from the Platform API: %+v as %s %s", known, asked.App, asked.Version)
	}
	pending.releases = append(pending.releases, fleet.Release{Version: 9, Status: fleet.ReleasePending})
	if _, asked = ask(running.Builds{Platform: pending}); asked.Version != "" {
		t.Errorf("of two that are pending it takes %s for the one that asks", asked.Version)
	}
}
