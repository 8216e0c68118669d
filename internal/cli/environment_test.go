package cli_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestLibpqVariables: the database may be named by PG* alone, as for psql.
func TestLibpqVariables(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	c := call{args: []string{"run"}}.with("PGHOST="+db.Server.Host, "PGPORT="+strconv.Itoa(db.Server.Port),
		"PGDATABASE="+db.Name, "PGUSER="+db.Server.User, "PGPASSWORD="+db.Server.Password)
	c.in(newSQL(t, "goose", "first")).run(t).expect(t, 0, "succeeded")
	wantRelations(t, db, "r accounts, r goose_db_version")

	c.args = []string{"run", "--", "psql --no-psqlrc --command='ALTER TABLE accounts RENAME TO members'"}
	r := c.run(t)
	r.expect(t, 0, "1 shimmed")
	if strings.Contains(r.stdout+r.stderr, db.Server.Password) {
		t.Error("the output holds the password")
	}
}

// TestEveryVariable: whatever variable leads to the database leads to the
// guard, and the direct way is nowhere in the command's environment.
func TestEveryVariable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	port := strconv.Itoa(db.Server.Port)
	r := on(db.URL, "run", "--", "sh", "-c", "env").
		with("HEROKU_POSTGRESQL_PINK_URL="+db.URL, "MIGGUARD_DATABASE_URL="+db.URL, "OTHER_URL=postgres://u@elsewhere/x").run(t)
	if r.code != 0 || strings.Contains(r.stdout, port) || strings.Contains(r.stdout, "MIGGUARD_DATABASE_URL") {
		t.Errorf("exit status %d, environment:\n%s", r.code, r.stdout)
	}
	if n := strings.Count(r.stdout, "@127.0.0.1:"); n != 2 || !strings.Contains(r.stdout, "@elsewhere/x") {
		t.Errorf("%d variables lead to the guard:\n%s", n, r.stdout)
	}
}
