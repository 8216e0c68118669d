package release_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
		return strings.Join(append([]string{"nothing fails"}, o.statuses...), ", ")
	}
	return fmt.Sprintf("%d fail (old %v, new %v), first %s; %v", o.failures(), o.failed, o.newer, o.first, o.statuses)
}

// counts adds what sessions have met: those of the first build, or of a newer one.
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
