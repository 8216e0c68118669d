package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	heroku "github.com/heroku/heroku-go/v5"
)

// A call goes with its context down to the transport, and brings back what
// heroku-go does not hand on.
type call struct {
	op     string // what errors say was wanted
	wanted string // Range to ask for instead of heroku-go's

	status    int
	requestID string
	next      string // Next-Range: where the list goes on
	attempts  int
}

type callKey struct{}

// callOf is the call that a context goes with, or one that nobody reads.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// A payload names a field that it must have and has not; "" when it has all.
type payload interface{ missing() string }

// fetch reads one thing.
func (c *Client) fetch(ctx context.Context, op, path string, into payload) error {
	call := &call{op: op}
	err := c.service.Get(context.WithValue(ctx, callKey{}, call), into, path, nil, nil)
	return c.ended(call, http.MethodGet, path, err, into)
}

// set sends a PATCH and reads what the thing is afterwards.
func (c *Client) set(ctx context.Context, op, path string, body any, into payload) error {
	call := &call{op: op}
	err := c.service.Patch(context.WithValue(ctx, callKey{}, call), into, path, body)
	return c.ended(call, http.MethodPatch, path, err, into)
}

// list reads a list to its end, or until it has most entries (0: all). The API
// gives 200 at a time unless asked for more, and says where the next begin.
func list[T payload](ctx context.Context, c *Client, op, path string, lr *heroku.ListRange, most int) ([]T, error) {
	var all []T
	call := &call{op: op}
	ctx = context.WithValue(ctx, callKey{}, call)
	for {
		var page payloads[T]
		err := c.service.Get(ctx, &page, path, nil, lr)
		if err := c.ended(call, http.MethodGet, path, err, page); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if most > 0 && len(all) >= most {
			return all[:most], nil
		}
		if call.next == "" {
			return all, nil
		}
		if call.next == call.wanted || len(page) == 0 {
			return nil, c.ended(call, http.MethodGet, path, errors.New("the list does not get on"), page)
		}
		call.wanted = call.next
	}
}

// payloads miss what the first of them misses.
type payloads[T payload] []T

func (p payloads[T]) missing() string {
	for i, entry := range p {
		if field := entry.missing(); field != "" {
			return fmt.Sprintf("%s (entry %d)", field, i+1)
		}
	}
	return ""
}

// ended gives a call's error its facts. What is not the transport's *Error came
// from reading a 2xx answer.
func (c *Client) ended(call *call, method, path string, err error, into payload) error {
	var apiErr *Error
	if errors.As(err, &apiErr) {
		return apiErr
	}
	if err == nil {
		field := into.missing()
		if field == "" {
			return nil
		}
		err = errors.New("the answer lacks " + field)
	}
	return &Error{
		Op: call.op, Method: method, Path: path, Status: call.status,
		RequestID: call.requestID, Attempts: call.attempts, Err: c.transport.token.cleanError(err),
	}
}
