package release

import (
	"context"

	"github.com/migguard/migguard/internal/guard"
)

// A Guarded is a run's guard without a runner: the test is the runner.
type Guarded struct {
	URL   string
	gate  *gate
	relay *relay
}

// Guard begins a release and starts its guard.
func (r *Run) Guard(ctx context.Context, release int64) (*Guarded, error) {
	if r.keeper == nil {
		r.keeper = &keeper{}
	}
	g, err := r.gate(ctx, release)
	if err != nil {
		return nil, err
	}
	relay, err := r.listen(ctx, g)
	if err != nil {
		return nil, err
	}
	return &Guarded{URL: relay.redirect.URL(), gate: g, relay: relay}, nil
}

// Tasks does what is owed, as a run does before its runner starts and after it
// has ended.
func (g *Guarded) Tasks(ctx context.Context) error {
	if failed := g.gate.tasks.all(ctx, false); failed != nil {
		return failed
	}
	return nil
}

// Close ends the guard's sessions.
func (g *Guarded) Close(ctx context.Context) error { return g.relay.close(ctx) }

// Recorded are the verdicts so far, and how many statements are on record.
func (g *Guarded) Recorded() (verdicts []string, refused int) {
	did := g.gate.result()
	for _, s := range did.statements {
		verdicts = append(verdicts, s.Verdict)
	}
	return verdicts, did.refused
}

// Lockless tells whether a lock could not be had.
func (g *Guarded) Lockless() bool { return g.gate.result().lockless }

// Passes tells whether the gate lets a text of one statement pass.
func (g *Guarded) Passes(sql string) bool {
	set := guard.Settings{ClientEncoding: "UTF8", Database: g.gate.database}
	st := g.gate.Inspect(sql, set)
	return len(st) == 1 && st[0].Gated && g.gate.Pass(st[0]) != nil
}
