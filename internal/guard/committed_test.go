package guard_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// The Gate hears of a commit it waits for, of no other, and before the client:
// whatever way the transaction ends.
func TestGateHearsOfCommits(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, fixture)
		heard := make(chan bool, 10)
		other := db.Connect(t)
		r := newRig(t, db, testGate{
			gated: isSchema,
			act: func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
				if strings.Contains(st.SQL, "/* wait */") {
					c.AfterCommit()
				}
				return lookAndRun(ctx, c, st)
			},
			// Other sessions see what was committed.
			committed: func() {
				var there bool
				err := other.QueryRow(t.Context(), "SELECT to_regclass('w') IS NOT NULL").Scan(&there)
				heard <- err == nil && there
			},
		}, nil)
		const create = "create table w () /* wait */"
		prepared := []pgproto3.FrontendMessage{&pgproto3.Parse{Name: "c", Query: "COMMIT"}, &pgproto3.Sync{}}
		commit := []pgproto3.FrontendMessage{&pgproto3.Bind{PreparedStatement: "c"}, &pgproto3.Execute{}, &pgproto3.Sync{}}
		for name, c := range map[string]struct {
			messages []pgproto3.FrontendMessage
			ready    int
			commits  int
		}{
			"alone":                {simple(create), 1, 1},
			"alone, extended":      {slices.Concat(executes(create), synced), 1, 1},
			"several":              {simple(create + "; select 1"), 1, 1},
			"block":                {slices.Concat(simple("BEGIN"), simple(create), simple("select 1"), simple("COMMIT")), 4, 1},
			"block in one message": {simple("BEGIN; " + create + "; COMMIT; select 1"), 1, 1},
			"END":                  {slices.Concat(simple("BEGIN"), simple(create), simple("  end work")), 3, 1},
			"AND CHAIN":            {slices.Concat(simple("BEGIN"), simple(create), simple("COMMIT AND CHAIN"), simple("COMMIT")), 4, 1},
			"block, extended":      {slices.Concat(executes("BEGIN"), synced, executes(create), synced, executes("COMMIT"), synced), 3, 1},
			"block in a pipeline":  {slices.Concat(executes("BEGIN"), executes(create), executes("COMMIT"), synced), 1, 1},
			"prepared before":      {slices.Concat(prepared, simple("BEGIN"), simple(create), commit), 4, 1},
			"pipeline":             {slices.Concat(executes(create), executes("select 1"), synced), 1, 1},
			"savepoint":            {slices.Concat(simple("BEGIN; SAVEPOINT s"), simple(create), simple("RELEASE s"), simple("COMMIT")), 4, 1},
			"two in a block":       {slices.Concat(simple("BEGIN"), simple(create), simple("create table w2 () /* wait */; drop table w2"), simple("COMMIT")), 4, 1},

			"not asked for":    {slices.Concat(simple("BEGIN"), simple("create table w ()"), simple("COMMIT")), 3, 0},
			"rolled back":      {slices.Concat(simple("BEGIN"), simple(create), simple("ROLLBACK"), simple("BEGIN"), simple("COMMIT")), 5, 0},
			"failed":           {slices.Concat(simple("BEGIN"), simple(create), simple("select 1/0"), simple("COMMIT"), simple("BEGIN"), simple("COMMIT")), 6, 0},
			"failed, several":  {simple(create + "; select 1/0"), 1, 0},
			"failed, pipeline": {slices.Concat(executes(create), executes("select 1/0"), synced, simple("BEGIN"), simple("COMMIT")), 3, 0},
			"statement failed": {slices.Concat(simple("create table t () /* wait */"), simple("BEGIN"), simple("COMMIT")), 3, 0},
			"deferred failure": {slices.Concat(simple("BEGIN"), simple(create), simple("create table p (n int unique deferrable initially deferred); insert into p values (1), (1)"), simple("COMMIT"), simple("select 1")), 5, 0},
		} {
			t.Run(name, func(t *testing.T) {
				w := dialWire(t, r.url("disable"))
				w.send(t, c.messages...)
				for range c.ready {
					w.until(t, isReady)
				}
				if got := len(heard); got != c.commits {
					t.Errorf("heard %d times, want %d", got, c.commits)
				}
				for range len(heard) {
					if !<-heard {
						t.Error("heard before it was committed")
					}
				}
				_ = w.Close()
				db.Exec(t, "DROP TABLE IF EXISTS w")
			})
		}
	})
}
