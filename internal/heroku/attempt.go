package heroku

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody bounds an answer, in bytes. A list of 1000 releases is under 1 MB.
const maxBody = 16 << 20

// attempt sends the request once, and reads the whole answer within limit.
func (t *transport) attempt(req *http.Request, limit time.Duration) (*http.Response, *Error) {
	parent := req.Context()
	ctx, cancel := t.clock.within(parent, limit)
	defer cancel()
	resp, body, err := t.send(req.WithContext(ctx))
	switch {
	case resp != nil && resp.StatusCode/100 != 2:
		return nil, t.refusal(req, resp, body)
	case err != nil && parent.Err() != nil:
		return nil, t.fault(req, parent.Err())
	// A dial may notice the deadline before the context does.
	case err != nil && (ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)):
		return nil, t.fault(req, &TimeoutError{After: limit})
	case err != nil:
		return nil, t.fault(req, err)
	}
	if err := unusable(body); err != nil {
		fault := t.fault(req, err)
		fault.Status = resp.StatusCode
		return nil, fault
	}
	t.note(parent, resp)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// send returns the answer's head as soon as there is one, with an error when
// the body did not come whole.
func (t *transport) send(req *http.Request) (*http.Response, []byte, error) {
	if wanted := callOf(req.Context()).wanted; wanted != "" {
		req.Header.Set("Range", wanted)
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if n, err := strconv.ParseInt(resp.Header.Get("RateLimit-Remaining"), 10, 32); err == nil && n >= 0 {
		t.remaining.Store(n)
	}
	if there, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ahead := there.Sub(t.clock.now())
		t.ahead.Store(&ahead)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	return resp, body, err
}

// unusable says what is wrong with the body of a 2xx answer.
func unusable(body []byte) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) > maxBody:
		return errTooLarge
	case len(body) == 0, string(body) == "null":
		return errEmptyAnswer
	case !json.Valid(body):
		return errNotJSON
	}
	return nil
}

// fault is the Error of an attempt that has no usable answer.
func (t *transport) fault(req *http.Request, err error) *Error {
	op := callOf(req.Context()).op
	if op == "" {
		op = req.Method + " " + req.URL.Path
	}
	return &Error{
		Op: op, Method: req.Method, Path: req.URL.Path,
		RequestID: req.Header.Get("Request-Id"), Err: t.token.cleanError(err),
	}
}

// refusal is the Error of an answer that is not 2xx. The API's own have an id
// and a message; those of routers and proxies on the way are often HTML.
func (t *transport) refusal(req *http.Request, resp *http.Response, body []byte) *Error {
	var said struct{ ID, Message string }
	// What is no such object leaves both empty: the status says enough.
	_ = json.Unmarshal(body, &said)
	id := resp.Header.Get("Request-Id")
	if id == "" {
		id = req.Header.Get("Request-Id")
	}
	fault := t.fault(req, nil)
	fault.Status, fault.RequestID = resp.StatusCode, t.token.clean(id)
	fault.ID, fault.Message = t.token.clean(said.ID), t.token.clean(said.Message)
	fault.RetryAfter = retryAfter(resp.Header, t.clock.now())
	return fault
}

// note takes from an answer what is said beside its body. The warning is logged
// when it is not the last one again: pollers get it with every answer.
func (t *transport) note(ctx context.Context, resp *http.Response) {
	call := callOf(ctx)
	call.status, call.requestID = resp.StatusCode, t.token.clean(resp.Header.Get("Request-Id"))
	call.next = resp.Header.Get("Next-Range")
	warning := t.token.clean(resp.Header.Get("X-Heroku-Warning"))
	resp.Header.Del("X-Heroku-Warning")
	if warning == "" {
		return
	}
	if last := t.warned.Swap(&warning); last == nil || *last != warning {
		t.logger.WarnContext(ctx, "the Platform API warns", "operation", call.op, "warning", warning)
	}
}
