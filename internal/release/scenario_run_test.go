package release_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

// run is one "migguard run" of a build.
func (st *stage) run(t testing.TB, of code, messages ...string) release.Ended {
	t.Helper()
	st.platform.running = st.running()
	var runs []code
	for _, build := range st.running() {
		runs = append(runs, st.codes[build])
	}
	var out bytes.Buffer
	ended, err := runScenario(t.Context(), st.db.URL, st.db.Major, &st.platform, of, runs, &out, nil, messages...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Logf("build %s:\n%s", of.build, out.String())
	return ended
}

// runScenario is a run of a build while others run; its runner sends the messages,
// and starting, unless it is nil, is called before that.
func runScenario(ctx context.Context, url string, major int, platform *formation, of code, runs []code, out io.Writer, starting func(), messages ...string) (ended release.Ended, err error) {
	database, err := pg.Parse(url)
	if err != nil {
		return ended, err
	}
	policy, err := judge.ParsePolicy(of.allow)
	if err != nil {
		return ended, err
	}
	l, err := ledger.Open(ctx, database.ConnConfig(), ledger.Options{})
	if err != nil {
		return ended, err
	}
	defer func() { _ = l.Close() }()
	catalog, err := pgx.ConnectConfig(ctx, database.ConnConfig())
	if err != nil {
		return ended, err
	}
	defer func() { _ = catalog.Close(ctx) }()
	run := &release.Run{
		Database: database, Major: major, Catalog: catalog, Ledger: l, App: "app", Build: of.build, Contract: of.contract(),
		Version: platform.releases(of.build), Migguard: "1.2.3", Platform: platform, Overlap: time.Nanosecond,
		Command: runner.FromArgs([]string{os.Args[0]}), LockWait: patience, Policy: policy,
		Environ: append(os.Environ(), "DATABASE_URL="+url, runnerSQL+"="+strings.Join(messages, "\n")),
		Stdin:   strings.NewReader(""), Stdout: io.Discard, Stderr: out,
		Starting: starting, Out: report.New(out, false, false), Log: slog.New(slog.DiscardHandler),
	}
	var running []judge.Code
	for _, one := range runs {
		running = append(running, one.judged())
	}
	run.Runs(running...)
	return run.Do(ctx)
}
