package pg

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func texts(s Seen) (of []string) {
	for _, q := range s.Queries {
		of = append(of, q.Text)
	}
	return of
}

// What an application has run is read wherever the extension is, with its calls;
// what other databases, other roles and functions have run is not.
func TestReadSeen(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) { // not those, as other tests' queries would push its own out
		db := pgtest.StartFor(t, pgtest.Options{Major: shared.Major}).NewDB(t)
		conn, _, err := Preflight(t.Context(), parse(t, db.URL))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeConn(conn.PgConn()) })
		var missing *UnseenError
		if _, err := ReadSeen(t.Context(), conn, true); !errors.As(err, &missing) || !strings.Contains(err.Error(), "CREATE EXTENSION pg_stat_statements") {
			t.Fatalf("not installed: %v", err)
		}
		role := "seen"
		db.Exec(t, `create schema "odd one"; create extension pg_stat_statements schema "odd one"; create table users (id int, notes text);
			create function inside() returns bigint language sql as 'select count(notes) from users';
			create role `+role+`_owner; grant usage on schema "odd one" to `+role+`_owner; alter table users owner to `+role+`_owner; create role `+role+`_app in role `+role+`_owner; create role `+role+`_other; grant select on users to `+role+`_other`)
		app := db.Connect(t)
		exec := func(sql string) {
			t.Helper()
			if _, err := app.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		exec("set role " + role + "_app")
		exec("select notes from users where id = 1")
		exec("select notes from users where id = 2")
		exec("select inside()")
		exec("reset role")
		exec("set role " + role + "_other")
		exec("select notes from users where id = 3 and true")
		exec("reset role")
		exec("grant " + role + "_owner to " + role + "_app")
		exec("set role " + role + "_owner")
		s, err := ReadSeen(t.Context(), app, true)
		if err != nil || s.Schema != "odd one" || s.Since.IsZero() || !s.Whole {
			t.Fatalf("%+v, %v", s, err)
		}
		if room, err := ReadRoom(t.Context(), app, s.Schema); err != nil || room.Held < len(s.Queries)+s.Hidden || room.Max != 20000 || room.Short() {
			t.Errorf("%+v, %v", room, err)
		}
		// The owner may not read what others have run.
		if s.Hidden == 0 || slices.ContainsFunc(texts(s), func(q string) bool { return strings.Contains(q, "from users") }) {
			t.Errorf("without the right: %d hidden, %q", s.Hidden, texts(s))
		}
		exec("reset role")
		exec("grant pg_read_all_stats to " + role + "_owner")
		exec("set role " + role + "_owner")
		s, err = ReadSeen(t.Context(), app, true)
		i := slices.Index(texts(s), "select notes from users where id = $1")
		if err != nil || i < 0 || s.Queries[i].Calls != 2 {
			t.Errorf("%+v, %v", s, err)
		}
		if all := strings.Join(texts(s), "\n"); strings.Contains(all, "and true") || strings.Contains(all, "count(notes)") {
			t.Error(all)
		}
		counts, err := ReadSeen(t.Context(), app, false)
		if err != nil || len(counts.Queries) < len(s.Queries) || strings.Join(texts(counts), "") != "" {
			t.Errorf("counts: %+v, %v", counts, err)
		}
		// A reset of this database's alone the server does not date before 17.
		exec("reset role")
		exec(`select "odd one".pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()))`)
		exec("set pg_stat_statements.track_utility = off")
		again, err := ReadSeen(t.Context(), app, false)
		if err != nil || again.Since.After(counts.At) != (shared.Major >= 17) || again.At.Before(counts.At) || counts.Off != "" || again.Off != "pg_stat_statements.track_utility = off" {
			t.Errorf("PostgreSQL %d, reset: %+v after %+v, %v", shared.Major, again, counts, err)
		}
	}
}

// A server that has not loaded the library says so, and so does this.
func TestReadSeenNotLoaded(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		s := pgtest.StartFor(t, pgtest.Options{Major: shared.Major, Settings: map[string]string{"shared_preload_libraries": ""}})
		db := s.NewDB(t)
		db.Exec(t, "create extension pg_stat_statements")
		var e *UnseenError
		if _, err := ReadSeen(t.Context(), db.Connect(t), true); !errors.As(err, &e) || !strings.Contains(e.Mend, "shared_preload_libraries") {
			t.Errorf("%v", err)
		}
	}
}

// When other databases' statements fill the whole extension, what is there of this
// one is read, and that some were forgotten is known.
func TestReadSeenFull(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		s := pgtest.StartFor(t, pgtest.Options{Major: shared.Major, Settings: map[string]string{"pg_stat_statements.max": strconv.Itoa(MaxSeen)}})
		db, other := s.NewDB(t), s.NewDB(t)
		db.Exec(t, "create extension pg_stat_statements; create table users (id int, notes text)")
		var many strings.Builder
		for n := range MaxSeen + 200 {
			fmt.Fprintf(&many, "listen channel_%d;", n)
		}
		other.Exec(t, many.String(), "unlisten *")
		app := db.Connect(t)
		for range 2 {
			if _, err := app.PgConn().Exec(t.Context(), "select notes from users where id = 1").ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		seen, err := ReadSeen(t.Context(), app, true)
		all := strings.Join(texts(seen), "\n")
		if err != nil || seen.Evictions == 0 || !strings.Contains(all, "select notes from users where id = $1") || strings.Contains(all, "listen") {
			t.Errorf("PostgreSQL %d: %d forgotten, %v:\n%.500s", s.Major, seen.Evictions, err, all)
		}
	}
}
