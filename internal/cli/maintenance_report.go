package cli

import (
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// reportPeriod is a period in the report's words.
func reportPeriod(p ledger.Period, breaks []ledger.Break) report.Period {
	r := report.Period{
		State: string(p.State), By: p.By, ByHand: p.ByHand, Reason: p.Reason, Release: p.Version,
		Since: p.OpenedAt, Until: given(p.Until), Ended: given(p.ClosedAt), WasOn: p.WasOn, Note: p.Note,
	}
	if r.Release == "" && p.ReleaseID != 0 {
		r.Release = fmt.Sprintf("run %d", p.ReleaseID)
	}
	for _, t := range p.Stopped {
		if r.Stopped == nil {
			r.Stopped = map[string]int{}
		}
		r.Stopped[t] = p.Formation[t]
	}
	for _, b := range breaks {
		r.Breaks = append(r.Breaks, b.String())
	}
	return r
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
