package platform

import (
	"context"
	"io"
	"iter"
	"net/http"
	"testing"
	"time"
)

// A Visitor asks the app's address again and again, and honours 503. Its
// fields may be read after End.
type Visitor struct {
	Served   int // answers of status 200
	Sent     int // 503: sent away by the router
	Failures []string

	stop context.CancelFunc
	done chan struct{}
}

const visitEvery = 40 * time.Millisecond

// Visit begins to ask. It ends with the test, if not before.
func (a *App) Visit(t testing.TB) *Visitor {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	v := &Visitor{stop: cancel, done: make(chan struct{})}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		defer close(v.done)
		for range Ticks(ctx, visitEvery) {
			v.ask(client, a.RouterURL+"/")
		}
	}()
	t.Cleanup(v.End)
	return v
}

func (v *Visitor) ask(client *http.Client, url string) {
	r, err := client.Get(url)
	if err != nil {
		v.Failures = append(v.Failures, err.Error())
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	switch r.StatusCode {
	case http.StatusOK:
		v.Served++
	case http.StatusServiceUnavailable:
		v.Sent++
	default:
		v.Failures = append(v.Failures, string(body))
	}
}

// End waits for the last answer. It may be called twice.
func (v *Visitor) End() { v.stop(); <-v.done }

// Ticks yields at once and then again and again until the context is done.
func Ticks(ctx context.Context, every time.Duration) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for ctx.Err() == nil && yield(struct{}{}) {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}
}

// Eventually asks until the answer is yes, and fails if [Patience] ends first.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	for range Ticks(ctx, 5*time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %v: %s", Patience, what)
}
