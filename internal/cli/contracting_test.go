package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// noted is a stage whose build two has left a column and a table's old name to
// build one, which is gone, and has spared it a NOT NULL. The builds from two on call the column label.
func noted(t *testing.T, contract string) *stage {
	t.Helper()
	s := newStage(t, herokutest.AppConfig{})
	s.contract = contract
	s.releases(t, "one", "CREATE TABLE users (id int PRIMARY KEY, note text, label text); CREATE TABLE pets (id int)")
	s.releases(t, "two", "ALTER TABLE users DROP COLUMN note; ALTER TABLE pets RENAME TO animals; ALTER TABLE users ALTER label SET NOT NULL")
	s.wantLeft(t, allLeft)
	return s
}

const allLeft = "public.pets, public.users.note, label may be NULL"

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
		(select 'public.users.note' from pg_attribute where attrelid = 'users'::regclass and attname = 'note'),
		(select 'label may be NULL' from pg_attribute where attrelid = 'users'::regclass and attname = 'label' and not attnotnull))`); got != want {
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
			left := allLeft
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
			four := s.releases(t, "four", "SELECT 1")
			after("four", four)
			if at == "never" {
				four.expect(t, 0, "help  Release code that ignores public.users.note (", "so that migguard knows. Or say")
				if !strings.Contains(four.stdout, `"help": "Release code that ignores public.users.note (`) {
					t.Errorf("the report does not say how to end it:\n%s", four.stdout)
				}
			}
		})
	}
}

// TestDropByHand: what no code needs goes, and the rest stays with its reason.
func TestDropByHand(t *testing.T) {
	t.Parallel()
	s := noted(t, "manual")
	s.call("shims", "drop", "public.users.note").with("MIGGUARD_OVERLAP=1h").run(t).expect(t, 77, "public.users.note stays: ", "build one of v3",
		"help  Release code that ignores public.users.note", "migguard run --allow dropped-column:public.users.note")
	s.call("shims", "drop", "pets").with("MIGGUARD_OVERLAP=1h").run(t).expect(t, 77, "public.pets stays: the code of v1, v2 may run, and which build that is is not known")
	s.call("shims", "drop", "--due").with("MIGGUARD_OVERLAP=1h").run(t).expect(t, 0, "public.users.note, which release v4 has dropped, stays: ",
		"the shim public.pets of release v4 stays: the code of v1, v2 may run, and which build that is is not known")
	s.call("shims", "drop", "pets").with("HEROKU_API_KEY=").run(t).expect(t, 77, "public.pets stays: build one, which may run, ")
	s.wantLeft(t, allLeft)
	for words, want := range map[string]string{"": "give the ID or NAME", "a b": "give the ID or NAME", "nothing": `no shim "nothing" stands`, "--due x": `"x" is not expected`} {
		s.call(append([]string{"shims", "drop"}, strings.Fields(words)...)...).run(t).expect(t, 64, want)
	}
	locker := s.db.Connect(t)
	if _, err := locker.Exec(t.Context(), "select pg_advisory_lock($1)", ledger.LockKey); err != nil {
		t.Fatal(err)
	}
	s.call("shims", "drop", "pets").run(t).expect(t, 75, "another run holds the ledger lock")
	if _, err := locker.Exec(t.Context(), "select pg_advisory_unlock($1)", ledger.LockKey); err != nil {
		t.Fatal(err)
	}
	s.db.Exec(t, "CREATE VIEW more AS SELECT note FROM users")
	s.call("shims", "drop", "users.note").run(t).expect(t, 77, "public.users.note stays: other objects depend on it")
	s.db.Exec(t, "DROP VIEW more")
	if r := s.call("shims", "drop", "--format", "json", "d1").run(t); r.code != 0 || !strings.HasPrefix(r.stdout, "[\n  {\n    \"id\": \"d1\",") {
		t.Errorf("%+v", r)
	}
	s.wantLeft(t, "public.pets, label may be NULL")
	s.call("shims", "drop", "w1").with("MIGGUARD_OVERLAP=1h").run(t).expect(t, 77, "NOT NULL of public.users.label stays: ")
	s.db.Exec(t, "INSERT INTO users (id) VALUES (7)")
	s.call("shims", "drop", "w1").run(t).expect(t, 77, "1 rows violate it, by id: (7)")
	s.db.Exec(t, "DELETE FROM users")
	s.call("shims", "drop", "w1").run(t).says(t, "NOT NULL of public.users.label is made.")
	s.wantLeft(t, "public.pets")
	s.call("shims", "drop", "--due").run(t).says(t, "public.pets is dropped.")
	s.wantLeft(t, "")
	s.call("shims", "drop", "--due").run(t).says(t, "Nothing was dropped.")
	none := pgtest.New(t)
	on(none.URL, "shims", "drop", "--due").run(t).expect(t, 64, "no shims stand")
	if got := len(wholeCatalog(t, none)); got != 1 {
		t.Errorf("a ledger was made: %d objects", got-1)
	}
}

// TestKeep: what was dropped stays, whatever is released later, and what was changed
// for code that does not know it can be put back.
func TestKeep(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		run := func(build, sql string) {
			t.Helper()
			on(db.URL, "run", "--build", build, "--", `psql "$DATABASE_URL" -Xqc "`+sql+`"`).run(t).expect(t, 0)
		}
		run("one", "CREATE TABLE pets (id int PRIMARY KEY); CREATE TABLE users (id int, pet int NOT NULL CONSTRAINT of REFERENCES pets); ALTER TABLE pets RENAME TO animals")
		before := db.Value(t, "SELECT string_agg(pg_get_constraintdef(oid), ',') || (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'pet') FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'f'")
		run("two", "ALTER TABLE users DROP COLUMN pet; ALTER TABLE users RENAME TO members")
		on(db.URL, "shims", "keep", "public.users").run(t).expect(t, 64, "it cannot be kept")
		r := on(db.URL, "shims", "keep", "--format", "json", "public.members.pet").run(t)
		r.expect(t, 0)
		var kept struct {
			ID, Name string
			Undo     []string
		}
		if err := json.Unmarshal([]byte(r.stdout), &kept); err != nil || kept.ID != "d1" || kept.Name != "public.members.pet" || len(kept.Undo) != 2 {
			t.Fatalf("%v:\n%s", err, r.stdout)
		}
		on(db.URL, "shims", "keep", "d1").run(t).expect(t, 64, `no shim "d1" stands`)
		for _, build := range []string{"three", "four", "five"} {
			run(build, "SELECT 1")
		}
		db.Exec(t, "ALTER TABLE members RENAME TO users")
		db.Exec(t, kept.Undo...)
		if got := db.Value(t, "SELECT string_agg(pg_get_constraintdef(oid), ',') || (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'pet') FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'f'"); got != before {
			t.Errorf("%s, want %s", got, before)
		}
	})
}
