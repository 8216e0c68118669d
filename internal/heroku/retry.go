package heroku

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
	// refill is about how long it takes until an account that has used up its
	// allowance may ask once: 75 requests a minute.
	refill = 800 * time.Millisecond
	// worthwhile is the least time that another attempt is begun with.
	worthwhile = time.Second
	// farthest bounds a Retry-After that makes no sense.
	farthest = 24 * time.Hour
)

// A clock is time, for tests to replace.
type clock struct {
	now func() time.Time
	// sleep returns early, with the context's error, when that ends.
	sleep func(context.Context, time.Duration) error
	// within ends the context after the duration.
	within func(context.Context, time.Duration) (context.Context, context.CancelFunc)
}

var systemClock = clock{now: time.Now, sleep: sleep, within: context.WithTimeout}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitAfter says how long to wait after an attempt: twice as long as after the
// one before, of which up to half is left to chance, and at least as long as
// the API asks.
func waitAfter(attempt int, fault *Error) time.Duration {
	d := maxWait
	if attempt <= 5 { // beyond, the shift exceeds maxWait
		d = min(maxWait, firstWait<<(attempt-1))
	}
	d = d/2 + rand.N(d/2+1)
	if fault.RateLimited() {
		d = max(d, refill)
	}
	return max(d, fault.RetryAfter)
}

// retryAfter reads the header of that name: seconds, or a date (RFC 9110,
// 10.2.3). What is neither asks for nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), farthest)
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(0, date.Sub(now)), farthest)
	}
	return 0
}
