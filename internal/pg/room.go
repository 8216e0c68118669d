package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Room is how many queries pg_stat_statements holds, of all databases, and how many it
// can. Beyond that it forgets those that are called least, one in twenty at a time
// (USAGE_DEALLOC_PERCENT, contrib/pg_stat_statements/pg_stat_statements.c).
type Room struct{ Held, Max int }

// Short says that it is about to forget some: nine tenths are taken.
func (r Room) Short() bool { return r.Held*10 >= r.Max*9 }

// ReadRoom reads the room of the extension, which is in schema, as Seen has it.
func ReadRoom(ctx context.Context, conn *pgx.Conn, schema string) (r Room, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, seenTimeout, fmt.Errorf("no answer for %s", seenTimeout))
	defer cancel()
	err = conn.QueryRow(ctx, "SELECT (SELECT pg_catalog.count(*) FROM "+pgx.Identifier{schema}.Sanitize()+".pg_stat_statements(false)),"+
		" pg_catalog.current_setting('pg_stat_statements.max')::int").Scan(&r.Held, &r.Max)
	if err != nil {
		return r, fmt.Errorf("read the room of pg_stat_statements: %w", err)
	}
	return r, nil
}
