package maintenance

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/migguard/migguard/internal/ledger"
)

// Memory is a Store for a process without a database. What it knows ends with
// the process, so who uses it prints OffCommands. The zero value works.
type Memory struct {
	Clock Clock // nil: the system's

	mu      sync.Mutex
	periods []ledger.Period
}

// OpenMaintenance is as *ledger.Ledger's.
func (s *Memory) OpenMaintenance(_ context.Context, p ledger.Period) (ledger.Period, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, is := range s.periods {
		if is.App == p.App && is.Open() {
			return copied(is), false, nil
		}
	}
	p = copied(p)
	p.ID, p.State, p.OpenedAt = int64(len(s.periods)+1), ledger.StateEntering, s.now()
	s.periods = append(s.periods, p)
	return copied(p), true, nil
}

// AdvanceMaintenance is as *ledger.Ledger's.
func (s *Memory) AdvanceMaintenance(_ context.Context, id int64, advance func(*ledger.Period) error) (ledger.Period, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	is := &s.periods[id-1]
	if !is.Open() {
		return copied(*is), ledger.ErrPeriodOver
	}
	next := copied(*is)
	if err := advance(&next); err != nil {
		return copied(*is), err
	}
	s.stamp(is.State, &next)
	*is = copied(next)
	return next, nil
}

// stamp sets the times that go with a state, as the ledger's statement does.
func (s *Memory) stamp(was ledger.State, p *ledger.Period) {
	now := s.now()
	switch {
	case p.State == ledger.StateOn && p.OnAt.IsZero():
		p.OnAt = now
	case p.State == was:
	case p.State == ledger.StateWork:
		p.DrainedAt = now
	case p.State == ledger.StateLeaving:
		p.LeftAt = now
	case p.State == ledger.StateOff:
		p.ClosedAt = now
	}
}

// Maintenance is as *ledger.Ledger's.
func (s *Memory) Maintenance(_ context.Context, app string) (ledger.Period, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.periods {
		if p.App == app && p.Open() {
			return copied(p), true, nil
		}
	}
	return ledger.Period{}, false, nil
}

// Breaks are none: they are written by a migration, in its database.
func (s *Memory) Breaks(context.Context, int64) ([]ledger.Break, error) { return nil, nil }

func (s *Memory) now() time.Time {
	if s.Clock == nil {
		return systemClock{}.Now()
	}
	return s.Clock.Now()
}

// copied shares no map or slice with p.
func copied(p ledger.Period) ledger.Period {
	p.Formation, p.Stopped = maps.Clone(p.Formation), slices.Clone(p.Stopped)
	return p
}
