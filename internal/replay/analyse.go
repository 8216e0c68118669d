package replay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
)

// SQLSTATEs of a relation and a column that there is none of, and of what is no SQL.
const (
	codeUndefinedTable  = "42P01"
	codeUndefinedColumn = "42703"
	codeSyntaxError     = "42601"
)

// Bounds of what one round trip asks about: between two the time that is left is
// looked at, and what is sent has to have room on its way while the server does not
// read, because it waits for its answers to be read.
const (
	atOnce      = 50
	bytesAtOnce = 32 << 10
)

// timeoutError is how much earlier than it should a statement_timeout may end a query.
const timeoutError = 5 * time.Millisecond

// undecided tells SQLSTATEs that say nothing of a query: a lock, or memory, could not
// be had.
func undecided(code string) bool { return pg.LockFailed(code) || strings.HasPrefix(code, "53") }

// savepoint is where the session goes back to.
const savepoint = "migguard_replay"

// analyse asks the server about queries, as sessions with that search path see the
// schema, until the time is up. heard gets each answer; err is nil for a query that
// passes. rest are those that were not asked about. It leaves nothing behind, locks
// neither. After an error nothing needs to be taken back: the transaction is aborted
// with it.
func analyse(ctx context.Context, conn guard.Conn, path string, queries []*Query, until time.Time, heard func(q *Query, returns string, err *guard.ServerError)) (rest int, err error) {
	if err := conn.Block(ctx); err != nil {
		return 0, err
	}
	if err := conn.Exec(ctx, "SAVEPOINT "+savepoint); err != nil {
		return 0, err
	}
	rows, err := conn.Query(ctx, "SELECT pg_catalog.current_setting('client_encoding')")
	if err != nil {
		return 0, err
	}
	if *rows[0][0] != "UTF8" {
		queries, rest = readableBy(queries)
	}
	left, err := analyseAside(ctx, conn, path, queries, until, heard)
	if err != nil {
		return 0, err
	}
	return rest + len(left), conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+savepoint, "RELEASE SAVEPOINT "+savepoint)
}

// readableBy leaves out the queries that mean something else in another encoding
// than the one they were read in.
func readableBy(queries []*Query) (plain []*Query, rest int) {
	for _, q := range queries {
		if utf8.RuneCountInString(q.question.SQL) == len(q.question.SQL) {
			plain = append(plain, q)
		}
	}
	return plain, len(queries) - len(plain)
}

func analyseAside(ctx context.Context, conn guard.Conn, path string, queries []*Query, until time.Time, heard func(*Query, string, *guard.ServerError)) ([]*Query, error) {
	failed := false
	for ; len(queries) > 0; failed = true {
		left := time.Until(until)
		if left < time.Millisecond {
			break
		}
		var sql []string
		if failed {
			sql = []string{"ROLLBACK TO SAVEPOINT " + savepoint}
		}
		if err := conn.Exec(ctx, append(sql, asCode(path, left)...)...); err != nil {
			return queries, err
		}
		var refused *guard.ServerError
		for len(queries) > 0 && refused == nil && time.Now().Before(until) {
			batch := batchOf(queries)
			returns, err := conn.Analyse(ctx, batch...)
			if err != nil && !errors.As(err, &refused) {
				return queries, err
			}
			for i, row := range returns {
				heard(queries[i], row, nil)
			}
			queries = queries[len(returns):]
		}
		switch {
		case refused == nil || len(queries) == 0:
		case refused.SQLState() != pg.QueryCanceled:
			heard(queries[0], "", refused)
			queries = queries[1:]
		case time.Until(until) > timeoutError:
			return queries, refused // by the client
		}
	}
	return queries, nil
}

func setPath(path string) string {
	return fmt.Sprintf("SELECT pg_catalog.set_config('search_path', %s, true)", ddl.Literal(path))
}

// asCode is SQL that lets the session find what running code does, for no longer than
// is left. A plan with the parameters' values would compute with them.
func asCode(path string, left time.Duration) []string {
	return []string{setPath(path), pg.SetLockTimeout(fmt.Sprint(max(left.Milliseconds()/4, 1))),
		"SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)",
		fmt.Sprintf("SELECT pg_catalog.set_config('statement_timeout', '%d', true)", left.Milliseconds())}
}

// batchOf are the first of the queries, as many as are asked about at once.
func batchOf(queries []*Query) (batch []guard.Question) {
	size := 0
	for _, q := range queries[:min(len(queries), atOnce)] {
		if size += len(q.question.SQL); size > bytesAtOnce && batch != nil {
			break
		}
		batch = append(batch, q.question)
	}
	return batch
}
