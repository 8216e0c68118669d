package release_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// begin makes the database and has the first build run.
func (s scenario) begin(t *testing.T, db *pgtest.DB) *stage {
	t.Helper()
	db.Exec(t, scenarioSchema, s.given)
	st := &stage{scenario: s, db: db, crowd: newCrowd(t, db), dynos: map[string][]*session{}, codes: map[string]code{}}
	for _, set := range slices.Compact([]string{s.old.set(), s.deploys[0].set()}) {
		st.crowd.learn(t, code{build: firstBuild, table: set, rows: set})
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
		st.crowd.goesOn(t) // so that all have met the migration
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

// orphans is fullShape, that of another schema, too, and what else a run may have left.
var orphans = `select concat_ws(E'\n', (` + fullShape + `), (` + strings.ReplaceAll(fullShape, "'public'::regnamespace", "to_regnamespace('sales')") + `), (select string_agg('trigger ' || tgname, E'\n' order by tgname) from pg_trigger where not tgisinternal),
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
