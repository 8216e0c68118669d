package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestShims follows one shim through the builds: made, kept for its own build,
// kept when a build is unknown, dropped by a newer build.
func TestShims(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		r := on(db.URL, "shims").run(t)
		if r.expect(t, 0); r.stdout != "No shims stand.\n" {
			t.Errorf("without a ledger: %q", r.stdout)
		}
		if got := len(wholeCatalog(t, db)); got != 1 {
			t.Errorf("\"migguard shims\" made %d objects", got-1)
		}
		wantShims(t, db)
		run := func(build string, texts ...string) result {
			t.Helper()
			r := on(db.URL, "run", "--build", build).in(newSQL(t, "goose", "first", "second")).run(t)
			r.expect(t, 0, texts...)
			return r
		}
		on(db.URL, "run", "--build", "one").in(newSQL(t, "goose", "first")).run(t).expect(t, 0)
		run("two", "1 shimmed")
		wantShims(t, db, "table-view public.accounts public.members run 2 two")

		if again := run("two", "nothing is pending"); strings.Contains(again.stderr, "dropped") {
			t.Errorf("the same build dropped its shim:\n%s", again.stderr)
		}
		run("", "nothing is pending", "this build's id is unknown", "--build")
		wantShims(t, db, "table-view public.accounts public.members run 2 two")

		// Which build is running now, nobody knows: it could need the shim.
		run("three", "nothing is pending")
		wantShims(t, db, "table-view public.accounts public.members run 2 two")

		run("four", "dropped the shim public.accounts of run 2: the builds that used it are gone")
		wantShims(t, db)
		wantRelations(t, db, "r goose_db_version, r members")
	})
}

// wantShims compares the JSON form, and that the text form has a line for each.
func wantShims(t *testing.T, db *pgtest.DB, want ...string) {
	t.Helper()
	r := on(db.URL, "shims", "--format", "json").run(t)
	r.expect(t, 0)
	var shims []struct{ Kind, Name, Relation, Release, Build, Age string }
	if err := json.Unmarshal([]byte(r.stdout), &shims); err != nil || !strings.HasPrefix(r.stdout, "[") {
		t.Fatalf("%v:\n%s", err, r.stdout)
	}
	var got []string
	for _, s := range shims {
		got = append(got, strings.Join([]string{s.Kind, s.Name, s.Relation, s.Release, s.Build}, " "))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("shims %q, want %q", got, want)
	}
	text := on(db.URL, "shims").run(t)
	text.expect(t, 0)
	if lines := strings.Count(text.stdout, "\n"); lines != len(want)+1 { // a heading, or "No shims stand."
		t.Errorf("%d lines for %d shims:\n%s", lines, len(want), text.stdout)
	}
	for _, s := range shims {
		if !strings.Contains(text.stdout, s.Name) || !strings.Contains(text.stdout, s.Relation) {
			t.Errorf("no %s in\n%s", s.Name, text.stdout)
		}
	}
}
