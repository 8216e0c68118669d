package release_test

import (
	"context"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A punctual formation tells its time.
type punctual struct{ *formation }

func (p punctual) Survey(ctx context.Context) (fleet.Facts, error) {
	facts, err := p.formation.Survey(ctx)
	facts.Ahead = new(time.Duration)
	return facts, err
}

// Of a build that runs an overlay is made, unless it is the one that migrates: what it
// is released with again would see the table as it was.
func TestOverlayOfTheBuildThatMigrates(t *testing.T) {
	t.Parallel()
	for build, want := range map[string]string{"one": "", "two": "mg_one"} {
		t.Run(build, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				its := starring("one", "").Contract
				its.Sources[0].Paths = true
				released(t, db, "app", "one", its)
				f := &formation{running: []string{"one"}}
				db.Exec(t, "update migguard.release set version = '"+f.releases("one")+"'",
					"insert into migguard.runner_path (build, release_id, schema, sessions) select 'one', id, 'mg_one', 1 from migguard.release",
					"insert into migguard.boot (app, dyno, build, schema, path, announced_at) values ('app', 'web.1', 'one', 'mg_one', 'mg_one', now())")
				config, err := pg.Parse(db.URL)
				if err != nil {
					t.Fatal(err)
				}
				l, err := ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				r := &release.Run{App: "app", Build: build, Version: f.releases(build), Platform: punctual{f}, Ledger: l, Overlap: time.Nanosecond}
				code, err := r.Code(t.Context())
				if err != nil || len(code) != 1 || code[0].Overlay != want || (code[0].Unsteered == "") != (want != "") {
					t.Errorf("%+v, %v", code, err)
				}
			})
		})
	}
}
