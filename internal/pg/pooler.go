package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// poolerRounds is how often the probe repeats. A quiet pool betrays
	// itself in the first; more are for other clients taking turns in it.
	poolerRounds = 5
	// poolerWait is how long the second connection may wait for a backend.
	poolerWait = 5 * time.Second
)

const selectPID = "select pg_catalog.pg_backend_pid()"

// probePooler tells a session pooler, which is harmless, from the others by
// which backend serves which connection. A transaction pooler hands a
// connection's backend on as soon as its transaction is over:
//
//   - last in, first out (PgBouncer's default), or with one idle backend, a
//     second connection's transaction gets just the backend the first one had;
//   - in rotation (server_round_robin) and with several, consecutive
//     statements of the first connection get different ones.
//
// A statement pooler refuses BEGIN. a was last served by the backend pid.
func (c *Config) probePooler(ctx context.Context, a *pgconn.PgConn, pid uint32) error {
	if err := c.probeBlock(ctx, a, pid); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, poolerWait,
		fmt.Errorf("the pooler gave no second backend for %v", poolerWait))
	defer cancel()
	b, err := c.connect(ctx)
	if err != nil {
		return c.secondError(ctx, err)
	}
	defer closeConn(b)
	for range poolerRounds {
		if err := c.probePair(ctx, a, b, pid); err != nil {
			return err
		}
	}
	return nil
}

// probeBlock opens and closes a transaction block on a.
func (c *Config) probeBlock(ctx context.Context, a *pgconn.PgConn, pid uint32) error {
	if _, err := a.Exec(ctx, "begin").ReadAll(); err != nil {
		return &PoolerError{Address: c.Address(), Mode: "statement", Reason: "BEGIN: " + connectReason(err)}
	}
	row, err := queryRow(ctx, a, selectPID, 1)
	if err != nil {
		return c.secondError(ctx, err)
	}
	if _, err := a.Exec(ctx, "rollback").ReadAll(); err != nil {
		return c.secondError(ctx, err)
	}
	return c.samePID(row[0], pid)
}

// probePair lets b hold a transaction, looks at its backend, and then at a's.
func (c *Config) probePair(ctx context.Context, a, b *pgconn.PgConn, pid uint32) error {
	row, err := queryRow(ctx, a, selectPID, 1)
	if err != nil {
		return c.secondError(ctx, err)
	}
	if err := c.samePID(row[0], pid); err != nil {
		return err
	}
	if _, err := b.Exec(ctx, "begin").ReadAll(); err != nil {
		return c.secondError(ctx, err)
	}
	row, err = queryRow(ctx, b, selectPID, 1)
	if err != nil {
		return c.secondError(ctx, err)
	}
	other, err := parsePID(row[0])
	if err != nil {
		return err
	}
	if other == pid {
		return &PoolerError{Address: c.Address(), Mode: "transaction",
			Reason: "two connections were served by one backend"}
	}
	_, err = b.Exec(ctx, "rollback").ReadAll()
	if err != nil {
		return c.secondError(ctx, err)
	}
	return nil
}

func (c *Config) samePID(text string, pid uint32) error {
	now, err := parsePID(text)
	if err != nil {
		return err
	}
	if now != pid {
		return &PoolerError{Address: c.Address(), Mode: "transaction",
			Reason: "one connection was served by two backends"}
	}
	return nil
}

// secondError explains why the probe could not go on. A session pooler with a
// pool of one makes the second connection wait for the first to leave; a run
// needs more than one at a time, so it would hang there.
func (c *Config) secondError(ctx context.Context, err error) error {
	if context.Cause(ctx) != nil && ctx.Err() == context.DeadlineExceeded {
		return &PoolerError{Address: c.Address(), Mode: "session", Reason: context.Cause(ctx).Error()}
	}
	return &UnreachableError{Address: c.Address(), Reason: connectReason(err), Err: err}
}
