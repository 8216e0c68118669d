package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// keptContracts is how many builds' contracts are kept: Heroku keeps the 20
// newest releases for a rollback, and older ones for 30 days (changelog 3395),
// and most releases of an app are of a build of their own.
const keptContracts = 50

// RecordContract keeps a build's contract, a JSON document, and forgets those of
// builds that were released long ago. The release of the build has begun. All of it
// is kept, however long: a real application's has hundreds of kB.
func (l *Ledger) RecordContract(ctx context.Context, build string, document []byte) error {
	return l.inTx(ctx, "record the contract", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into migguard.contract as c (build, document) values ($1, $2)
			on conflict (build) do update set document = excluded.document, recorded_at = now()
			where c.document <> excluded.document`, clean(build), storable(string(document)))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			delete from migguard.contract where build not in (
				select build from migguard.release where build is not null
				group by build order by max(id) desc limit $1)`, keptContracts)
		return err
	})
}

// Contracts are those recorded of the given builds, by build.
func (l *Ledger) Contracts(ctx context.Context, builds []string) (documents map[string][]byte, err error) {
	documents = map[string][]byte{}
	err = l.read(ctx, "read contracts", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "select build, document from migguard.contract where build = any($1)", builds)
		if err != nil {
			return err
		}
		var build string
		var document []byte
		_, err = pgx.ForEachRow(rows, []any{&build, &document}, func() error {
			documents[build] = append([]byte(nil), document...)
			return nil
		})
		return err
	})
	return documents, err
}

// A Released is a build with the last run of it that succeeded.
type Released struct {
	App       string // empty: unknown
	Build     string // empty: unknown
	Version   string
	ReleaseID int64
}

// SucceededBuilds are the last builds of each app of which a run succeeded, at
// most so many of one, newest first.
func (l *Ledger) SucceededBuilds(ctx context.Context, most int) (builds []Released, err error) {
	err = l.read(ctx, "list builds", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			select coalesce(r.app, ''), coalesce(r.build, ''), coalesce(r.version, ''), r.id
			from (
				select max(id) as id, row_number() over (partition by app order by max(id) desc) as n
				from migguard.release where outcome = 'succeeded' group by app, build
			) as last join migguard.release r using (id)
			where last.n <= $1 order by r.id desc`, most)
		if err != nil {
			return err
		}
		builds, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Released])
		return err
	})
	return builds, err
}
