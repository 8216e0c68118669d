package release_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A breaking statement is one after which a statement of old code fails, or one
// that fails where it would go wrong.
type breaking struct {
	before string // what there was
	more   string // what the run has done before, if anything
	sql    string
	old    string // a statement of old code
	code   string // what it fails with afterwards
}

// eachCase runs a test for every case, on each of the servers.
func eachCase[C any](t *testing.T, all map[string]C, test func(t *testing.T, db *pgtest.DB, c C)) {
	t.Helper()
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) { test(t, db, c) })
		})
	}
}

// breaks holds that each statement does break old code, bare, and that a run
// refuses it with the hazard's code and leaves old code working.
func breaks(t *testing.T, code string, all map[string]breaking) {
	t.Helper()
	eachCase(t, all, func(t *testing.T, db *pgtest.DB, c breaking) {
		b := setup(t, db.Server.NewDB(t), options{policy: dropsRefused}, c.before)
		if c.more != "" {
			b.run(t, c.more)
		}
		b.fails(t, code, c.sql)
		b.run(t, "begin; create table rolled (back int)")
		b.fails(t, code, c.sql)
		b.run(t, "rollback")
		b.olds(t, c.old)

		db.Exec(t, c.before)
		old := db.Connect(t)
		works := func() error {
			_, err := old.Exec(t.Context(), "begin; "+c.old+"; rollback", pgx.QueryExecModeSimpleProtocol)
			return err
		}
		if err := works(); err != nil {
			t.Fatalf("old code, before: %s", explain(err))
		}
		if c.more != "" {
			db.Exec(t, c.more)
		}
		db.Exec(t, c.sql)
		failed(t, works(), c.code, c.old)
	})
}

// A harmless statement is one that is let through, and after which old code
// works.
type harmless struct {
	before string
	sql    []string
	old    string
}

func passes(t *testing.T, all map[string]harmless) {
	t.Helper()
	eachCase(t, all, func(t *testing.T, db *pgtest.DB, c harmless) {
		b := setup(t, db, options{}, c.before)
		b.run(t, c.sql...)
		if c.old != "" {
			b.olds(t, c.old)
		}
	})
}

// allowed holds that an exception lets a statement through.
func allowed(t *testing.T, exception string, c breaking) {
	t.Helper()
	b := setup(t, pgtest.New(t), options{allow: []string{exception}}, c.before)
	if c.more != "" {
		b.run(t, c.more)
	}
	b.run(t, c.sql)
}
