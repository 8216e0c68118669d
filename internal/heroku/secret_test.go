package heroku

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestNothingPrintsTheToken(t *testing.T) {
	t.Parallel()
	cfg := Config{Token: testToken, App: "shop"}
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("x", "config", cfg, "pointer", &cfg, "client", client, "value", *client)
	}
	encoded, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := append(everyText(cfg), log.String(), string(encoded))
	for _, value := range []any{&cfg, client, *client, []any{cfg, *client}} {
		texts = append(texts, everyText(value)...)
	}
	for _, text := range texts {
		if strings.Contains(text, testToken) || strings.Contains(text, "48524b55") || strings.Contains(text, "72 82 75 85") {
			t.Errorf("the token is in %s", text)
		}
		if text == "" {
			t.Error("an empty text")
		}
	}
	if want := "heroku.Client{shop at https://api.heroku.com}"; client.String() != want {
		t.Errorf("got %s, want %s", client, want)
	}
}

func TestTokenTakenForTheApp(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Token: testToken, App: testToken})
	if err == nil || strings.Contains(err.Error(), testToken) {
		t.Errorf("got %v", err)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", longest)
	tests := []struct{ text, want string }{
		{"", ""},
		{"  two\r\n lines\x1b[31m\x00", "two lines [31m"},
		{"Bearer " + testToken + ".", "Bearer " + masked + "."},
		{testToken + testToken, masked + masked},
		{long, strings.Repeat("é", longest/2) + "…"},
		// The cut must not leave the token's first half.
		{strings.Repeat("x", longest-4) + testToken, strings.Repeat("x", longest-4) + masked[:4] + "…"},
	}
	for _, test := range tests {
		if got := secret(testToken).clean(test.text); got != test.want {
			t.Errorf("clean(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig, w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Heroku-Warning", "this stack is old, "+testToken)
		w.Header().Set("RateLimit-Remaining", "17")
		healthy(r, w, req)
	})
	if got := r.client.Remaining(); got != -1 {
		t.Errorf("%d remain before the first answer, want -1", got)
	}
	for range 3 {
		if _, err := r.client.App(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// heroku-go prints what it sees of them to the global log.
	req, err := r.client.service.NewRequest(t.Context(), "GET", "/apps/shop", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.client.transport.RoundTrip(req)
	if err != nil || resp.Header.Get("X-Heroku-Warning") != "" {
		t.Errorf("heroku-go gets %v, %v", resp, err)
	}
	checkSilent(t, r, nil)
	if text := r.log.String(); strings.Count(text, "this stack is old, "+masked) != 1 {
		t.Errorf("logged, want it once: %s", text)
	}
	if got := r.client.Remaining(); got != 17 {
		t.Errorf("%d remain, want 17", got)
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	r := setup(t, healthy)
	if _, err := r.client.Releases(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	header := r.asked.list()[0].header
	for name, want := range map[string]string{
		"Authorization": "Bearer " + testToken,
		"Accept":        "application/vnd.heroku+json; version=3",
		"User-Agent":    "migguard/test",
		"Range":         "version ..; max=5,order=desc",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
