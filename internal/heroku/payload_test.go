package heroku

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

func TestAppAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		answer string
		want   fleet.App
	}{
		{
			`{"id":"a","name":"n","maintenance":true,"web_url":"https://n.example/","stack":{"id":"s","name":"cnb"},"space":{"name":"sp"},"generation":{"id":"g","name":"fir"}}`,
			fleet.App{ID: "a", Name: "n", Maintenance: true, WebURL: "https://n.example/", Stack: "cnb", Space: "sp", Generation: "fir"},
		},
		{`{"id":"a","maintenance":false,"generation":"cedar","web_url":null,"space":null}`, fleet.App{ID: "a", Generation: "cedar"}},
		{`{"id":"a","maintenance":false,"generation":null,"stack":null}`, fleet.App{ID: "a"}},
	}
	for _, test := range tests {
		r := setup(t, status(200, test.answer))
		if got, err := r.client.App(t.Context()); got != test.want || err != nil {
			t.Errorf("%s\nis %+v, %v\nwant %+v", test.answer, got, err, test.want)
		}
	}
}

func TestReleaseAnswers(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	base := fleet.Release{ID: "r", Version: 7, Status: "succeeded", CreatedAt: created, UpdatedAt: created}
	with := func(change func(*fleet.Release)) fleet.Release { r := base; change(&r); return r }
	tests := []struct {
		fields string
		want   fleet.Release
	}{
		{`"status":null,"slug":null`, base},
		{`"status":"expired","slug":{"id":"s"}`, with(func(r *fleet.Release) { r.Status, r.Slug = fleet.ReleaseExpired, "s" })},
		{`"artifacts":[{"type":"oci-image","id":"o"}]`, with(func(r *fleet.Release) { r.Image = "o" })},
		{`"artifacts":[{"type":"slug","id":"s"},{"type":"other","id":"x"}]`, with(func(r *fleet.Release) { r.Slug = "s" })},
		{`"artifacts":null,"oci_image":{"id":"o"},"current":true`, with(func(r *fleet.Release) { r.Image, r.Current = "o", true })},
		{`"description":"Deploy 60883d9","status":"pending"`, with(func(r *fleet.Release) {
			r.Description, r.Status = "Deploy 60883d9", fleet.ReleasePending
		})},
	}
	for _, test := range tests {
		r := setup(t, status(200, `[{"id":"r","version":7,"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05Z",`+test.fields+`}]`))
		if got, err := r.client.Releases(t.Context(), 1); err != nil || len(got) != 1 || got[0] != test.want {
			t.Errorf("%s\nis %+v, %v\nwant %+v", test.fields, got, err, test.want)
		}
	}
}

// TestMissingFields takes from good answers one field each that a decision
// hangs on.
func TestMissingFields(t *testing.T) {
	t.Parallel()
	needed := map[string][]string{
		"App": {"id", "maintenance"}, "Dynos": {"id", "type", "state", "updated_at"},
		"Releases":  {"id", "version", "created_at", "updated_at"},
		"Formation": {"type", "quantity"}, "Preboot": {"enabled"},
		"SetMaintenance": {"maintenance"}, "Scale": {"quantity"}, "RateLimit": {"remaining"},
	}
	for _, method := range methods {
		for _, field := range needed[method.name] {
			r := setup(t, func(_ *rig, w http.ResponseWriter, req *http.Request) {
				io.WriteString(w, strings.Replace(answers[req.Method+" "+req.URL.Path], `"`+field+`":`, `"was_`+field+`":`, 1))
			})
			_, err := method.call(t.Context(), r.client)
			var apiErr *Error
			if !errors.As(err, &apiErr) || !strings.Contains(err.Error(), "the answer lacks "+field) || apiErr.Status != 200 {
				t.Errorf("%s without %s: %v", method.name, field, err)
			}
		}
	}
}

func TestDynoWithoutRelease(t *testing.T) {
	t.Parallel()
	r := setup(t, status(200, `[{"id":"d","name":"run.1","type":"run","state":"starting","release":null,"updated_at":"2026-01-02T03:04:05Z"}]`))
	got, err := r.client.Dynos(t.Context())
	want := []fleet.Dyno{{ID: "d", Name: "run.1", Type: "run", State: "starting", UpdatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestLongList gives a list one dyno at a time.
func TestLongList(t *testing.T) {
	t.Parallel()
	const all = 5
	r := setup(t, func(r *rig, w http.ResponseWriter, req *http.Request) {
		n := 0
		fmt.Sscanf(req.Header.Get("Range"), "id ]d-%d..", &n)
		n++
		if n < all {
			w.Header().Set("Next-Range", fmt.Sprintf("id ]d-%d..; max=1", n))
			w.WriteHeader(http.StatusPartialContent)
		}
		fmt.Fprintf(w, `[{"id":"d-%d","type":"web","state":"up","updated_at":"2026-01-02T03:04:05Z"}]`, n)
	})
	dynos, err := r.client.Dynos(t.Context())
	if err != nil || len(dynos) != all || dynos[0].ID != "d-1" || dynos[all-1].ID != "d-5" {
		t.Errorf("got %+v, %v", dynos, err)
	}
	if header := r.asked.list()[0].header.Get("Range"); header != "" {
		t.Errorf("the first request has the Range %q", header)
	}
}

// TestListWithoutEnd gives the same place to go on for ever, or empty pages.
func TestListWithoutEnd(t *testing.T) {
	t.Parallel()
	same := status(206, answers["GET /apps/shop/dynos"], "Next-Range", "id ]d-1..")
	empty := func(r *rig, w http.ResponseWriter, req *http.Request) {
		status(206, "[]", "Next-Range", fmt.Sprintf("id ]d-%d..", len(r.asked.list())))(r, w, req)
	}
	for _, handler := range []func(*rig, http.ResponseWriter, *http.Request){same, empty} {
		r := setup(t, handler)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if _, err := r.client.Dynos(ctx); err == nil || !strings.Contains(err.Error(), "does not get on") {
			t.Errorf("got %v", err)
		}
		cancel()
		if n := len(r.asked.list()); n > 2 {
			t.Errorf("asked %d times", n)
		}
	}
}

// TestNewestReleases asks for fewer and for more than there are.
func TestNewestReleases(t *testing.T) {
	t.Parallel()
	r := setup(t, status(206, `[`+releaseAnswer+`,`+releaseAnswer+`]`, "Next-Range", "version ]..7"))
	got, err := r.client.Releases(t.Context(), 1)
	if err != nil || len(got) != 1 || len(r.asked.list()) != 1 {
		t.Errorf("got %d releases with %d requests, %v", len(got), len(r.asked.list()), err)
	}
	r = setup(t, healthy)
	if _, err := r.client.Releases(t.Context(), 5000); err != nil {
		t.Error(err)
	}
	if header := r.asked.list()[0].header.Get("Range"); header != "version ..; max=1000,order=desc" {
		t.Errorf("asked for %q", header)
	}
}

// TestFeature tells an app that is not there from a feature that is not.
func TestFeature(t *testing.T) {
	t.Parallel()
	r := setup(t, healthy)
	enabled, found, err := r.client.Feature(t.Context(), "runtime-dyno-metadata")
	if enabled || found || err != nil {
		t.Errorf("unknown feature: %v, %v, %v", enabled, found, err)
	}
	r = setup(t, status(404, `{"id":"not_found","message":"Couldn't find that app."}`))
	if _, err := r.client.Preboot(t.Context()); !IsNotFound(err) {
		t.Errorf("unknown app: %v", err)
	}
	r = setup(t, func(_ *rig, w http.ResponseWriter, req *http.Request) {
		io.WriteString(w, `{"enabled":false}`)
	})
	if enabled, found, err := r.client.Feature(t.Context(), "preboot"); enabled || !found || err != nil {
		t.Errorf("switched off: %v, %v, %v", enabled, found, err)
	}
}
