package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/fleet"
)

// Builds are the builds that the releases of an app were made of, by the number
// of Heroku's version, as far as runs have recorded both. A run without an app
// counts for every one.
func (l *Ledger) Builds(ctx context.Context, app string) (builds map[int]string, err error) {
	builds = map[int]string{}
	err = l.read(ctx, "list builds", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			select distinct on (version) version, build from migguard.release
			where version is not null and build is not null and coalesce(app, $1) = $1
			order by version, id desc`, clean(app))
		if err != nil {
			return err
		}
		var version, build string
		_, err = pgx.ForEachRow(rows, []any{&version, &build}, func() error {
			if n := fleet.VersionNumber(version); n > 0 {
				builds[n] = build
			}
			return nil
		})
		return err
	})
	return builds, err
}

// ShimsWithout lists the shims that are due when no code but that of the given
// builds runs or is about to, newest first. A build needs a shim unless it came
// with it or after it: it has a run from then on, and none before that
// succeeded. No builds at all need none. The builds are an app's; what other apps
// run is as for DueShims.
func (l *Ledger) ShimsWithout(ctx context.Context, app string, builds []string) ([]Shim, error) {
	return l.shims(ctx, "list due shims", selectShim+" and "+platformSaysGone+" order by s.id desc", builds, app)
}

// platformSaysGone tells of s what ShimsWithout says of a shim: $1 are the builds, $2
// the app.
const platformSaysGone = `not exists (
			select from unnest($1::text[]) as running (build)
			where not exists (
				select from migguard.release r2
				where r2.build = running.build and r2.id >= s.release_id)
			or exists (
				select from migguard.release old
				where old.build = running.build and old.id < s.release_id and old.outcome = 'succeeded'))
		and ` + noOtherApp

// Runs are the last runs, newest first.
func (l *Ledger) Runs(ctx context.Context, most int) (runs []Release, err error) {
	err = l.read(ctx, "list runs", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, selectRelease+" order by id desc limit $1", most)
		if err != nil {
			return err
		}
		runs, err = pgx.CollectRows(rows, scanRelease)
		return err
	})
	return runs, err
}

// Fitting is the first run that succeeded with all of the breaks done, and was
// not of one of the versions whose release failed all the same: its code, and
// what comes after it, fits the schema. False when there is none yet.
func (l *Ledger) Fitting(ctx context.Context, breaks []Break, failed []string) (r Release, found bool, err error) {
	var last int64
	for _, b := range breaks {
		last = max(last, b.ReleaseID)
	}
	return l.oneRelease(ctx, "find the release that fits", `
		where outcome = 'succeeded' and id >= $1 and not coalesce(version = any($2), false)
		order by id limit 1`, last, failed)
}
