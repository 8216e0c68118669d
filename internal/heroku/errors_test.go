package heroku

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestMessages holds what users read.
func TestMessages(t *testing.T) {
	t.Parallel()
	get := func(e Error) Error {
		e.Op, e.Method, e.Path = "list the dynos of shop", "GET", "/apps/shop/dynos"
		return e
	}
	tests := []struct {
		err  Error
		want string
	}{
		{
			get(Error{Status: 401, ID: "unauthorized", Message: "Invalid credentials provided.", Attempts: 1}),
			"list the dynos of shop: Invalid credentials provided (401 Unauthorized): the token is not valid, or expired; " +
				"give the app a new one: " + `heroku config:set HEROKU_API_KEY="$(heroku authorizations:create -d migguard -s write -S)" --app APP`,
		},
		{
			get(Error{Status: 403, ID: "forbidden", Message: "You do not have access."}),
			"list the dynos of shop: You do not have access (403 Forbidden): the token may not do this: " +
				`it needs the scope "read", and its user the permission "view" on the app`,
		},
		{
			Error{Op: "switch maintenance on for shop", Method: "PATCH", Path: "/apps/shop", Status: 403},
			"switch maintenance on for shop: the Platform API answers 403 Forbidden: the token may not do this: " +
				`it needs the scope "write", and its user the permission "operate" on the app`,
		},
		{
			Error{Op: "read the account", Method: "GET", Path: "/account", Status: 403},
			`read the account: the Platform API answers 403 Forbidden: the token may not do this: it needs the scope "identity"`,
		},
		{
			get(Error{Status: 404, Message: "Couldn't find that app."}),
			"list the dynos of shop: Couldn't find that app (404 Not Found): " +
				"there is no such thing, or the token has no access to it; see: heroku apps",
		},
		{
			get(Error{Status: 429, ID: "rate_limit", RetryAfter: 90 * time.Second, Attempts: 4, After: 21 * time.Second}),
			"list the dynos of shop: the Platform API answers 429 Too Many Requests, 4 attempts in 21s: " +
				"the account's request allowance is used up; try again in 1m30s",
		},
		{
			get(Error{Status: 429}),
			"list the dynos of shop: the Platform API answers 429 Too Many Requests: " +
				"the account's request allowance is used up; try again in a minute",
		},
		{
			get(Error{Status: 503, Attempts: 9, After: 29_840 * time.Millisecond, RequestID: "r-1"}),
			"list the dynos of shop: the Platform API answers 503 Service Unavailable, 9 attempts in 29.8s: " +
				"look at status.heroku.com, then try again (request id r-1)",
		},
		{
			get(Error{Err: &TimeoutError{After: 10 * time.Second}, Attempts: 3, After: 30 * time.Second}),
			"list the dynos of shop: no answer within 10s, 3 attempts in 30s: " +
				"look at status.heroku.com, the network and its proxies, then try again",
		},
		{get(Error{Err: context.Canceled}), "list the dynos of shop: context canceled"},
		{
			get(Error{Status: 200, Err: errNotJSON, Attempts: 1}),
			"list the dynos of shop: the answer is not JSON: is this the Platform API? Look at HEROKU_API_URL and at proxies",
		},
		{
			get(Error{Status: 302}),
			"list the dynos of shop: the Platform API answers 302 Found: the Platform API does not redirect; look at HEROKU_API_URL",
		},
		{
			get(Error{Status: 422, ID: "invalid_params", Message: "Type is not a process type."}),
			"list the dynos of shop: Type is not a process type (422 Unprocessable Entity)",
		},
		{get(Error{Status: 599}), "list the dynos of shop: the Platform API answers 599"},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestIsNotFound(t *testing.T) {
	t.Parallel()
	missing := fmt.Errorf("look: %w", &Error{Status: 404})
	for err, want := range map[error]bool{missing: true, &Error{Status: 403}: false, errors.New("404"): false, nil: false} {
		if got := IsNotFound(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
