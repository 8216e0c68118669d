package guard_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// pgx speaks the protocol in five ways, and pipelines batches in each.
var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

func TestPgx(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, mode := range modes {
			t.Run(mode.String(), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, db.Server.NewDB(t), gates["refusing"], nil)
				cfg, err := pgx.ParseConfig(r.url("require"))
				if err != nil {
					t.Fatal(err)
				}
				cfg.DefaultQueryExecMode = mode
				c, err := pgx.ConnectConfig(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close(context.WithoutCancel(t.Context()))
				t.Run("statements", func(t *testing.T) { pgxStatements(t, c) })
				t.Run("refusals", func(t *testing.T) { pgxRefusals(t, c) })
				t.Run("batch", func(t *testing.T) { pgxBatch(t, c) })
				t.Run("cancel", func(t *testing.T) { pgxCancel(t, c, r) })
			})
		}
	})
}

func pgxStatements(t *testing.T, c *pgx.Conn) {
	ctx := t.Context()
	for range 3 { // the second time from the cache
		for _, sql := range []string{"create table a (id int, v text)", "alter table a add column w int", "drop table a"} {
			if _, err := c.Exec(ctx, sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	if _, err := c.Exec(ctx, "create table b (id int, v text)"); err != nil {
		t.Fatal(err)
	}
	n, err := c.CopyFrom(ctx, pgx.Identifier{"b"}, []string{"id", "v"},
		pgx.CopyFromRows([][]any{{1, "one"}, {2, nil}}))
	if err != nil || n != 2 {
		t.Errorf("copy: %d, %v", n, err)
	}
	var v *string
	if err := c.QueryRow(ctx, "select v from b where id = $1", 1).Scan(&v); err != nil || *v != "one" {
		t.Errorf("query: %v", err)
	}
}

func pgxRefusals(t *testing.T, c *pgx.Conn) {
	ctx := t.Context()
	if _, err := c.Exec(ctx, "select 1 /* refuse */"); !isCode(err, "MG001") {
		t.Error(err)
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "insert into b values (3)"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "select 1 /* refuse late */"); !isCode(err, "MG001") {
		t.Error(err)
	}
	if _, err := tx.Exec(ctx, "select 1"); !isCode(err, "25P02") {
		t.Error(err)
	}
	if err := tx.Commit(ctx); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Error(err)
	}
	var n int
	if err := c.QueryRow(ctx, "select count(*) from b").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// pgxBatch sends a pipeline: one transaction, whether or not the gate takes
// statements out of it.
func pgxBatch(t *testing.T, c *pgx.Conn) {
	ctx := t.Context()
	for _, test := range []struct{ last, code, want string }{
		{"insert into batch values (2)", "", "2"},
		{"select 1/0", "22012", "none"},
		{"select 1 /* refuse */", "MG001", "none"},
		{"select 1 /* refuse late */", "MG001", "none"},
	} {
		// pgx prepares a batch before it runs it, so the table has to be there.
		if _, err := c.Exec(ctx, "drop table if exists batch, second; create table batch (id int)", pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
		b := &pgx.Batch{}
		b.Queue("insert into batch values ($1)", 1)
		b.Queue("create table second (id int)")
		b.Queue(test.last)
		err := c.SendBatch(ctx, b).Close()
		if test.code == "" && err != nil || test.code != "" && !isCode(err, test.code) {
			t.Errorf("%s: %v", test.last, err)
		}
		var n int
		var second *string
		if err := c.QueryRow(ctx, "select count(*), to_regclass('second')::text from batch").Scan(&n, &second); err != nil {
			t.Fatal(err)
		}
		if committed := n == 2 && second != nil; committed != (test.code == "") || !committed && (n != 0 || second != nil) {
			t.Errorf("%s: %d rows, second table %v", test.last, n, second)
		}
	}
}

func pgxCancel(t *testing.T, c *pgx.Conn, r *rig) {
	ctx := t.Context()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Exec(ctx, "select pg_sleep(3600)")
		ended <- err
	}()
	await(t, "pg_sleep", func() bool {
		return r.db.Value(t, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'") == "1"
	})
	if err := c.PgConn().CancelRequest(ctx); err != nil {
		t.Error(err)
	}
	if err := <-ended; !isCode(err, "57014") {
		t.Error(err)
	}
	if _, err := c.Exec(ctx, "select 1"); err != nil {
		t.Error(err)
	}
}

func isCode(err error, code string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == code
}
