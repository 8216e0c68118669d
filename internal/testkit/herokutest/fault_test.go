package herokutest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	heroku "github.com/heroku/heroku-go/v5"
)

// TestFaultKinds makes a PATCH meet each kind, and looks at what the client
// gets and what became of the change.
func TestFaultKinds(t *testing.T) {
	t.Parallel()
	refused := map[Kind]int{Unauthorized: 401, Forbidden: 403, NotFound: 404, Invalid: 422, RateLimited: 429,
		ServerError: 500, Unavailable: 503}
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := start(t, Config{})
			app, api := create(t, p, AppConfig{})
			fault := p.Fault(Fault{Kind: kind, Method: "PATCH", Path: "^/apps/shop$"})
			if _, err := api.AppInfo(limit(t), "shop"); err != nil {
				t.Errorf("another method: %v", err)
			}
			status, header, err := patchMaintenance(t, p, fault)
			want := refused[kind]
			switch {
			case kind == Stale: // a write is not stale
				want = 200
			case kind == Hang:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			case kind == Reset || kind == AnswerLost:
				if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
					t.Errorf("got %v", err)
				}
			}
			if status != want {
				t.Errorf("status %d, want %d (%v)", status, want, err)
			}
			if kind == RateLimited && (header.Get("Retry-After") != "1" || header.Get("RateLimit-Remaining") != "0") {
				t.Errorf("headers %v", header)
			}
			if html := strings.HasPrefix(header.Get("Content-Type"), "text/html"); html != (want >= 500) {
				t.Errorf("content type %s", header.Get("Content-Type"))
			}
			if done := app.State().Maintenance; done != (kind == AnswerLost || kind == Stale) {
				t.Errorf("maintenance is %t", done)
			}
			if fault.Hits() != 1 {
				t.Errorf("hit %d times", fault.Hits())
			}
			if _, err := api.AppUpdate(limit(t), "shop", heroku.AppUpdateOpts{}); err != nil {
				t.Errorf("the call after: %v", err)
			}
		})
	}
}

// patchMaintenance turns maintenance on without any client library in the way.
// A client that hangs gives up as soon as the fault is met.
func patchMaintenance(t *testing.T, p *Platform, fault *ArmedFault) (int, http.Header, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(limit(t))
	defer cancel()
	if fault.fault.Kind == Hang {
		go func() {
			_ = fault.AwaitHit(ctx) // the request's error says more
			cancel()
		}()
	}
	r, err := http.NewRequestWithContext(ctx, "PATCH", p.URL+"/apps/shop", strings.NewReader(`{"maintenance":true}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	r.Header.Set("Authorization", "Bearer "+p.Token)
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	answer.Body.Close()
	if answer.Header.Get("Request-Id") == "" {
		t.Error("no Request-Id")
	}
	return answer.StatusCode, answer.Header, nil
}

// TestFaultCount lets calls through before and after the ones that go wrong.
func TestFaultCount(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	_, api := create(t, p, AppConfig{})
	statuses := func(calls int) (all []int) {
		before := len(p.Calls())
		for range calls {
			api.AppInfo(limit(t), "shop")
		}
		for _, c := range p.Calls()[before:] {
			all = append(all, c.Status)
		}
		return all
	}
	tests := []struct {
		fault Fault
		want  []int
	}{
		{Fault{Kind: Forbidden}, []int{403, 200, 200, 200}},
		{Fault{Kind: Forbidden, Skip: 1, Times: 2}, []int{200, 403, 403, 200}},
		{Fault{Kind: Forbidden, Skip: 2, Times: Always}, []int{200, 200, 403, 403}},
		{Fault{Kind: Forbidden, Path: "/dynos", Times: Always}, []int{200, 200, 200, 200}},
	}
	for _, test := range tests {
		armed := p.Fault(test.fault)
		if got := statuses(len(test.want)); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, want %v", test.fault, got, test.want)
		}
		armed.Remove()
		if got := statuses(1); !slices.Equal(got, []int{200}) {
			t.Errorf("removed: %v", got)
		}
	}
}

// TestStaleRead reads what was true before a change, and then what is.
func TestStaleRead(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{})
	p.Fault(Fault{Kind: Stale, Method: "GET", Times: 2})
	app.SetMaintenance(true)
	if _, err := app.SetConfig("A", "1"); err != nil {
		t.Fatal(err)
	}
	a, err := api.AppInfo(limit(t), "shop")
	if err != nil || a.Maintenance {
		t.Errorf("stale app: %+v, %v", a, err)
	}
	releases, err := api.ReleaseList(limit(t), "shop", nil)
	if err != nil || len(releases) != 1 || !releases[0].Current {
		t.Errorf("stale releases: %+v, %v", releases, err)
	}
	if a, err = api.AppInfo(limit(t), "shop"); err != nil || !a.Maintenance {
		t.Errorf("fresh app: %+v, %v", a, err)
	}
}
