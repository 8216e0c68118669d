package cli_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// playSaid has the application meet what is only said twice more: steered, as the
// buildpack has it on Heroku, and where migguard.toml has it refused.
func (tr *truth) playSaid(t *testing.T, p *pair) {
	t.Helper()
	if tr.steered == nil {
		tr.steered = oldcode.Start(tr.t, tr.app.Name, steeredOptions)
	}
	s := newStageIn(t, tr.bare.Copy(t), herokutest.AppConfig{})
	s.steer(t, tr.app.Name)
	p.steered, p.strict = &guardedTruth{}, &guardedTruth{}
	p.steered.broke = tr.meets(t, tr.steered, s.db, func(*pgtest.DB) {
		p.steered.run(t, s.call().with("HEROKU_RELEASE_VERSION=v3"), p.change.sql, "")
	})
	p.strict.broke = tr.meets(t, tr.app, tr.given[len(evidences)-1].Copy(t), func(db *pgtest.DB) {
		p.strict.run(t, on(db.URL), p.change.sql, "[policy]\nstale-plan = \"refuse\"\n")
	})
	if p.strict.safe() || p.strict.broke != "" {
		t.Errorf("with stale-plan = refuse: verdict %s, and then %q", p.strict.verdict, p.strict.broke)
	}
	if slices.Contains(strings.Fields(p.change.hidden), p.app) != (p.steered.broke == "") {
		t.Errorf("steered: verdict %s, and then %q", p.steered.verdict, p.steered.broke)
	}
}

// did tells what came of it in a table's cell.
func (g *guardedTruth) did() string {
	if g.broke == "" {
		return g.verdict + ", works"
	}
	return g.verdict + ", fails"
}
