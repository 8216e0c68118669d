package ledger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// openTries bounds how often a period is opened again because the one in the
// way was closed before it could be read.
const openTries = 5

// OpenMaintenance commits a new period, in StateEntering, unless the app has an
// open one: then it returns that, as it is, and false. It uses App, ReleaseID,
// Version, By, Reason, ByHand, WasOn, Formation, Stopped and Until of p.
func (l *Ledger) OpenMaintenance(ctx context.Context, p Period) (is Period, opened bool, err error) {
	err = l.maintained(ctx, "open the maintenance", func(ctx context.Context, conn *pgx.Conn) error {
		formation, err := formationJSON(p.Formation)
		if err != nil {
			return err
		}
		for range openTries {
			is, opened, err = queryPeriod(ctx, conn, `
				insert into migguard.maintenance
				  (app, release_id, version, opened_by, reason, by_hand, was_on, formation, stopped, until)
				values ($1, nullif($2::bigint, 0), nullif($3, ''), $4, nullif($5, ''), $6, $7, $8::jsonb, $9, $10)
				on conflict (app) where closed_at is null do nothing
				returning`+periodColumns,
				clean(p.App), p.ReleaseID, clean(p.Version), clean(p.By), clean(p.Reason), p.ByHand, p.WasOn,
				formation, texts(p.Stopped), optionalTime(p.Until))
			if err != nil || opened {
				return err
			}
			var found bool
			is, found, err = queryPeriod(ctx, conn,
				"select"+periodColumns+"from migguard.maintenance where app = $1 and closed_at is null", clean(p.App))
			if err != nil || found {
				return err
			}
		}
		return ErrPeriodOver // opened and closed by others, again and again
	})
	return is, opened, err
}

// AdvanceMaintenance gives the period as it is, locked, to advance, and commits
// what that made of it: State, ReleaseID, Version, Reason, ByHand, Formation,
// Stopped, Until and Note. The times of the states are the server's. An error
// of advance changes nothing and comes back. A closed period is ErrPeriodOver,
// and is returned with it.
//
// The row's lock does not wait for a migration that has recorded a break
// (FOR KEY SHARE, by its foreign key), nor that for it.
func (l *Ledger) AdvanceMaintenance(ctx context.Context, id int64, advance func(*Period) error) (p Period, err error) {
	err = l.maintained(ctx, "advance the maintenance", func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			p, err = advanceMaintenance(ctx, tx, id, advance)
			return err
		})
	})
	return p, err
}

func advanceMaintenance(ctx context.Context, tx pgx.Tx, id int64, advance func(*Period) error) (Period, error) {
	p, found, err := queryPeriod(ctx, tx,
		"select"+periodColumns+"from migguard.maintenance where id = $1 for no key update", id)
	if err != nil {
		return p, err
	}
	if !found {
		return p, errNoPeriod(id)
	}
	if !p.Open() {
		return p, ErrPeriodOver
	}
	next := p
	if err := advance(&next); err != nil {
		return p, err
	}
	formation, err := formationJSON(next.Formation)
	if err != nil {
		return p, err
	}
	next, _, err = queryPeriod(ctx, tx, `
		update migguard.maintenance set
		  state = $2, release_id = nullif($3::bigint, 0), version = nullif($4, ''), reason = nullif($5, ''),
		  by_hand = $6, formation = $7::jsonb, stopped = $8, until = $9, note = nullif($10, ''),
		  on_at = case when $2 = 'on' then coalesce(on_at, clock_timestamp()) else on_at end,
		  drained_at = case when $2 = 'work' and state <> 'work' then clock_timestamp() else drained_at end,
		  left_at = case when $2 = 'leaving' and state <> 'leaving' then clock_timestamp() else left_at end,
		  closed_at = case when $2 = 'off' then clock_timestamp() end
		where id = $1
		returning`+periodColumns,
		id, string(next.State), next.ReleaseID, clean(next.Version), clean(next.Reason), next.ByHand,
		formation, texts(next.Stopped), optionalTime(next.Until), clean(next.Note))
	return next, err
}

// formationJSON is text, because pgx sends bytes as bytea where it has not
// asked the server for types.
func formationJSON(formation map[string]int) (string, error) {
	if formation == nil {
		return "{}", nil
	}
	raw, err := json.Marshal(formation)
	return string(raw), err
}

func texts(list []string) []string {
	cleaned := make([]string, len(list))
	for i, s := range list {
		cleaned[i] = clean(s)
	}
	return cleaned
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
