package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// keptBoots and keptBootDays bound what is kept of dynos. A name has a dyno of
// the new build and one of the old in a deploy, and a third after a rollback in
// the middle of it. No dyno runs for a month: Heroku starts each anew every day
// (Dev Center, "Dyno Restarts").
const (
	keptBoots    = 3
	keptBootDays = 30
)

// A Boot is a dyno that has announced that its processes look into their build's
// overlay schema before all others.
type Boot struct {
	App, Dyno string
	Build     string
	DynoID    string // empty: unknown
	Version   string // Heroku's vN; empty: unknown
	Schema    string
	Path      string
	At        time.Time // by the server's clock; not written
}

// Announce records a dyno's boot in place of an earlier one of the same name and
// build. It is ErrNoLedger where no run has made the table.
func (l *Ledger) Announce(ctx context.Context, b Boot) error {
	return l.bootTx(ctx, "announce a dyno", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into migguard.boot (app, dyno, build, dyno_id, version, schema, path)
			values ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6, $7)
			on conflict (app, dyno, build) do update set dyno_id = excluded.dyno_id, version = excluded.version,
				schema = excluded.schema, path = excluded.path, announced_at = excluded.announced_at`,
			clean(b.App), clean(b.Dyno), clean(b.Build), clean(b.DynoID), clean(b.Version), b.Schema, clean(b.Path))
		if err != nil {
			return err
		}
		// Many dynos boot at once: what another one is about to delete is left to it.
		_, err = tx.Exec(ctx, `
			delete from migguard.boot where ctid in (
				select ctid from migguard.boot old
				where announced_at < now() - make_interval(days => $3)
				   or app = $1 and dyno = $2 and $4 <= (
					select count(*) from migguard.boot newer
					where newer.app = $1 and newer.dyno = $2 and newer.announced_at > old.announced_at)
				for update skip locked)`, clean(b.App), clean(b.Dyno), keptBootDays, keptBoots)
		return err
	})
}

// Withdraw takes back what an earlier process of this dyno has announced.
func (l *Ledger) Withdraw(ctx context.Context, app, dyno string) error {
	return l.bootTx(ctx, "withdraw a dyno's announcement", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "delete from migguard.boot where app = $1 and dyno = $2", clean(app), clean(dyno))
		return err
	})
}

// bootTx is inTx, but for a ledger from before dynos announced themselves.
func (l *Ledger) bootTx(ctx context.Context, op string, f func(context.Context, pgx.Tx) error) error {
	return l.inTx(ctx, op, func(ctx context.Context, tx pgx.Tx) error {
		err := f(ctx, tx)
		if sqlState(err) == codeUndefinedTable {
			return ErrNoLedger
		}
		return err
	})
}

// Boots are the dynos of builds that have announced themselves. A ledger from
// before they did has none.
func (l *Ledger) Boots(ctx context.Context, builds []string) (boots []Boot, err error) {
	err = l.readSteering(ctx, "list dynos", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			select app, dyno, build, coalesce(dyno_id, ''), coalesce(version, ''), schema, path, announced_at
			from migguard.boot where build = any($1) order by announced_at`, builds)
		if err != nil {
			return err
		}
		boots, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Boot])
		return err
	})
	return boots, err
}

func (l *Ledger) readSteering(ctx context.Context, op string, f func(context.Context, *pgx.Conn) error) error {
	return l.read(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		err := f(ctx, conn)
		if sqlState(err) == codeUndefinedTable {
			return nil
		}
		return err
	})
}

// A RunnerPath is where the sessions of one run's migration command looked first.
type RunnerPath struct {
	Build    string
	Schema   string // overlay schema of the build
	Sessions int    // at least 1
	Problem  string // what one of them did otherwise; empty: each began with Schema
}

// RecordRunnerPath keeps what was seen of the release that has begun.
func (l *Ledger) RecordRunnerPath(ctx context.Context, release int64, p RunnerPath) error {
	return l.inTx(ctx, "record the command's search path", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into migguard.runner_path (release_id, build, schema, sessions, problem)
			values ($1, $2, $3, $4, nullif($5, ''))`, release, clean(p.Build), p.Schema, p.Sessions, clean(p.Problem))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			delete from migguard.runner_path where build not in (
				select build from migguard.release where build is not null
				group by build order by max(id) desc limit $1)`, keptContracts)
		return err
	})
}

// RunnerPaths are the last of each of the builds that has one, by build.
func (l *Ledger) RunnerPaths(ctx context.Context, builds []string) (paths map[string]RunnerPath, err error) {
	paths = map[string]RunnerPath{}
	err = l.readSteering(ctx, "read the commands' search paths", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			select distinct on (build) build, schema, sessions, coalesce(problem, '')
			from migguard.runner_path where build = any($1) order by build, release_id desc`, builds)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RunnerPath])
		for _, p := range found {
			paths[p.Build] = p
		}
		return err
	})
	return paths, err
}

// Ahead is how far the server's clock is ahead of ours, give or take what the
// question took.
func (l *Ledger) Ahead(ctx context.Context) (ahead, give time.Duration, err error) {
	err = l.do(ctx, "read the server's clock", func(ctx context.Context, conn *pgx.Conn) error {
		var there time.Time
		asked := time.Now()
		if err := conn.QueryRow(ctx, "select clock_timestamp()").Scan(&there); err != nil {
			return err
		}
		give = time.Since(asked) / 2
		ahead = there.Sub(asked.Add(give))
		return nil
	})
	return ahead, give, err
}
