package rehearsal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/rehearsal"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// rehearse runs a line of sh that takes db for its database, on another one.
func rehearse(t *testing.T, db *pgtest.DB, clone, line string, more ...string) (texts []string, said string, err error) {
	t.Helper()
	database, err := pg.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	at, err := pg.Parse(clone)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	r := rehearsal.Rehearsal{Database: database, Command: runner.Command{Name: "sh", Args: []string{line}, Shell: true},
		Environ: append([]string{"PATH=" + os.Getenv("PATH"), "DATABASE_URL=" + db.URL}, more...),
		Stdin:   strings.NewReader(""), Stderr: &stderr, Out: report.New(t.Output(), false, false), Log: slog.New(slog.DiscardHandler)}
	texts, err = r.Run(t.Context(), at)
	return texts, stderr.String(), err
}

// TestStays: what is of the whole server is only heard, which may be that of the
// database itself.
func TestStays(t *testing.T) {
	t.Parallel()
	server := pgtest.StartFor(t, pgtest.Options{})
	db, clone := server.NewDB(t), server.NewDB(t)
	db.Exec(t, "CREATE DATABASE rehearsal_stays", "CREATE ROLE rehearsal_role")
	before := db.Query(t, whole)
	all := []string{
		"DROP DATABASE rehearsal_stays;", "CREATE DATABASE rehearsal_more;",
		"ALTER DATABASE rehearsal_stays SET work_mem = '1MB';", "ALTER DATABASE rehearsal_stays CONNECTION LIMIT 1;",
		"BEGIN;", "CREATE ROLE rehearsal_new;", "ALTER ROLE rehearsal_role SET work_mem = '1MB';", "COMMIT;",
		"CREATE TABLE made (id int);",
		"DROP ROLE rehearsal_role;", "ALTER SYSTEM SET work_mem = '1MB';",
		"GRANT pg_monitor TO rehearsal_role;", "GRANT CREATE ON DATABASE rehearsal_stays TO rehearsal_role;",
		"BEGIN;", "SELECT 1/0;", "DROP DATABASE rehearsal_stays;", "ROLLBACK;",
	}
	texts, said, err := rehearse(t, db, clone.URL, `psql -X "$DATABASE_URL" <<'SQL'`+"\n"+strings.Join(all, "\n")+"\nSQL")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(texts, all) {
		t.Errorf("heard %q, want %q", texts, all)
	}
	if !strings.Contains(said, "does not do what reaches beyond its clone") {
		t.Error(said)
	}
	if after := db.Query(t, whole); !reflect.DeepEqual(after, before) {
		t.Errorf("%v, want %v", after, before)
	}
	if made := clone.Value(t, made) + db.Value(t, made); made != "truefalse" {
		t.Errorf("a table is made on the clone, and in the database: %s", made)
	}
}

const (
	whole = "SELECT datname, datconnlimit || coalesce(datacl::text, '') FROM pg_database UNION ALL SELECT rolname, rolconfig::text FROM pg_roles UNION ALL SELECT name, setting FROM pg_file_settings WHERE name = 'work_mem' UNION ALL SELECT roleid::text, member::text FROM pg_auth_members WHERE roleid = 'pg_monitor'::regrole ORDER BY 1, 2"
	made  = "SELECT (to_regclass('made') IS NOT NULL)::text"
)

// TestNotDone: what a rehearsal says of a command that did not do its work on the clone.
func TestNotDone(t *testing.T) {
	t.Parallel()
	server := pgtest.StartFor(t, pgtest.Options{})
	db, clone := server.NewDB(t), server.NewDB(t)
	for _, test := range []struct {
		line, more, want string
		status           int
	}{
		{line: "true; true", want: "never came to the clone"},
		{line: `psql -X "$DATABASE_URL" -v ON_ERROR_STOP=1 -c 'SELECT * FROM absent'`, want: "ended with status 1", status: 1},
		{line: "exit 3", want: "ended with status 3", status: 3},
		{line: "true", more: "OTHER=at " + db.URL, want: "OTHER has the database's address or password"},
	} {
		_, said, err := rehearse(t, db, clone.URL, test.line, test.more)
		var failed *rehearsal.Error
		if !errors.As(err, &failed) || failed.Status != test.status || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v %s, want %q, status %d", test.line, err, said, test.want, test.status)
		}
	}
}
