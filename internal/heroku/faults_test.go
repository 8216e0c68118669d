package heroku

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
)

// A fault is something that can go wrong with one attempt.
type fault struct {
	name   string
	happen func(*rig, http.ResponseWriter, *http.Request)
	// heals tells that the attempt after it is to bring the answer.
	heals bool
	// want says of the error what must be true when it never heals.
	want func(*Error) bool
}

func status(code int, body string, header ...string) func(*rig, http.ResponseWriter, *http.Request) {
	return func(_ *rig, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

func said(id string) string {
	return fmt.Sprintf(`{"id":%q,"message":"It says %s of Bearer %s."}`, id, id, testToken)
}

// hang never answers; the time limit passes.
func hang(r *rig, _ http.ResponseWriter, req *http.Request) {
	r.clock.expire()
	<-req.Context().Done()
}

// hangInBody sends half an answer and no more.
func hangInBody(r *rig, w http.ResponseWriter, req *http.Request) {
	io.WriteString(w, `[{"id":`)
	w.(http.Flusher).Flush()
	hang(r, w, req)
}

// huge is one byte more than an answer may have.
var huge = bytes.Repeat([]byte("7"), maxBody+1)

const html = "<html><body>Application error " + testToken + "</body></html>"

func isStatus(code int, id string) func(*Error) bool {
	return func(e *Error) bool { return e.Status == code && e.ID == id && e.Err == nil }
}

func isUnreachable(e *Error) bool { return e.Unreachable() && e.SafeToRetry() && e.Attempts > 1 }

func isTimeout(e *Error) bool {
	var timeout *TimeoutError
	return errors.As(e, &timeout) && timeout.After > 0 && e.Unreachable() && e.Attempts == 3
}

func isUnusable(e *Error) bool {
	return e.Status == http.StatusOK && e.Err != nil && !e.Unreachable() && !e.SafeToRetry() && e.Attempts == 1
}

var faultKinds = []fault{
	{"reset", func(_ *rig, w http.ResponseWriter, _ *http.Request) { reset(w) }, true, isUnreachable},
	{"closed", func(_ *rig, w http.ResponseWriter, _ *http.Request) { raw(w, "") }, true, isUnreachable},
	{"no HTTP", func(_ *rig, w http.ResponseWriter, _ *http.Request) { raw(w, testToken+"\r\n\r\n") }, true, isUnreachable},
	{"body cut short", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{}]")
	}, true, isUnreachable},
	{"chunk cut short", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n[{}]")
	}, true, isUnreachable},
	{"hang", hang, true, isTimeout},
	{"hang in body", hangInBody, true, isTimeout},
	{"500", status(500, said("internal_server_error")), true, isUnreachable},
	{"502 HTML", status(502, html), true, isUnreachable},
	{"503 HTML", status(503, html), true, isUnreachable},
	{"503 empty", status(503, ""), true, isUnreachable},
	{"504 with a list", status(504, "[]"), true, isUnreachable},
	{"429", status(429, said("rate_limit"), "Retry-After", "2"), true, (*Error).RateLimited},
	{"429 without Retry-After", status(429, said("rate_limit"), "RateLimit-Remaining", "0"), true, (*Error).RateLimited},
	{"429 for an hour", status(429, said("rate_limit"), "Retry-After", "3600"), false, func(e *Error) bool {
		return e.RateLimited() && e.Attempts == 1 && e.RetryAfter.Hours() == 1
	}},
	{"400", status(400, said("bad_request")), false, isStatus(400, "bad_request")},
	{"401", status(401, said("unauthorized")), false, (*Error).Unauthorized},
	{"401 HTML", status(401, html), false, (*Error).Unauthorized},
	{"402", status(402, said("delinquent")), false, isStatus(402, "delinquent")},
	{"403", status(403, said("forbidden")), false, (*Error).Forbidden},
	{"403 second factor", status(403, said("two_factor")), false, isStatus(403, "two_factor")},
	{"404", status(404, said("not_found")), false, (*Error).NotFound},
	{"404 HTML", status(404, html), false, (*Error).NotFound},
	{"416", status(416, said("requested_range_not_satisfiable")), false, isStatus(416, "requested_range_not_satisfiable")},
	{"422", status(422, said("invalid_params")), false, isStatus(422, "invalid_params")},
	{"301", status(301, html, "Location", "/elsewhere"), false, isStatus(301, "")},
	{"302 JSON", status(302, said("moved"), "Location", "/elsewhere"), false, isStatus(302, "moved")},
	{"304", status(304, ""), false, isStatus(304, "")},
	{"418 with words of other types", status(418, `{"id":7,"message":["x"]}`), false, isStatus(418, "")},
	{"200 HTML", status(200, html), false, isUnusable},
	{"200 empty", status(200, ""), false, isUnusable},
	{"200 null", status(200, " null\n"), false, isUnusable},
	{"204", status(204, ""), false, func(e *Error) bool { return e.Status == 204 && e.Err != nil }},
	{"200 string", status(200, `"`+testToken+`"`), false, isUnusable},
	{"200 wrong shape", status(200, `{"`+testToken+`":[7]}`), false, isUnusable},
	{"200 list of nothing", status(200, `[{}]`), false, isUnusable},
	{"200 half a value", status(200, `[{"id":`), false, isUnusable},
	{"200 a value and more", status(200, `[]{}`), false, isUnusable},
	{"200 huge", func(_ *rig, w http.ResponseWriter, _ *http.Request) {
		w.Write(huge)
	}, false, func(e *Error) bool { return isUnusable(e) && errors.Is(e, errTooLarge) }},
}

// TestEveryFault lets every fault happen to every method, once and for ever:
// each ends with the right answer or the right error.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	pairs := 0
	for _, method := range methods {
		right, err := method.call(t.Context(), setup(t, healthy).client)
		if err != nil {
			t.Fatalf("%s without a fault: %v", method.name, err)
		}
		for _, kind := range faultKinds {
			t.Run(method.name+"/"+kind.name, func(t *testing.T) {
				t.Parallel()
				var hits atomic.Int64
				r := setup(t, func(r *rig, w http.ResponseWriter, req *http.Request) {
					if hits.Add(1) == 1 {
						kind.happen(r, w, req)
						return
					}
					healthy(r, w, req)
				})
				got, err := method.call(t.Context(), r.client)
				checkOnce(t, method.name, kind, err)
				if err == nil && kind.heals && !reflect.DeepEqual(got, right) {
					t.Errorf("after the fault: %+v, want %+v", got, right)
				}

				r = setup(t, kind.happen)
				_, err = method.call(t.Context(), r.client)
				checkError(t, kind, err)
				checkSilent(t, r, err)
			})
			pairs += 2
		}
	}
	t.Logf("%d methods x %d faults, each once and for ever: %d calls", len(methods), len(faultKinds), pairs)
}

func checkOnce(t *testing.T, method string, kind fault, err error) {
	t.Helper()
	heals := kind.heals
	switch {
	case kind.name == "200 empty", kind.name == "200 null", kind.name == "204":
		// Carried out, and nothing said: what it made is read.
		heals = method == "SetMaintenance" || method == "Scale"
	case strings.HasPrefix(kind.name, "404"):
		heals = method == "Feature" || method == "Preboot" // off
	}
	if heals && err != nil {
		t.Errorf("once: %v", err)
	}
	if !heals {
		checkError(t, kind, err)
	}
}

func checkError(t *testing.T, kind fault, err error) {
	t.Helper()
	var apiErr *Error
	if !errors.As(err, &apiErr) {
		t.Fatalf("got %T %v, want an *Error", err, err)
	}
	if !kind.want(apiErr) {
		t.Errorf("the error has the wrong facts: %+v", *apiErr)
	}
	if apiErr.Op == "" || apiErr.Method == "" || !strings.HasPrefix(apiErr.Path, "/") || apiErr.Attempts < 1 {
		t.Errorf("the error lacks facts: %+v", *apiErr)
	}
}

// checkSilent looks for the token in all that a call leaves behind.
func checkSilent(t *testing.T, r *rig, err error) {
	t.Helper()
	for _, text := range append(everyText(err), everyText(r.client)...) {
		if strings.Contains(text, testToken) || strings.Contains(text, fmt.Sprintf("%x", testToken)) {
			t.Errorf("the token is in %s", text)
		}
	}
	if text := r.log.String(); strings.Contains(text, testToken) {
		t.Errorf("the token is in the log: %s", text)
	}
}

func everyText(value any) []string {
	var all []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all = append(all, fmt.Sprintf(verb, value))
	}
	if err, ok := value.(error); ok {
		for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
			all = append(all, everyText(inner)...)
		}
	}
	return all
}
