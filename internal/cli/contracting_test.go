package cli_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// noted is a stage whose build two has left a column and a table's old name to
// build one, which is gone. The builds from two on call the column label.
func noted(t *testing.T, contract string) *stage {
	t.Helper()
	s := newStage(t, herokutest.AppConfig{})
	s.contract = contract
	s.releases(t, "one", "CREATE TABLE users (id int PRIMARY KEY, note text, label text); CREATE TABLE pets (id int)")
	s.releases(t, "two", "ALTER TABLE users DROP COLUMN note; ALTER TABLE pets RENAME TO animals")
	s.wantLeft(t, bothLeft)
	return s
}

const bothLeft = "public.pets, public.users.note"

// releases a build and rolls it out.
func (s *stage) releases(t *testing.T, build, sql string) result {
	t.Helper()
	column := "label"
	if build == "one" {
		column = "note"
	}
	writeFile(t, s.dir, "contract.json", noting(t, build, column, "").Contract)
	r := s.release(t, sql, "run", "--format", "json", "--build", build, "--contract", s.dir+"/contract.json").run(t)
	r.expect(t, 0)
	s.rollOut(t)
	return r
}

// wantLeft compares what earlier migrations have left.
func (s *stage) wantLeft(t *testing.T, want string) {
	t.Helper()
	if got := s.db.Value(t, `select concat_ws(', ', (select 'public.pets' from migguard.shim where view = to_regclass('public.pets') and dropped_at is null),
		(select 'public.users.note' from pg_attribute where attrelid = 'users'::regclass and attname = 'note'))`); got != want {
		t.Fatalf("left: %q, want %q", got, want)
	}
}

// TestContractPolicy: what is left for older builds goes with the next newer one,
// when it has settled, or by hand alone.
func TestContractPolicy(t *testing.T) {
	t.Parallel()
	for policy, at := range map[string]string{"": "three", "next-release": "three", "settled": "settle", "manual": "never"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := noted(t, policy)
			left := bothLeft
			after := func(what string, r result) {
				t.Helper()
				if at == what {
					left = ""
				}
				s.wantLeft(t, left)
				if overdue := at == "never" && what == "four"; overdue != strings.Contains(r.stderr, "overdue: public.pets (release v4, ") || overdue != strings.Contains(r.stdout, `"overdue": true`) {
					t.Errorf("after %s:\n%s\n%s", what, r.stderr, r.stdout)
				}
			}
			settles := s.call("settle", "--wait").run(t)
			settles.expect(t, 0, "settled")
			after("settle", settles)
			after("two again", s.releases(t, "two", "SELECT 1"))
			after("three", s.releases(t, "three", "SELECT 1"))
			after("four", s.releases(t, "four", "SELECT 1"))
		})
	}
}
