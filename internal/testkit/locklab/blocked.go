package locklab

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Blocked is how long a statement and the end of its transaction took, and how long
// the longest read and the longest write of others did meanwhile.
type Blocked struct{ Took, Read, Write time.Duration }

// useEvery is the pause between two reads, or writes.
const useEvery = 2 * time.Millisecond

// Fill gives tables of the schema more rows, and measures what comes after on those.
func (l *Lab) Fill(t testing.TB, sql string) {
	t.Helper()
	exec(t, l.runner, sql)
}

// Meet runs a form that may run in a transaction block, in one that is rolled back,
// while two sessions read and write tables. It fails with the server's error.
func (l *Lab) Meet(t testing.TB, f Form, tables []string) (met Blocked, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, reads := l.use(t, ctx, "select from only ", " limit 1", tables)
	written, writes := l.use(t, ctx, "delete from only ", " where false", tables)
	<-reads
	<-writes
	began := time.Now()
	_, err = l.runner.Exec(t.Context(), "begin; "+f.SQL, pgx.QueryExecModeSimpleProtocol)
	exec(t, l.runner, "rollback")
	met.Took = time.Since(began)
	cancel()
	r, w := <-read, <-written
	met.Read, met.Write = r.longest, w.longest
	return met, errors.Join(err, r.err, w.err)
}

// A use is the longest time that one statement of a session took.
type use struct {
	longest time.Duration
	err     error
}

// use runs statements again and again until the context ends; it is begun when each
// has run once, which counts for nothing.
func (l *Lab) use(t testing.TB, ctx context.Context, before, after string, tables []string) (ended chan use, begun chan struct{}) {
	conn := l.db.Connect(t)
	ended, begun = make(chan use, 1), make(chan struct{})
	go func() {
		var u use
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)); ended <- u }()
		tick := time.NewTicker(useEvery)
		defer tick.Stop()
		for round := 0; ctx.Err() == nil; round++ {
			for _, table := range tables {
				began := time.Now()
				if _, u.err = conn.Exec(context.WithoutCancel(ctx), before+table+after, pgx.QueryExecModeSimpleProtocol); u.err != nil {
					if round == 0 {
						close(begun)
					}
					return
				}
				if round > 0 {
					u.longest = max(u.longest, time.Since(began))
				}
			}
			if round == 0 {
				close(begun)
			}
			<-tick.C
		}
	}()
	return ended, begun
}
