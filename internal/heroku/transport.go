package heroku

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// transport sends a request, more than once if it has to, and hands on nothing
// but whole 2xx answers with a JSON value in them. All else is an *Error, so
// heroku.Transport above it has no status to lose and no warning to print.
type transport struct {
	base                  http.RoundTripper
	clock                 clock
	token                 secret
	callTimeout, retryFor time.Duration
	logger                *slog.Logger
	waiting               func(reason string, most time.Duration) // Config's
	remaining             atomic.Int64                            // RateLimit-Remaining; -1 unknown
	warned                atomic.Pointer[string]
	ahead                 atomic.Pointer[time.Duration] // the API's clock before ours; nil unknown
}

// RoundTrip makes attempts until one is answered for good, the time is up or
// the context ends. It starts no wait that would outlast either.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	ctx, began := req.Context(), t.clock.now()
	until, said := began.Add(t.retryFor), t.waiting == nil
	for attempt := 1; ; attempt++ {
		again, err := rewound(req, attempt)
		if err != nil {
			return nil, err
		}
		resp, fault := t.attempt(again, min(t.callTimeout, until.Sub(t.clock.now())))
		call := callOf(ctx)
		call.attempts = attempt
		if fault == nil {
			return resp, nil
		}
		fault.Attempts, fault.After = attempt, t.clock.now().Sub(began)
		wait := waitAfter(attempt, fault)
		if !fault.SafeToRetry() || !rewindable(req) || t.outlasts(ctx, until, wait) {
			return nil, fault
		}
		t.logger.WarnContext(ctx, "asking the Platform API again", "operation", fault.Op,
			"attempt", attempt, "wait", wait, "reason", fault.what())
		if !said && fault.After+wait > time.Second {
			said = true
			t.waiting(fault.Op+": "+fault.what(), t.retryFor)
		}
		if err := t.clock.sleep(ctx, wait); err != nil {
			fault.Err, fault.After = err, t.clock.now().Sub(began)
			return nil, fault
		}
		if t.outlasts(ctx, until, 0) { // it woke late
			return nil, fault
		}
	}
}

// outlasts tells that a wait would end too late for another attempt. One that is
// cut short would take the place of what the API has said before.
func (t *transport) outlasts(ctx context.Context, until time.Time, wait time.Duration) bool {
	end := t.clock.now().Add(wait).Add(min(worthwhile, t.callTimeout/2))
	deadline, bounded := ctx.Deadline()
	return !end.Before(until) || bounded && !end.Before(deadline)
}

// rewindable tells that the request's body, if any, can be had a second time.
func rewindable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// rewound is the request for one attempt, with its body from the start. The
// first attempt has the request's own, for one that cannot be had again.
func rewound(req *http.Request, attempt int) (*http.Request, error) {
	again := req.Clone(req.Context())
	if attempt == 1 || req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err
}
