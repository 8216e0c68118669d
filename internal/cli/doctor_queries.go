package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/seen"
)

// counts are values of the settings by which nothing is counted, or not all, that
// count again.
var counts = map[string]string{"pg_stat_statements.track": "top", "pg_stat_statements.track_utility": "on", "compute_query_id": "auto"}

// checkQueries is about evidence that migguard can do without: how much of what
// running code sends the database's own count of queries shows.
func (d *diagnosis) checkQueries(ctx context.Context, conn *pgx.Conn, database *pg.Config, role string) {
	seen, err := pg.ReadSeen(ctx, conn, false)
	var unseen *pg.UnseenError
	switch {
	case errors.As(err, &unseen) && unseen.Err == nil: // the extension is not there
		d.warn("queries", d.sql(unseen.Mend), "%s: a query that the source does not show, but the database has run, is no evidence", unseen.Reason)
		return
	case errors.As(err, &unseen):
		d.warn("queries", cmp.Or(unseen.Mend, d.on("pg:info")), "%v", err)
		return
	case err != nil:
		d.warn("queries", d.on("pg:info"), "%v", err)
		return
	}
	room, err := pg.ReadRoom(ctx, conn, seen.Schema)
	if err != nil {
		d.warn("queries", d.on("pg:info"), "%v", err)
		return
	}
	recorded, err := recordedQueries(ctx, database)
	if err != nil {
		d.warn("queries", d.on("run migguard status"), "%v", err)
		return
	}
	d.checkSight(seen, room, recorded, role)
}

// recordedQueries is what the last run has recorded of them; nothing where none has.
func recordedQueries(ctx context.Context, database *pg.Config) (ledger.Seen, error) {
	l, err := ledger.Open(ctx, database.ConnConfig(), ledger.Options{})
	if err != nil {
		return ledger.Seen{}, err
	}
	defer func() { _ = l.Close() }()
	recorded, err := l.Seen(ctx)
	if errors.Is(err, ledger.ErrNoLedger) {
		return recorded, nil
	}
	return recorded, err
}

// checkSight names what hides most first.
func (d *diagnosis) checkSight(now pg.Seen, room pg.Room, recorded ledger.Seen, role string) {
	whole, telling := seen.New(now, recorded, time.Time{}, 0).InSight()
	since := now.Since.UTC().Format(time.DateTime + " UTC")
	empty := d.on("pg:outliers --reset") + "; or, if it fills up again, on a server of your own: ALTER SYSTEM SET pg_stat_statements.max = " + fmt.Sprint(4*room.Max) + ", and a restart"
	switch {
	case now.Off != "":
		name, _, _ := strings.Cut(now.Off, " = ")
		d.warn("queries", fmt.Sprintf("as a superuser: ALTER SYSTEM SET %s = '%s'; SELECT pg_reload_conf(); where a role or database has it: ALTER ... RESET %[1]s", name, counts[name]),
			"pg_stat_statements does not count all queries: %s", now.Off)
	case now.Since.IsZero():
		d.warn("queries", d.sql("ALTER EXTENSION pg_stat_statements UPDATE"), "pg_stat_statements is of an old version, which does not tell since when it counts")
	case now.Hidden > 0:
		d.warn("queries", d.sql("GRANT pg_read_all_stats TO "+pgx.Identifier{role}.Sanitize()),
			"pg_stat_statements has %d queries, and %d of other roles that may not be read", len(now.Queries), now.Hidden)
	case !now.Whole:
		d.warn("queries", empty, "pg_stat_statements has more than %d queries of this app, and only so many are looked at", pg.MaxSeen)
	case now.Evictions > 0 && now.At.Before(telling):
		d.warn("queries", empty, "pg_stat_statements has room for %d queries, and since %s has thrown out the least called %d times, %s ago at the latest: one that it does not show may be sent all the same",
			room.Max, since, now.Evictions, report.Age(now.At.Sub(whole)))
	case room.Short():
		d.warn("queries", empty, "pg_stat_statements has %d queries of all databases, and room for %d: then it throws out the least called", room.Held, room.Max)
	case now.At.Before(telling):
		d.ok("queries", "pg_stat_statements has %d queries, and forgot none for %s; from %s on one that it does not show counts as not sent",
			len(now.Queries), report.Age(now.At.Sub(whole)), telling.UTC().Format("2006-01-02 15:04 UTC"))
	default:
		d.ok("queries", "pg_stat_statements has %d queries, and forgot none for %s", len(now.Queries), report.Age(now.At.Sub(whole)))
	}
}

// sql is the command that has the app's database do something.
func (d *diagnosis) sql(statement string) string { return d.on("pg:psql") + " -c '" + statement + "'" }
