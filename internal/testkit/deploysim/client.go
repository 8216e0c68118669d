package deploysim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// client is one connection of a dyno and the loop that keeps it busy.
type client struct {
	config     *pgx.ConnConfig
	ops        []Op
	wheel      []int // op indexes, each as often as its weight
	model      *model
	pacer      *pacer
	stallLimit time.Duration
	conn       *pgx.Conn

	mu    sync.Mutex
	stats Stats
}

// connect opens the connection.
func (c *client) connect(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.config)
	if err != nil {
		return err
	}
	c.conn = conn
	return nil
}

// run executes ops until drain, a child of ctx, ends; the op that runs then is
// finished, unless ctx itself has ended.
func (c *client) run(ctx, drain context.Context) {
	defer func() { _ = c.conn.Close(context.WithoutCancel(ctx)) }()
	for c.pacer.wait(drain) {
		op := c.ops[c.wheel[c.model.rand.IntN(len(c.wheel))]]
		b, ok := c.model.bind(op)
		if !ok {
			continue
		}
		began := time.Now()
		sent, fail := c.do(ctx, op, b)
		c.pacer.sent(sent)
		if fail != nil {
			c.recover(ctx, drain, began)
		}
	}
}

// do runs one op and books its effects. It stops at the first failure, as an
// application does that gets an exception, and reports how many statements it
// sent.
func (c *client) do(ctx context.Context, op Op, b binding) (int, *failedError) {
	sent := 0
	if op.Tx {
		sent++
		if fail := c.send(ctx, "BEGIN", nil, 0, "BEGIN"); fail != nil {
			return sent, fail
		}
	}
	for _, st := range op.Statements {
		sent++
		if fail := c.send(ctx, st.SQL, b.args(st), st.Rows, ""); fail != nil {
			if fail.unsure && !op.Tx {
				c.model.doubt(op, b)
			}
			return sent, fail
		}
	}
	if op.Tx {
		sent++
		if fail := c.send(ctx, "COMMIT", nil, 0, "COMMIT"); fail != nil {
			if fail.unsure {
				c.model.doubt(op, b)
			}
			return sent, fail
		}
	}
	c.model.acknowledge(op, b)
	return sent, nil
}

// send executes one statement and records it. rows and tag, if not zero, are
// the row count and the command tag the answer must carry. A statement that
// did its work but stalled is recorded as failed and reported as done.
func (c *client) send(ctx context.Context, sql string, args []any, rows int64, tag string) *failedError {
	began := time.Now()
	got, err := c.exec(ctx, sql, args)
	took := time.Since(began)

	var fail *failedError
	switch {
	case err != nil:
		fail = failure(err)
	case rows != 0 && got.RowsAffected() != rows:
		fail = &failedError{code: codeNoData, msg: fmt.Sprintf("%d rows instead of %d: %s", got.RowsAffected(), rows, sql)}
	case tag != "" && got.String() != tag:
		fail = &failedError{code: codeRollback, msg: fmt.Sprintf("%s was answered with %s", tag, got)}
	}
	recorded := fail
	if fail == nil && took > c.stallLimit {
		recorded = &failedError{code: codeStalled, msg: fmt.Sprintf("answered after %s: %s", took.Round(time.Millisecond), sql)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.record(took, recorded)
	return fail
}

// exec reads the whole answer to one statement. Without arguments pgx uses the
// simple protocol for Exec, as drivers do for BEGIN and COMMIT, while Query
// prepares whatever it is given.
func (c *client) exec(ctx context.Context, sql string, args []any) (pgconn.CommandTag, error) {
	if sql == "BEGIN" || sql == "COMMIT" {
		return c.conn.Exec(ctx, sql)
	}
	rows, err := c.conn.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			rows.Close()
			return pgconn.CommandTag{}, err
		}
	}
	return rows.CommandTag(), rows.Err()
}

// recover makes the connection usable after a failure: it rolls back, or
// connects again until that succeeds or the dyno drains. began is when the
// failed op was sent; its user has waited since.
func (c *client) recover(ctx, drain context.Context, began time.Time) {
	if !c.conn.IsClosed() {
		if c.conn.PgConn().TxStatus() == 'I' {
			return
		}
		if _, err := c.conn.Exec(ctx, "ROLLBACK"); err == nil {
			return
		}
		_ = c.conn.Close(context.WithoutCancel(ctx))
	}
	for {
		tried := time.Now()
		err := c.connect(ctx)
		if err == nil {
			break
		}
		c.pacer.sent(1)
		c.mu.Lock()
		c.stats.record(time.Since(tried), failure(err))
		c.mu.Unlock()
		if !c.pacer.wait(drain) {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Stall = max(c.stats.Stall, time.Since(began))
}

// snapshot is a copy of the statistics so far.
func (c *client) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	var copied Stats
	copied.Merge(c.stats)
	return copied
}
