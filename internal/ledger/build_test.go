package ledger

import (
	"maps"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestBuilds(t *testing.T) {
	t.Parallel()
	l := locked(t, pgtest.New(t).URL)
	for _, r := range []Release{
		{Version: "v1", Build: "a", App: "shop"},
		{Version: "v2", Build: "b", App: "shop"},
		{Version: "v2", Build: "x", App: "other"},
		{Version: "v3", Build: "c"},
		{Version: "v3", Build: "c2"}, // the run was repeated by hand
		{Version: "v4", App: "shop"},
		{Build: "d", App: "shop"},
		{Version: "canary", Build: "e", App: "shop"},
	} {
		r.Migguard = "1.2.3"
		id, err := l.Begin(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		finish(t, l, id, Failed)
	}
	got, err := l.Builds(t.Context(), "shop")
	if want := map[int]string{1: "a", 2: "b", 3: "c2"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	runs, err := l.Runs(t.Context(), 2)
	if err != nil || len(runs) != 2 || runs[0].Version != "canary" || runs[1].Build != "d" {
		t.Errorf("%+v, %v", runs, err)
	}
}

// TestShimsWithout: a0 ran before the shim, b1 came with it, c2 after it.
func TestShimsWithout(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		finish(t, l, begin(t, l, "a0"), Succeeded)
		db.Exec(t, "create table a (id int)")
		id := begin(t, l, "b1")
		rename(t, db, NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "a", NewName: "b"})
		finish(t, l, id, Succeeded)
		begin(t, l, "c2")
		for _, c := range []struct {
			running []string
			due     int
		}{
			{[]string{"a0"}, 0}, {[]string{"b1"}, 1}, {[]string{"c2"}, 1}, {[]string{"b1", "c2"}, 1},
			{[]string{"a0", "b1"}, 0}, {[]string{"c2", "a0"}, 0}, {[]string{"never seen"}, 0}, {[]string{""}, 0},
			{[]string{}, 1}, {nil, 1},
		} {
			due, err := l.ShimsWithout(t.Context(), "", c.running)
			if err != nil || len(due) != c.due {
				t.Errorf("%q run: %d due, %v, want %d", c.running, len(due), err, c.due)
			}
		}
	})
}

// Another app's code may need a shim, too, until two builds of its have come after
// that.
func TestShimsOfOtherApps(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		release := func(app, build string) int64 {
			t.Helper()
			id, err := l.Begin(t.Context(), Release{App: app, Build: build, Migguard: "1"})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		finish(t, l, release("desk", "d1"), Succeeded)
		finish(t, l, release("shop", "a0"), Succeeded)
		db.Exec(t, "create table a (id int)")
		id := release("shop", "b1")
		rename(t, db, NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "a", NewName: "b"})
		finish(t, l, id, Succeeded)
		for build, want := range []int{0, 0, 1} {
			if due, err := l.DueShims(t.Context(), "shop", "c2"); err != nil || len(due) != want {
				t.Errorf("after %d: %d due, %v, want %d", build, len(due), err, want)
			}
			finish(t, l, release("shop", "c2"), Failed)
			without, err := l.ShimsWithout(t.Context(), "shop", []string{"b1", "c2"})
			if err != nil || len(without) != want {
				t.Errorf("after %d: %d due, %v, want %d", build, len(without), err, want)
			}
			finish(t, l, release("desk", string(rune('x'+build))), Succeeded)
		}
	})
}
