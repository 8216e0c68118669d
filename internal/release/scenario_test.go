package release_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
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
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestScenarios has deploys of all kinds meet code of all kinds, without migguard
// and with it: with it no statement of any build fails, what was acknowledged is
// there for all builds, and after the next release the schema is what the
// migrations alone make of an empty database. docs/scenarios.md is made of it.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, server := range pgtest.Servers(t) {
		t.Run(fmt.Sprintf("pg%d", server.Major), func(t *testing.T) {
			t.Parallel()
			all := make([]played, len(scenarios))
			t.Run("all", func(t *testing.T) {
				for i, s := range scenarios {
					if i >= common && server.Major != scenarioMajor && os.Getenv("MIGGUARD_TEST_MATRIX") != "full" {
						break
					}
					t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
						t.Parallel()
						all[i] = s.play(t, server)
						all[i].check(t)
					})
				}
			})
			if !t.Failed() && !slices.ContainsFunc(all, func(p played) bool { return p.scenario.name == "" }) {
				scenarioPage(all).check(t, server.Major)
			}
		})
	}
}

// played is what came of a scenario.
type played struct {
	scenario
	bare, guarded outcome
	took          time.Duration
}

// An outcome is what one way to migrate did to code and data.
type outcome struct {
	failed   [kindsOfWork]map[string]int // of code from before a migration, by SQLSTATE
	newer    map[string]int              // of code that came with one
	first    string
	unlike   []string // lost or diverged
	verdict  string   // of migguard
	statuses []string // of deploys that did not succeed
	left     string   // of the schema, that ought not to be there, or is missing
}

// play plays it on databases of its own.
func (s scenario) play(t *testing.T, server *pgtest.Server) played {
	began := time.Now()
	p := played{scenario: s, bare: s.bare(t, server.NewDB(t)), guarded: s.guarded(t, server.NewDB(t), nil)}
	p.took = time.Since(began)
	t.Logf("%v; without: %s; with: %s", p.took.Round(time.Millisecond), p.bare, p.guarded)
	return p
}

func (p played) check(t *testing.T) {
	t.Helper()
	p.checkGuarded(t)
	if p.bare.failures() == 0 && !p.harmless {
		t.Error("breaks nothing without migguard")
	}
}

// checkGuarded holds that with migguard nothing breaks but what is known to.
func (p played) checkGuarded(t *testing.T) {
	t.Helper()
	g := p.guarded
	switch breaks := g.failures() > 0; {
	case breaks && p.passes == "":
		t.Errorf("with migguard (%s): %s", g.verdict, g)
	case !breaks && p.passes != "":
		t.Errorf("breaks nothing, and need not be said to")
	}
	if len(g.unlike) > 0 {
		t.Errorf("with migguard: lost or diverged: %s", strings.Join(g.unlike[:min(5, len(g.unlike))], "; "))
	}
	if g.left != "" {
		t.Errorf("after the next release:\n%s", g.left)
	}
}

func (o outcome) failures() (n int) {
	for _, states := range slices.Concat(o.failed[:], []map[string]int{o.newer}) {
		for _, times := range states {
			n += times
		}
	}
	return n
}

func (o outcome) String() string {
	if o.failures() == 0 {
		return "nothing fails" + strings.Join(o.statuses, ", ")
	}
	return fmt.Sprintf("%d fail (old %v, new %v), first %s; %v", o.failures(), o.failed, o.newer, o.first, o.statuses)
}

// counts adds what sessions have met. The first build's are the old code of all
// deploys, and so is any other of those after its own.
func (o *outcome) counts(sessions []*session, old bool) {
	for _, s := range sessions {
		to := &o.newer
		if old {
			to = &o.failed[s.kind]
		}
		if *to == nil {
			*to = map[string]int{}
		}
		for state, n := range s.failed {
			(*to)[state] += n
		}
		if o.first == "" {
			o.first = s.first
		}
	}
}

// begin makes the database and has the first build run.
func (s scenario) begin(t *testing.T, db *pgtest.DB) *stage {
	t.Helper()
	db.Exec(t, scenarioSchema, s.given)
	st := &stage{scenario: s, db: db, crowd: newCrowd(t, db), dynos: map[string][]*session{}, codes: map[string]code{}}
	for _, of := range append([]code{s.old}, s.deploys[len(s.deploys)-1].code) {
		if of.set() != s.old.set() || of.build == firstBuild {
			st.crowd.learn(t, code{build: firstBuild, table: of.set(), rows: of.set()})
		}
	}
	st.starts(t, s.old)
	st.crowd.goesOn(t)
	return st
}

// A stage is where a scenario is played: which builds have dynos.
type stage struct {
	scenario
	db    *pgtest.DB
	crowd *crowd
	dynos map[string][]*session // by build
	codes map[string]code
	outcome
	platform formation
}

func (st *stage) starts(t testing.TB, of code) {
	st.dynos[of.build] = append(st.dynos[of.build], st.crowd.boots(t, of)...)
	st.codes[of.build] = of
}

func (st *stage) stops(builds ...string) {
	for _, build := range builds {
		st.crowd.ends(st.dynos[build]...)
		st.outcome.counts(st.dynos[build], build == firstBuild)
		delete(st.dynos, build)
	}
}

// running are the builds that have dynos.
func (st *stage) running() []string { return slices.Sorted(maps.Keys(st.dynos)) }

// deployed has a release's code run, beside the one from before.
func (st *stage) deployed(t *testing.T, d deploy) {
	t.Helper()
	st.crowd.mu.Lock()
	st.crowd.over = true
	st.crowd.mu.Unlock()
	if d.restarts {
		st.stops(firstBuild)
		st.starts(t, st.old)
	}
	if st.dynos[d.build] == nil {
		st.starts(t, d.code)
	}
	st.crowd.goesOn(t)
}

// bare plays the scenario without migguard.
func (s scenario) bare(t *testing.T, db *pgtest.DB) outcome {
	t.Helper()
	st := s.begin(t, db)
	conn := db.Connect(t)
	for _, d := range s.deploys {
		st.stops(d.ends...)
		if _, err := conn.PgConn().Exec(t.Context(), strings.Join(append([]string{"begin"}, append(d.sql, "commit")...), ";")).ReadAll(); err != nil {
			t.Fatalf("the migration by itself: %s", explain(err))
		}
		st.deployed(t, d)
	}
	st.stops(st.running()...)
	st.unlike = st.crowd.unlike
	return st.outcome
}

// guarded plays it with migguard, and then the next release. What disturbs a deploy
// comes before it, unless it is nil.
func (s scenario) guarded(t *testing.T, db *pgtest.DB, disturbs func(st *stage, deploy int)) outcome {
	t.Helper()
	want := db.Server.NewDB(t)
	want.Exec(t, scenarioSchema, s.given)
	st := s.begin(t, db)
	released(t, db, "app", firstBuild, s.old.contract())
	db.Exec(t, "update migguard.release set version = 'v1'")
	st.platform.releases(firstBuild)
	last := s.old
	for i, d := range s.deploys {
		st.stops(d.ends...)
		if disturbs != nil {
			disturbs(st, i)
		}
		ended := st.run(t, d.code, st.pending(t, i)...)
		st.verdict = st.said(ended)
		st.crowd.goesOn(t)
		if ended.Exit != 0 {
			st.statuses = append(st.statuses, fmt.Sprintf("build %s: %s", d.build, ended.Report.Outcome))
			st.crowd.mu.Lock()
			st.crowd.over = true
			st.crowd.mu.Unlock()
			st.crowd.goesOn(t)
			break
		}
		want.Exec(t, d.messages(i)...)
		last = d.code
		st.deployed(t, d)
	}
	st.ends(t, last, want)
	return st.outcome
}

// messages are what the migration command sends: one transaction that notes its
// number, as most do.
func (d deploy) messages(n int) []string {
	if d.sql == nil {
		return []string{"select 1"}
	}
	return slices.Concat([]string{"begin"}, d.sql, []string{fmt.Sprintf("insert into versions values (%d)", n), "commit"})
}

// pending are the messages of a deploy, unless the database has it noted.
func (st *stage) pending(t *testing.T, n int) []string {
	t.Helper()
	if st.db.Value(t, "select count(*) from versions where n = $1", n) != "0" {
		return deploy{}.messages(n)
	}
	return st.deploys[n].messages(n)
}

// ends compares what all builds see, has all but the last end, and releases once
// more.
func (st *stage) ends(t *testing.T, last code, want *pgtest.DB) {
	t.Helper()
	var all []code
	for _, build := range st.running() {
		st.crowd.rest(st.dynos[build]...)
		all = append(all, st.codes[build])
	}
	st.unlike = append(st.unlike, st.crowd.compare(t, all...)...)
	for _, build := range st.running() {
		st.crowd.resume(st.dynos[build]...)
		if build != last.build {
			st.stops(build)
		}
	}
	if st.repairs != "" && last.build != firstBuild {
		st.crowd.rest(st.dynos[last.build]...)
		st.db.Exec(t, st.repairs)
		st.crowd.learn(t, last)
		st.crowd.resume(st.dynos[last.build]...)
	}
	next := last
	next.build = "next"
	if ended := st.run(t, next, "select 1"); ended.Exit != 0 {
		t.Errorf("the next release: %+v", ended.Report.Reason)
	}
	st.crowd.goesOn(t)
	st.crowd.rest(st.dynos[last.build]...)
	st.unlike = append(st.unlike, st.crowd.compare(t, last)...)
	st.unlike = append(st.unlike, st.crowd.unlike...)
	st.crowd.resume(st.dynos[last.build]...)
	st.stops(last.build)
	if got, wants := st.db.Value(t, orphans), want.Value(t, orphans); got != wants {
		st.left = difference(got, wants)
	}
}

// orphans is fullShape, and what else a run may have left.
const orphans = `select concat_ws(E'\n', (` + fullShape + `), (select string_agg('trigger ' || tgname, E'\n' order by tgname) from pg_trigger where not tgisinternal),
	(select string_agg('function ' || proname, E'\n' order by proname) from pg_proc where pronamespace = 'public'::regnamespace))`

// said is what migguard did with a release's statements.
func (st *stage) said(ended release.Ended) string {
	said := st.verdict
	add := func(what string) {
		if !strings.Contains(", "+said+",", ", "+what+",") {
			said = strings.TrimPrefix(said+", "+what, ", ")
		}
	}
	for _, shim := range ended.Report.Shims {
		add(shim.Kind)
	}
	for _, s := range ended.Report.Statements {
		if s.Verdict == string(judge.Refuse) {
			for _, h := range s.Hazards {
				add("refused: " + h.ID)
			}
		} else if s.Verdict == string(judge.Rewrite) {
			add("rewritten")
		}
	}
	if ended.Exit == release.ExitRefused && !strings.Contains(said, "refused") {
		add("then refused")
	}
	if said == "" {
		return "allowed"
	}
	return said
}

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
		Command: runner.FromArgs([]string{os.Args[0]}), LockWait: patience, Policy: &judge.Policy{},
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
