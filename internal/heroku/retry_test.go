package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// inTurn lets the first requests meet one fault each, the others none.
func inTurn(faults ...func(*rig, http.ResponseWriter, *http.Request)) func(*rig, http.ResponseWriter, *http.Request) {
	return func(r *rig, w http.ResponseWriter, req *http.Request) {
		if n := len(r.asked.list()); n <= len(faults) {
			faults[n-1](r, w, req)
			return
		}
		healthy(r, w, req)
	}
}

func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	r := setup(t, status(503, ""))
	_, err := r.client.App(t.Context())
	var apiErr *Error
	if !errors.As(err, &apiErr) {
		t.Fatal(err)
	}
	total := time.Duration(0)
	for i, wait := range r.clock.waits() {
		whole := maxWait
		if i < 5 {
			whole = min(maxWait, firstWait<<i)
		}
		if wait < whole/2 || wait > whole {
			t.Errorf("wait %d is %v, want between %v and %v", i+1, wait, whole/2, whole)
		}
		total += wait
	}
	if total > defaultRetryFor || total < defaultRetryFor-maxWait-worthwhile {
		t.Errorf("waited %v in all, want nearly %v", total, defaultRetryFor)
	}
	if apiErr.After != total || apiErr.Attempts != len(r.clock.waits())+1 {
		t.Errorf("the error tells of %d attempts in %v: waited %d times, %v",
			apiErr.Attempts, apiErr.After, len(r.clock.waits()), total)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	tests := []struct {
		value string
		want  time.Duration
	}{
		{"", 0}, {"soon", 0}, {"-3", 0}, {"1.5", 0}, {"0", 0}, {" 7 ", 7 * time.Second},
		{"99999999", farthest}, {"9999999999999999999999", 0},
		{now.Add(90 * time.Second).UTC().Format(http.TimeFormat), 90 * time.Second},
		{now.Add(-time.Hour).UTC().Format(http.TimeFormat), 0},
		{now.AddDate(90, 0, 0).UTC().Format(http.TimeFormat), farthest},
	}
	for _, test := range tests {
		if got := retryAfter(http.Header{"Retry-After": {test.value}}, now); got != test.want {
			t.Errorf("Retry-After: %s: %v, want %v", test.value, got, test.want)
		}
	}
}

func TestWaitsAsAsked(t *testing.T) {
	t.Parallel()
	date := time.Unix(1_700_000_000, 0).Add(11 * time.Second).UTC().Format(http.TimeFormat)
	tests := []struct {
		name     string
		fault    func(*rig, http.ResponseWriter, *http.Request)
		from, to time.Duration
	}{
		{"seconds", status(429, "", "Retry-After", "7"), 7 * time.Second, 7 * time.Second},
		{"date", status(503, "", "Retry-After", date), 11 * time.Second, 11 * time.Second},
		{"empty allowance", status(429, "", "RateLimit-Remaining", "0"), refill, refill},
		{"nothing asked", status(500, ""), firstWait / 2, firstWait},
	}
	for _, test := range tests {
		r := setup(t, inTurn(test.fault))
		if _, err := r.client.App(t.Context()); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		waits := r.clock.waits()
		if len(waits) != 1 || waits[0] < test.from || waits[0] > test.to {
			t.Errorf("%s: waited %v, want %v to %v", test.name, waits, test.from, test.to)
		}
	}
}

func TestNoWaitPastTheCap(t *testing.T) {
	t.Parallel()
	r := setup(t, status(503, "", "Retry-After", "4"), func(cfg *Config) { cfg.RetryFor = 10 * time.Second })
	_, err := r.client.App(t.Context())
	var apiErr *Error
	if !errors.As(err, &apiErr) || apiErr.Attempts != 3 || apiErr.After != 8*time.Second || apiErr.RetryAfter != 4*time.Second {
		t.Errorf("got %v, want 3 attempts in 8 s", err)
	}
}

func TestNoWaitPastTheDeadline(t *testing.T) {
	t.Parallel()
	r := setup(t, status(503, "", "Retry-After", "4"))
	// The deadline is told by the fake clock, years before the real one's, so
	// the context must not know it as passed.
	ctx := deadlineContext{t.Context(), r.clock.now().Add(6 * time.Second)}
	_, err := r.client.App(ctx)
	var apiErr *Error
	if !errors.As(err, &apiErr) || apiErr.Attempts != 2 || !apiErr.Unreachable() {
		t.Errorf("got %v, want the second attempt's 503", err)
	}
}

type deadlineContext struct {
	context.Context
	at time.Time
}

func (d deadlineContext) Deadline() (time.Time, bool) { return d.at, true }

func TestLastAttemptHasTheRestOfTheTime(t *testing.T) {
	t.Parallel()
	r := setup(t, hang, func(cfg *Config) { cfg.CallTimeout, cfg.RetryFor = 20*time.Second, 30*time.Second })
	_, err := r.client.Dynos(t.Context())
	var apiErr *Error
	var timeout *TimeoutError
	if !errors.As(err, &apiErr) || !errors.As(err, &timeout) {
		t.Fatal(err)
	}
	if apiErr.After != 30*time.Second || apiErr.Attempts != 2 || timeout.After >= 10*time.Second {
		t.Errorf("%d attempts, the last of %v, in %v; want 2, under 10 s, in 30 s", apiErr.Attempts, timeout.After, apiErr.After)
	}
	if text := err.Error(); !strings.Contains(text, "list the dynos of shop: no answer within") {
		t.Errorf("the error names no operation and duration: %s", text)
	}
}

func TestCancelledDuringWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := setup(t, status(503, ""))
	r.clock.onSleep = func(ctx context.Context) error { cancel(); return ctx.Err() }
	_, err := r.client.App(ctx)
	var apiErr *Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &apiErr) || apiErr.Status != 503 || apiErr.SafeToRetry() {
		t.Errorf("got %v", err)
	}
	if len(r.asked.list()) != 1 {
		t.Errorf("asked %d times", len(r.asked.list()))
	}
	if want := "read the app shop: context canceled after status 503"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

// TestSleepEndsWithItsContext is about the real clock.
func TestSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := sleep(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}

func TestCancelledDuringAttempt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := setup(t, func(_ *rig, _ http.ResponseWriter, req *http.Request) {
		cancel()
		<-req.Context().Done()
	})
	_, err := r.client.SetMaintenance(ctx, true)
	var apiErr *Error
	if !errors.As(err, &apiErr) || !errors.Is(err, context.Canceled) || apiErr.Unreachable() || apiErr.Attempts != 1 {
		t.Errorf("got %v", err)
	}
	if waits := r.clock.waits(); len(waits) != 0 {
		t.Errorf("waited %v", waits)
	}
	if _, err := r.client.App(ctx); !errors.Is(err, context.Canceled) || len(r.asked.list()) != 1 {
		t.Errorf("asked with a cancelled context: %v", err)
	}
}

// TestWaitingIsSaid: once for each call, and not of what is over in a second.
func TestWaitingIsSaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		faults int
		want   int
	}{"blip": {1, 0}, "outage": {1000, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said []string
			var all []func(*rig, http.ResponseWriter, *http.Request)
			for range tt.faults {
				all = append(all, status(503, ""))
			}
			r := setup(t, inTurn(all...), func(c *Config) {
				c.Waiting = func(reason string, most time.Duration) { said = append(said, fmt.Sprint(most, " ", reason)) }
			})
			_, _ = r.client.App(t.Context())
			if len(said) != tt.want || len(said) > 0 && !strings.Contains(said[0], "30s read the app shop: ") {
				t.Errorf("said %q", said)
			}
		})
	}
}
