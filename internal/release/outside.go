package release

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/pg"
)

// An outside is a session of migguard's own that sees what relations were before a
// transaction of the runner's, for as long as that is open: what it has not
// committed nobody else sees. It is dialed when it is first asked.
type outside struct {
	database *pg.Config
	mu       sync.Mutex
	conn     *pgx.Conn
}

// outsideSettings: the catalogs are locked by nobody for long, but if they are, to wait
// could be to wait for the transaction that asks; and the session is idle between two
// questions for as long as it takes.
const outsideSettings = "SET lock_timeout = '5s'; SET statement_timeout = '60s'; SET idle_session_timeout = 0"

// query asks one question in text format. A session that has ended meanwhile is
// dialed again.
func (o *outside) query(ctx context.Context, sql string) (rows [][][]byte, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil {
		if rows, err = o.ask(ctx, sql); err == nil {
			return rows, nil
		}
	}
	if o.conn == nil || o.conn.IsClosed() {
		if o.conn, err = pgx.ConnectConfig(ctx, o.database.ConnConfig()); err == nil {
			_, err = o.ask(ctx, outsideSettings)
		}
		if err == nil {
			rows, err = o.ask(ctx, sql)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look at the catalogs from outside the transaction: %w", err)
	}
	return rows, nil
}

// ask returns the rows of the last statement.
func (o *outside) ask(ctx context.Context, sql string) ([][][]byte, error) {
	results, err := o.conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	return results[len(results)-1].Rows, nil
}

// document is the answer to one of the queries that give one in hex.
func (o *outside) document(ctx context.Context, query string) ([]byte, error) {
	rows, err := o.query(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return nil, errors.New("look at the catalogs from outside the transaction: no answer")
	}
	return hex.DecodeString(string(rows[0][0]))
}

// snapshot is that of some relations, or of all if there are none.
func (o *outside) snapshot(ctx context.Context, oids []uint32) (catalog.Snapshot, error) {
	doc, err := o.document(ctx, snapshotQuery(oids))
	if err != nil {
		return nil, err
	}
	return catalog.DecodeSnapshot(doc)
}

func snapshotQuery(oids []uint32) string {
	if oids == nil {
		return pg.Snapshot
	}
	return pg.SnapshotOf(oids)
}

func (o *outside) close(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil {
		_ = o.conn.Close(ctx)
		o.conn = nil
	}
}
