package heroku

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An Error says how a call of the Platform API ended, after the last attempt.
// None of its texts holds the token.
type Error struct {
	Op     string // "list the dynos of shop"
	Method string
	Path   string
	// Status is the answer's, 0 when no whole answer came.
	Status    int
	ID        string // the API's word: "not_found"; "" if it sent none
	Message   string // the API's sentence; "" if it sent none
	RequestID string // what Heroku's support asks for
	Attempts  int
	After     time.Duration // how long all attempts took, waits included
	// RetryAfter is how long the API asks to wait, 0 when it does not say.
	RetryAfter time.Duration
	// Err is why there is no usable answer: the context's end, a *TimeoutError,
	// the network's error, or what is wrong with a 2xx answer. It is nil when
	// Status says all.
	Err error
}

// A TimeoutError says that an attempt was given up.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.After) }

// Timeout is true, as in net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// What can be wrong with an answer of status 2xx.
var (
	errEmptyAnswer = errors.New("the answer is empty")
	errNotJSON     = errors.New("the answer is not JSON")
	errTooLarge    = fmt.Errorf("the answer is larger than %d MB", maxBody>>20)
)

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": " + e.what())
	if e.Attempts > 1 {
		fmt.Fprintf(&b, ", %d attempts in %v", e.Attempts, e.After.Round(100*time.Millisecond))
	}
	if advice := e.advice(); advice != "" {
		b.WriteString(": " + advice)
	}
	if e.RequestID != "" && e.Status >= 500 && !e.cancelled() {
		b.WriteString(" (request id " + e.RequestID + ")")
	}
	return b.String()
}

// what says what happened, in one clause.
func (e *Error) what() string {
	if e.Err != nil {
		if e.cancelled() && e.Status != 0 {
			return fmt.Sprintf("%v after status %d", e.Err, e.Status)
		}
		return e.Err.Error()
	}
	status := strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	if e.Message == "" {
		return "the Platform API answers " + status
	}
	return fmt.Sprintf("%s (%s)", strings.TrimRight(e.Message, ". "), status)
}

func (e *Error) Unwrap() error { return e.Err }

// cancelled tells that the caller's context ended the call.
func (e *Error) cancelled() bool {
	return errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded)
}

// Unauthorized tells that the token is not valid, or not any more.
func (e *Error) Unauthorized() bool { return e.Status == http.StatusUnauthorized }

// Forbidden tells that the token is valid and may not do this.
func (e *Error) Forbidden() bool { return e.Status == http.StatusForbidden }

// NotFound tells that there is no such thing, or that the token may not know
// of it.
func (e *Error) NotFound() bool { return e.Status == http.StatusNotFound }

// RateLimited tells that the account's request allowance is used up.
func (e *Error) RateLimited() bool { return e.Status == http.StatusTooManyRequests }

// Unreachable tells that no answer came, though the caller was not cancelled,
// or one that says the API cannot serve now.
func (e *Error) Unreachable() bool {
	if e.Status != 0 {
		return slices.Contains(overloaded, e.Status)
	}
	return e.Err != nil && !errors.Is(e.Err, context.Canceled)
}

// overloaded are the statuses that a later attempt may not meet.
var overloaded = []int{
	http.StatusInternalServerError, http.StatusBadGateway,
	http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// SafeToRetry tells that the same call may be made again, whatever became of
// this one, and that it may then succeed.
func (e *Error) SafeToRetry() bool {
	var certificate *tls.CertificateVerificationError
	return repeatable(e.Method) && (e.RateLimited() || e.Unreachable()) &&
		!e.cancelled() && !errors.As(e.Err, &certificate)
}

// repeatable tells the methods that may be sent again when nobody knows whether
// the first was carried out. PATCH is one of them here because every PATCH of
// this package sets fixed values.
func repeatable(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPatch
}

// IsNotFound tells that err is an *Error with status 404.
func IsNotFound(err error) bool {
	var apiErr *Error
	return errors.As(err, &apiErr) && apiErr.NotFound()
}
