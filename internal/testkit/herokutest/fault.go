package herokutest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// A Kind is one way in which a call goes wrong.
type Kind string

// The kinds. The first seven answer without doing anything.
const (
	Unauthorized Kind = "401"         // token revoked
	Forbidden    Kind = "403"         // token lacks a scope
	NotFound     Kind = "404"         // no such app
	Invalid      Kind = "422"         // invalid parameters
	RateLimited  Kind = "429"         // with Retry-After, RateLimit-Remaining: 0
	ServerError  Kind = "500"         // with an HTML body
	Unavailable  Kind = "503"         // with an HTML body
	Hang         Kind = "hang"        // no answer until the client gives up
	Reset        Kind = "reset"       // connection reset before anything was done
	AnswerLost   Kind = "answer-lost" // done, then connection reset
	Stale        Kind = "stale"       // a read answers what was true before
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Unauthorized, Forbidden, NotFound, Invalid, RateLimited, ServerError,
		Unavailable, Hang, Reset, AnswerLost, Stale}
}

// Always is the Times of a fault that lasts until it is removed.
const Always = -1

// A Fault says which calls go wrong, and how.
type Fault struct {
	Kind   Kind
	Method string // "" for any
	Path   string // regular expression that the path matches, "" for any
	Skip   int    // matching calls that are let through first
	Times  int    // matching calls that go wrong then; 0 means 1, or Always
	// RetryAfter goes with RateLimited, rounded up to seconds; 0 means 1 s.
	RetryAfter time.Duration
	// Age goes with Stale: how old the answers are. 0 is as old as the call
	// of [Platform.Fault].
	Age time.Duration

	armed time.Time
}

// An ArmedFault is a fault that calls meet. Of several that match a call the
// one armed first wins.
type ArmedFault struct {
	p *Platform

	// Below p.mu.
	fault Fault
	path  *regexp.Regexp
	hits  int
	seen  int
}

// Fault arms a fault. It panics if Path is no regular expression.
func (p *Platform) Fault(f Fault) *ArmedFault {
	if f.Times == 0 {
		f.Times = 1
	}
	f.armed = time.Now()
	a := &ArmedFault{p: p, fault: f, path: regexp.MustCompile(f.Path)}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, a)
	return a
}

// Remove disarms the fault; it may be called twice.
func (a *ArmedFault) Remove() {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.p.armed = slices.DeleteFunc(a.p.armed, func(other *ArmedFault) bool { return other == a })
}

// Hits is how many calls have met the fault.
func (a *ArmedFault) Hits() int {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	return a.hits
}

// AwaitHit waits until a call has met the fault.
func (a *ArmedFault) AwaitHit(ctx context.Context) error {
	for {
		a.p.mu.Lock()
		hits, changed := a.hits, a.p.changed
		a.p.mu.Unlock()
		if hits > 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for fault %s: %w", a.fault.Kind, context.Cause(ctx))
		}
	}
}

// takeFault returns the fault that a call meets, the zero Fault for none.
func (p *Platform) takeFault(method, path string) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.armed {
		if a.meets(method, path) {
			a.hits++
			p.broadcast()
			return a.fault
		}
	}
	return Fault{}
}

// meets counts a call and says whether it goes wrong.
func (a *ArmedFault) meets(method, path string) bool {
	if !a.path.MatchString(path) || a.fault.Method != "" && a.fault.Method != method {
		return false
	}
	a.seen++
	first := a.fault.Skip + 1
	return a.seen >= first && (a.fault.Times == Always || a.seen < first+a.fault.Times)
}

// instead says whether the call is not to be carried out.
func (f Fault) instead() bool { return f.Kind != "" && f.Kind != Stale && f.Kind != AnswerLost }

// since is the time whose state a stale answer tells.
func (f Fault) since(now time.Time) time.Time {
	if f.Age == 0 {
		return f.armed
	}
	return now.Add(-f.Age)
}

const htmlError = `<!DOCTYPE html>
<html><head><title>Application Error</title></head><body><p>An error occurred.</p></body></html>
`

// refusals are the faults that answer in the API's own words.
var refusals = map[Kind]*apiError{
	Unauthorized: {http.StatusUnauthorized, "unauthorized", "Invalid credentials provided."},
	Forbidden:    {http.StatusForbidden, "forbidden", "You do not have access to this resource."},
	NotFound:     {http.StatusNotFound, "not_found", "Couldn't find that app."},
	Invalid:      {http.StatusUnprocessableEntity, "invalid_params", "Validation failed."},
	RateLimited:  rateLimited,
}

// misbehave answers, or does not, in place of the call.
func (p *Platform) misbehave(w http.ResponseWriter, r *http.Request, f Fault) int {
	if refusal := refusals[f.Kind]; refusal != nil {
		if f.Kind == RateLimited {
			seconds := max(1, int((f.RetryAfter+time.Second-1)/time.Second))
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
			w.Header().Set("RateLimit-Remaining", "0")
		}
		return write(w, refusal.status, "application/json;charset=utf-8", errorBody(refusal))
	}
	switch f.Kind {
	case ServerError:
		return write(w, http.StatusInternalServerError, "text/html", []byte(htmlError))
	case Unavailable:
		return write(w, http.StatusServiceUnavailable, "text/html", []byte(htmlError))
	case Hang:
		// net/http looks for the client's end of it only once the body is read.
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-p.closing:
		}
	}
	return reset(w)
}

// reset ends the connection so that the client sees a reset, not an end.
func reset(w http.ResponseWriter) int {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = connection.Close()
	}
	return 0
}
