package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// maintenanceVersion is the first version of the schema that knows
// maintenance. A session without the run lock does not bring an older one up
// to date.
const maintenanceVersion = 2

// ErrPeriodOver is returned by AdvanceMaintenance when the period has come to
// its end: StateOff is final.
var ErrPeriodOver = errors.New("the maintenance is over")

// A State is how far a period of maintenance has come.
type State string

// The states of a period, in their order. What is outside the database is
// changed after the state that announces it is committed.
const (
	StateEntering State = "entering" // about to be turned on
	StateOn       State = "on"
	StateDraining State = "draining" // process types stop, old queries end
	StateWork     State = "work"     // nothing of the old code is at work
	StateLeaving  State = "leaving"  // about to be turned off
	StateOff      State = "off"
)

// A Period is one time of maintenance mode of one app. Zero values are
// unknown, or have not come.
type Period struct {
	ID        int64
	App       string // Heroku's name
	ReleaseID int64  // the run that works under it; 0: none does
	Version   string // of that run's release, vN
	By        string // who turned it on
	Reason    string
	State     State
	// ByHand: a person turned it on, too, so the end of a run does not
	// turn it off.
	ByHand bool
	WasOn  bool // the app was in maintenance before
	// Formation has the quantity of each process type before; Stopped are
	// those that are scaled to 0 meanwhile.
	Formation map[string]int
	Stopped   []string
	Until     time.Time // when it is to be turned off
	Note      string    // how it went

	OpenedAt  time.Time
	OnAt      time.Time // Heroku had said that it is on
	DrainedAt time.Time
	LeftAt    time.Time
	ClosedAt  time.Time
}

// Open reports whether the period has not come to its end.
func (p Period) Open() bool { return p.State != StateOff }

const periodColumns = ` id, app, coalesce(release_id, 0), coalesce(version, ''), opened_by, coalesce(reason, ''),
	state, by_hand, was_on, formation, stopped, coalesce(note, ''),
	until, opened_at, on_at, drained_at, left_at, closed_at `

func scanPeriod(row pgx.CollectableRow) (p Period, err error) {
	var until, on, drained, left, closed *time.Time
	err = row.Scan(&p.ID, &p.App, &p.ReleaseID, &p.Version, &p.By, &p.Reason,
		&p.State, &p.ByHand, &p.WasOn, &p.Formation, &p.Stopped, &p.Note,
		&until, &p.OpenedAt, &on, &drained, &left, &closed)
	for to, from := range map[*time.Time]*time.Time{
		&p.Until: until, &p.OnAt: on, &p.DrainedAt: drained, &p.LeftAt: left, &p.ClosedAt: closed,
	} {
		if from != nil {
			*to = *from
		}
	}
	return p, err
}

// Maintenance is the open period of an app; false when there is none. It needs
// no lock, as none of the methods for maintenance does.
func (l *Ledger) Maintenance(ctx context.Context, app string) (p Period, found bool, err error) {
	periods, err := l.periods(ctx, "read the maintenance", "where app = $1 and closed_at is null", clean(app))
	if len(periods) == 0 {
		return Period{}, false, err
	}
	return periods[0], true, nil
}

// Maintenances are the last periods of an app, newest first.
func (l *Ledger) Maintenances(ctx context.Context, app string, most int) ([]Period, error) {
	return l.periods(ctx, "list the maintenance", "where app = $1 order by id desc limit $2", clean(app), most)
}

func (l *Ledger) periods(ctx context.Context, op, where string, args ...any) (periods []Period, err error) {
	err = l.maintained(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		periods, err = queryPeriods(ctx, conn, "select"+periodColumns+"from migguard.maintenance "+where, args...)
		return err
	})
	return periods, err
}

// maintained is do for what needs the tables of maintenance.
func (l *Ledger) maintained(ctx context.Context, op string, f func(context.Context, *pgx.Conn) error) error {
	return l.do(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < maintenanceVersion {
			return ErrNoLedger
		}
		return f(ctx, conn)
	})
}

// A querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func queryPeriods(ctx context.Context, q querier, sql string, args ...any) ([]Period, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPeriod)
}

func queryPeriod(ctx context.Context, q querier, sql string, args ...any) (p Period, found bool, err error) {
	periods, err := queryPeriods(ctx, q, sql, args...)
	if err != nil || len(periods) == 0 {
		return p, false, err
	}
	return periods[0], true, nil
}

// errNoPeriod is for an id that was never given.
func errNoPeriod(id int64) error { return fmt.Errorf("there is no maintenance %d", id) }
