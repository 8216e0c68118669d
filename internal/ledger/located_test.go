package ledger

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// In a copy of a database for another app nothing waits for builds of the first one's,
// which never use it. In one that is restored for an app which it knows, others may use it.
func TestRestoredForAnotherApp(t *testing.T) {
	t.Parallel()
	source := pgtest.StartFor(t, pgtest.Options{Major: 14}) // which each pg_dump can read
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		run := func(l *Ledger, app, build string) int64 {
			t.Helper()
			id, err := l.Begin(t.Context(), Release{App: app, Build: build, Migguard: "1"})
			if err != nil {
				t.Fatal(err)
			}
			finish(t, l, id, Succeeded)
			return id
		}
		from := source.NewDB(t)
		l := locked(t, from.URL)
		run(l, "shop", "a")
		run(l, "desk", "b")
		if restored, _ := l.Restored(); restored {
			t.Error("restored, where nothing is")
		}
		for app, due := range map[string]int{"shop": 0, "staging": 1} {
			copied := db.Server.NewDB(t)
			copied.Restore(t, from)
			l := locked(t, copied.URL)
			if restored, missing := l.Restored(); !restored || len(missing) > 0 {
				t.Errorf("%s: restored: %t, missing %q", app, restored, missing)
			}
			if err := l.Close(); err != nil { // what was found outlives the session
				t.Fatal(err)
			}
			l = locked(t, copied.URL)
			copied.Exec(t, "create table x (id int)")
			id := run(l, app, "d")
			rename(t, copied, NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "x", NewName: "y"})
			run(l, app, "e")
			if got, err := l.DueShims(t.Context(), app, "f"); err != nil || len(got) != due {
				t.Errorf("%s: %d due, want %d (%v)", app, len(got), due, err)
			}
			if restored, _ := l.Restored(); restored {
				t.Errorf("%s: restored twice", app)
			}
		}
	})
}

// What writes the ledger's tables anew, or marks their rows, is no restore.
func TestNotRestored(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		release(t, locked(t, db.URL), "a", Succeeded)
		for _, sql := range []string{"vacuum freeze", "vacuum full", "cluster migguard.located using located_pkey", "select * from migguard.located for update"} {
			db.Exec(t, sql)
			if restored := db.Value(t, "select migguard.is_restored()"); restored != "f" {
				t.Errorf("%s: %s", sql, restored)
			}
		}
	})
}
