package release_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A blocking statement keeps a statement of old code waiting.
type blocking struct {
	before string // what there was
	sql    string
	old    string // a statement of old code
}

// blocks holds that old code does wait for each statement, bare, and that a run
// refuses it with the hazard's code, so that nobody waits; without a code, that
// it is rewritten.
func blocks(t *testing.T, code string, all map[string]blocking) {
	t.Helper()
	eachCase(t, all, func(t *testing.T, db *pgtest.DB, c blocking) {
		b := setup(t, db.Server.NewDB(t), options{large: true}, c.before)
		b.olds(t, "set lock_timeout = '5s'")
		b.run(t, "begin; create table rolled (back int)")
		want := "rewrite"
		if code != "" {
			b.fails(t, code, c.sql)
			want = "refuse"
		} else {
			b.run(t, c.sql)
		}
		b.olds(t, c.old)
		if got, _ := b.Recorded(); got[len(got)-1] != want {
			t.Errorf("%s: %v", c.sql, got)
		}
		b.run(t, "rollback")

		db.Exec(t, c.before)
		bare, old := db.Connect(t), db.Connect(t)
		does(t, bare, "begin; "+c.sql)
		does(t, old, "set lock_timeout = 100")
		_, err := old.Exec(t.Context(), c.old, pgx.QueryExecModeSimpleProtocol)
		failed(t, err, "55P03", c.old)
		does(t, bare, "commit")
		does(t, old, c.old)
	})
}

func does(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %s", sql, explain(err))
	}
}

// frees holds that each statement, which would keep old code waiting for no
// time worth it, runs as it is.
func frees(t *testing.T, o options, all map[string]blocking) {
	t.Helper()
	eachCase(t, all, func(t *testing.T, db *pgtest.DB, c blocking) {
		b := setup(t, db, o, c.before)
		b.run(t, c.sql)
		for _, v := range b.verdicts() {
			if v != "allow" {
				t.Errorf("%s: %s", c.sql, v)
			}
		}
		if c.old != "" {
			b.olds(t, c.old)
		}
	})
}

func (b *bundle) verdicts() []string {
	verdicts, _ := b.Recorded()
	return verdicts
}
