package deploysim

import (
	"context"
	"time"
)

// pacer spaces statements evenly, so that a dyno loads the database as a web
// process does and not as a benchmark: an answer that comes late delays what
// follows and is not made up for by a burst.
type pacer struct {
	gap  time.Duration
	next time.Time
}

func newPacer(perSecond int) *pacer {
	return &pacer{gap: time.Second / time.Duration(perSecond)}
}

// wait returns when the next statement is due, false if ctx ended before.
func (p *pacer) wait(ctx context.Context) bool {
	now := time.Now()
	if p.next.Before(now.Add(-p.gap)) {
		p.next = now
	}
	timer := time.NewTimer(p.next.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// sent makes room after n statements.
func (p *pacer) sent(n int) { p.next = p.next.Add(time.Duration(n) * p.gap) }
