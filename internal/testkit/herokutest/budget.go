package herokutest

import "time"

// A budget is an account's request tokens: so many at once, a sixtieth of
// them back each minute.
type budget struct {
	tokens float64
	limit  float64
	at     time.Time
}

func newBudget(tokens int, now time.Time) budget {
	return budget{tokens: float64(tokens), limit: float64(tokens), at: now}
}

func (b *budget) refill(now time.Time) {
	perSecond := b.limit / 60 / 60
	b.tokens = min(b.limit, b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
}

// take spends a token, if there is one.
func (b *budget) take(now time.Time) bool {
	b.refill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (b *budget) remaining(now time.Time) int {
	b.refill(now)
	return int(b.tokens)
}
