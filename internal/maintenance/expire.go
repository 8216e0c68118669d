package maintenance

import (
	"context"
	"errors"
	"time"

	"github.com/migguard/migguard/internal/ledger"
)

// errOtherTime says that a person has set another time than the one that is up.
var errOtherTime = errors.New("the maintenance has another end now")

// Due reports whether the time of a period is up.
func (m *Machine) Due(p ledger.Period) bool {
	return p.Open() && !p.Until.IsZero() && !m.clock().Now().Before(p.Until)
}

// Expire ends a period that a person turned on, because its time is up or the
// process that was to end it is about to go. If a run works under it, it
// becomes that run's, which ends it as its own: that is an *InUseError. It does
// nothing when the period is over, or a person has set another time.
func (m *Machine) Expire(ctx context.Context, p ledger.Period, why string) (ledger.Period, error) {
	is, err := m.leave(ctx, p, false, func(now *ledger.Period) error {
		if !now.Until.Equal(p.Until) {
			return errOtherTime
		}
		now.Note = why
		if now.ReleaseID == 0 {
			now.State = ledger.StateLeaving
			return nil
		}
		now.ByHand, now.Until = false, time.Time{}
		now.Note += "; left to the run"
		return nil
	})
	if errors.Is(err, errOtherTime) {
		return is, nil
	}
	if err == nil && is.Open() && is.State != ledger.StateLeaving {
		return is, &InUseError{is}
	}
	return is, err
}
