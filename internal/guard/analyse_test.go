package guard_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What the server refuses to analyse, or to plan, is told; what it takes has not been
// executed, and is not counted as run.
func TestAnalyse(t *testing.T) {
	t.Parallel()
	upsert := guard.Question{SQL: "insert into k values ($1) on conflict (id) do nothing", Parameters: 1}
	planned := upsert
	planned.Planned = true
	good := []guard.Question{
		{SQL: "select id, name from users where id = $1"},
		{SQL: "update users set name = $1 where id = $2"},
		{SQL: "insert into users values ($1, $2) on conflict (id) do update set name = $2 returning id", Planned: true, Parameters: 2},
		{SQL: "with w as (insert into users values ($1, $2) on conflict (id) do nothing returning *) select * from w", Planned: true, Parameters: 2},
		{SQL: "select id, count(*), name from users group by id"},
		upsert, // the arbiter is only looked for in planning
	}
	rows := []string{`"id" 23 -1,"name" 1043 13,`, "", `"id" 23 -1,`, `"id" 23 -1,"name" 1043 13,`, `"id" 23 -1,"count" 20 -1,"name" 1043 13,`, ""}
	for _, shared := range pgtest.Servers(t) { // on which others' statements are counted, too
		db := pgtest.StartFor(t, pgtest.Options{Major: shared.Major}).NewDB(t)
		db.Exec(t, "create extension pg_stat_statements; create table users (id int primary key, name varchar(9)); create table k (id int)")
		r := newRig(t, db, testGate{gated: isSchema, act: func(ctx context.Context, c guard.Conn, _ guard.Statement) (string, error) {
			for code, bad := range map[string]guard.Question{"42P10": planned, "42703": {SQL: "select gone from users"}, "42601": {SQL: "select 1; select 2"}} {
				if err := errors.Join(c.Block(ctx), c.Exec(ctx, "SAVEPOINT s")); err != nil {
					return "", err
				}
				returns, err := c.Analyse(ctx, slices.Concat(good, []guard.Question{bad}, good)...)
				var server *guard.ServerError
				if !errors.As(err, &server) || server.SQLState() != code || !slices.Equal(returns, rows) || c.TxStatus() != 'E' {
					t.Errorf("PostgreSQL %d: %q %c, %v, want %s", shared.Major, returns, c.TxStatus(), err, code)
				}
				if err := c.Exec(ctx, "ROLLBACK TO SAVEPOINT s"); err != nil {
					return "", err
				}
			}
			if returns, err := c.Analyse(ctx, good...); err != nil || !slices.Equal(returns, rows) {
				t.Errorf("PostgreSQL %d: %q, %v", shared.Major, returns, err)
			}
			return c.Run(ctx)
		}}, nil)
		w := dialWire(t, r.url("disable"))
		w.send(t, slices.Concat(executes("create view v as select 1 as n"), synced)...)
		if trace := strings.Join(w.until(t, isReady), "\n"); !strings.Contains(trace, "CommandComplete CREATE VIEW") || strings.Contains(trace, "Error") {
			t.Error(trace)
		}
		if left := db.Value(t, `select (select count(*) from users) || ' ' || (select count(*) from k) || ' ' || (select count(*) from pg_stat_statements
			where query ~ 'users|into k' and query !~ 'create|pg_stat' and calls > 0) || to_regclass('v')`); left != "0 0 0v" {
			t.Errorf("PostgreSQL %d: %s", shared.Major, left)
		}
	}
}
