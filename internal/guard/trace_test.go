package guard_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

var update = flag.Bool("update", false, "rewrite testdata/trace")

// goldenMajor is the server whose words are in the golden files.
const goldenMajor = 18

// fixture is what every script finds.
const fixture = `DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, null);
CREATE TABLE d (t_id int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE trg (id int);
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'trigger says no'; END$$;
CREATE TRIGGER trg BEFORE INSERT ON trg EXECUTE FUNCTION fails();`

// leftovers are what a script can leave behind; see state.
const leftovers = `SELECT 'rows of t', id::text, v FROM t
UNION ALL SELECT 'rows of d', t_id::text, null FROM d
UNION ALL SELECT 'relation', relname, relkind::text FROM pg_class
	WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'
	ORDER BY 1, 2`

// TestTraces plays each script directly on the server and through guards.
// What the server says and what it leaves in the database has to be the same,
// but for the gates a script names with a reason. On goldenMajor it also has
// to be what the golden file says. How the network cuts the bytes must not
// matter.
func TestTraces(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/trace/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	var scripts []script
	for _, file := range files {
		if strings.Count(filepath.Base(file), ".") == 1 { // not a gate's variant
			scripts = append(scripts, readScript(t, file))
		}
	}
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		direct := make([]string, len(scripts))
		for i, s := range scripts {
			if s.only == "" {
				direct[i] = s.on(t, db, db.URL)
				if db.Major == goldenMajor {
					golden(t, s.file, direct[i])
				}
			}
		}
		for name, gate := range gates {
			for net, change := range map[string]func(*guard.Config){"": nil, " in shreds": shredded} {
				t.Run(name+net, func(t *testing.T) {
					t.Parallel()
					r := newRig(t, db.Server.NewDB(t), gate, change)
					for i, s := range scripts {
						s.compare(t, name, direct[i], db.Major == goldenMajor, r)
					}
				})
			}
		}
	})
}

// compare plays the script through a guard.
func (s script) compare(t *testing.T, gate, direct string, recorded bool, r *rig) {
	t.Helper()
	if s.only != gate && (s.only != "" || gate == "refusing") {
		return
	}
	got := s.on(t, r.db, r.url("disable"))
	switch {
	case s.only == gate:
		if recorded {
			golden(t, s.file, got)
		}
	case !s.differs[gate]:
		if got != direct {
			t.Errorf("%s: through the guard:\n%s", s.file, diff(direct, got))
		}
	case got == direct:
		t.Errorf("%s: no difference, and one was announced for gate %s", s.file, gate)
	case recorded:
		golden(t, strings.TrimSuffix(s.file, "golden")+gate+".golden", got)
	}
}

// on plays the script on a fresh fixture and adds what it left behind.
func (s script) on(t *testing.T, db *pgtest.DB, url string) string {
	t.Helper()
	db.Exec(t, "SET client_min_messages = error", fixture)
	var trace string
	func() {
		w := dialWire(t, url)
		defer w.Close()
		trace = s.play(t, w)
	}()
	pid := "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	await(t, s.file+": the session's end", func() bool { return db.Value(t, pid) == "0" })
	for _, row := range db.Query(t, leftovers) {
		trace += "= " + strings.Join(row, " ") + "\n"
	}
	return trace
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (go test -update rewrites it):\n%s", file, diff(string(want), got))
	}
}

// diff shows two traces from their first difference on.
func diff(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := max(0, same-6)
	return fmt.Sprintf("%s\n--- want:\n%s\n--- got:\n%s", strings.Join(a[from:same], "\n"),
		strings.Join(a[same:], "\n"), strings.Join(b[same:], "\n"))
}
