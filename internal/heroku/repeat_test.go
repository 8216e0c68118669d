package heroku

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	heroku "github.com/heroku/heroku-go/v5"
)

// TestAnswerLost carries out a PATCH whose answer nobody gets.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	var bodies []string
	r := setup(t, func(r *rig, w http.ResponseWriter, req *http.Request) {
		asked := r.asked.list()
		bodies = append(bodies, asked[len(asked)-1].body)
		switch len(asked) {
		case 1:
			reset(w)
		case 2:
			raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[")
		case 3:
			status(503, html)(r, w, req)
		default:
			healthy(r, w, req)
		}
	})
	if _, err := r.client.Scale(t.Context(), map[string]int{"worker": 0, "clock": 3}); err != nil {
		t.Fatal(err)
	}
	const want = `{"updates":[{"quantity":3,"type":"clock"},{"quantity":0,"type":"worker"}]}`
	if len(bodies) != 4 {
		t.Fatalf("%d attempts, want 4", len(bodies))
	}
	for i, body := range bodies {
		if body != want {
			t.Errorf("attempt %d sent %q, want %q", i+1, body, want)
		}
	}
	if got := strings.Count(r.log.String(), "asking the Platform API again"); got != 3 {
		t.Errorf("%d log lines, want 3:\n%s", got, r.log.String())
	}
}

// TestPostIsNeverRepeated goes below the Client, which has no POST.
func TestPostIsNeverRepeated(t *testing.T) {
	t.Parallel()
	for _, kind := range faultKinds {
		r := setup(t, kind.happen)
		var into any
		err := r.client.service.Post(t.Context(), &into, "/apps/shop/dynos", heroku.DynoCreateOpts{Command: "true"})
		// What is JSON, heroku-go can read into anything.
		if err == nil && !strings.HasPrefix(kind.name, "200 ") {
			t.Errorf("%s: no error", kind.name)
		}
		if n := len(r.asked.list()); n != 1 || len(r.clock.waits()) != 0 {
			t.Errorf("%s: sent %d times", kind.name, n)
		}
	}
}

func TestBodyThatCannotBeHadAgain(t *testing.T) {
	t.Parallel()
	r := setup(t, status(503, ""))
	var into any
	body := io.MultiReader(strings.NewReader("{}"))
	if err := r.client.service.Patch(t.Context(), &into, "/apps/shop", body); err == nil {
		t.Error("no error")
	}
	if asked := r.asked.list(); len(asked) != 1 || asked[0].body != "{}" {
		t.Errorf("asked %+v", asked)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	r := setup(t, healthy, func(cfg *Config) { cfg.BaseURL = "http://127.0.0.1:1" })
	_, err := r.client.App(t.Context())
	var apiErr *Error
	if !errors.As(err, &apiErr) || !isUnreachable(apiErr) || apiErr.Status != 0 {
		t.Errorf("got %v", err)
	}
}

// TestRedirectIsNotFollowed sends the client to a server that would get its
// token.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := setup(t, healthy)
	r := setup(t, status(307, "", "Location", elsewhere.client.service.URL+"/apps/shop"))
	if _, err := r.client.SetMaintenance(t.Context(), true); err == nil {
		t.Error("no error")
	}
	if asked := elsewhere.asked.list(); len(asked) != 0 {
		t.Errorf("followed: %v", asked)
	}
}

// TestUntrustedCertificate meets a server that no attempt will make trusted.
func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.StartTLS()
	t.Cleanup(server.Close)
	r := setup(t, healthy, func(cfg *Config) { cfg.BaseURL = server.URL })
	_, err := r.client.App(t.Context())
	var apiErr *Error
	if !errors.As(err, &apiErr) || apiErr.Attempts != 1 || apiErr.SafeToRetry() || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}
