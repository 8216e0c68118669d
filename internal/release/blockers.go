package release

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// wanted are the relations the statement names and wants a strong lock on, as SQL
// literals, and whether readers have to go for one.
func (a *act) wanted() (names []string, readers bool) {
	mode := ddl.Share
	for _, l := range a.plan.Locks {
		if l.Via == ddl.Itself && a.isStrong(l) {
			names = append(names, ddl.Literal(l.Relation.String()))
			if l.Mode.Compare(mode) > 0 {
				mode = l.Mode
			}
		}
	}
	return names, mode == ddl.AccessExclusive
}

// blockers are the transactions in the way of the statement, as far as it names
// the relations. That they cannot be told stops nothing.
func (a *act) blockers(ctx context.Context) []string {
	names, readers := a.wanted()
	if len(names) == 0 {
		return nil
	}
	var lines []string
	for _, row := range a.look(ctx, pg.Blockers(names, readers)) {
		lines = append(lines, *row[0])
	}
	return lines
}

// look asks about other sessions. What they do is read once in a transaction, so that
// what was seen before would be seen again (pgstat_read_current_status,
// src/backend/utils/activity/backend_status.c).
func (a *act) look(ctx context.Context, query string) [][]*string {
	if err := a.conn.Exec(ctx, "SELECT pg_catalog.pg_stat_clear_snapshot()"); err != nil {
		return nil
	}
	rows, err := a.conn.Query(ctx, query)
	if err != nil {
		return nil
	}
	return rows
}

// cancelBlockers cancels queries in the way that run for longer than the user lets
// them. That it cannot be done stops nothing.
func (a *act) cancelBlockers(ctx context.Context) {
	names, readers := a.wanted()
	if a.cancelAfter == 0 || len(names) == 0 {
		return
	}
	for _, row := range a.look(ctx, pg.CancelBlockers(names, readers, a.cancelAfter.Seconds())) {
		if *row[1] == "t" {
			a.out.Cancelled(*row[0], a.cancelAfter)
		}
	}
}

// cancel is cancelBlockers for what migguard runs in a session of its own: it runs
// one of the statements that cancel, and tells whether one query was.
func (r *Run) cancel(ctx context.Context, conn *pgx.Conn, sql func(seconds float64) string) (some bool) {
	if r.CancelBlockers == 0 {
		return false
	}
	rows, err := conn.Query(ctx, sql(r.CancelBlockers.Seconds()))
	if err != nil {
		return false
	}
	var what string
	var sent bool
	_, _ = pgx.ForEachRow(rows, []any{&what, &sent}, func() error {
		if sent {
			some = true
			r.Out.Cancelled(what, r.CancelBlockers)
		}
		return nil
	})
	return some
}

// dropping has the ledger drop a relation, by oid, or a part of it; once more when
// what kept it locked through all tries was cancelled, or was a vacuum that has ended.
func (r *Run) dropping(ctx context.Context, relation uint32, drop func() error) error {
	err := drop()
	var busy *ledger.BusyError
	if !errors.As(err, &busy) {
		return err
	}
	cancelled := r.cancel(ctx, r.Catalog, func(seconds float64) string { return pg.CancelHolders(relation, seconds) })
	if task.Outwait(ctx, r.Catalog, relation) || cancelled {
		return drop()
	}
	return err
}
