package cli_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// rehearsed is a database that a first release of Rails has migrated, on a server that
// every pg_dump understands.
func rehearsed(t *testing.T) *pgtest.DB {
	t.Helper()
	db := pgtest.StartFor(t, pgtest.Options{Major: 14}).NewDB(t)
	on(db.URL, "run", "--build", "one").in(newRails(t, "first")).run(t).expect(t, 0)
	return db
}

// TestRehearsal: what Rails would send is known from a clone, and nothing comes of it in
// the database, nor is the clone left.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	db := rehearsed(t)
	before := wholeCatalog(t, db)
	next := newRails(t, "first", "second", "third")
	r := on(db.URL, "plan", "--rehearse", db.URL, "--format", "json").in(next).run(t)
	plan := r.planned(t)
	var got []string
	for _, s := range plan.Migrations[0].Statements {
		t.Logf("%s: %s %s %s", s.Text, s.Verdict, s.Error, s.Detail)
		got = append(got, s.Verdict)
	}
	sameCatalog(t, before, wholeCatalog(t, db))
	if left := db.Query(t, "SELECT datname FROM pg_database WHERE datname LIKE 'migguard%'"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	ran := on(db.URL, "run", "--build", "two", "--format", "json").in(next).run(t).planned(t)
	var did []string
	for i, s := range ran.Statements {
		did = append(did, s.Verdict)
		if i < len(got) && got[i] != "unknown" && got[i] != s.Verdict {
			t.Errorf("%s: the rehearsal said %s, the run did %s", s.Text, got[i], s.Verdict)
		}
	}
	if len(got) == 0 || len(got) != len(did) {
		t.Errorf("the rehearsal said %v, the run did %v", got, did)
	}
	again := on(db.URL, "plan", "--rehearse", db.URL).in(next).run(t)
	again.expect(t, 0)
	again.says(t, "The command has changed no schema in the rehearsal.")
}

// TestRehearsalOfAnything: a command that migguard knows nothing of, and what ends a
// rehearsal early.
func TestRehearsalOfAnything(t *testing.T) {
	t.Parallel()
	db := rehearsed(t)
	db.Exec(t, "CREATE TABLE users (id int PRIMARY KEY, name text)")
	app := newApp(t)
	rehearse := func(line string, more ...string) result {
		return on(db.URL, "plan", "--rehearse", db.URL, "--", line).with(more...).in(app).run(t)
	}
	psql := func(sql string) string { return `psql -X "$DATABASE_URL" -v ON_ERROR_STOP=1 -c '` + sql + "'" }
	done := rehearse(psql("ALTER TABLE users RENAME TO members"))
	done.expect(t, 0)
	done.says(t, "as rehearsed", "shim", "ALTER TABLE users RENAME TO members")
	refused := rehearse(psql("ALTER TABLE users ALTER COLUMN name TYPE int USING 0"))
	refused.expect(t, 77)
	refused.says(t, "1 statement would be refused.")
	rehearse(psql("ALTER TABLE absent ADD a int")).expect(t, 1, "does not exist", "ended with status 1")
	rehearse("true; true").expect(t, 64, "never came to the clone")
	rehearse(psql("SELECT 1"), "OTHER=secret-of-app").expect(t, 0)
	rehearse("PATH=/nowhere; exit 3").expect(t, 3)

	// Past the guard a session may only read.
	writeFile(t, app, "address", db.URL)
	rehearse(psql("SELECT 1")+` && psql -X "$(cat address)" -c 'CREATE TABLE strays ()'`).expect(t, 1, "read-only transaction")
	empty := t.TempDir()
	on(db.URL, "plan", "--rehearse", db.URL, "--", "true").with("PATH="+empty).in(app).run(t).expect(t, 64, "postgresql-client")
	on(db.URL, "plan", "--rehearse", "postgres://127.0.0.1:1/x", "--", "true").in(app).run(t).expect(t, 64, "127.0.0.1:1")
	on(db.URL, "plan", "--rehearse", "mysql://x", "--", "true").in(app).run(t).expect(t, 64, "--rehearse")
	on(db.URL, "plan", "--", "true").in(app).run(t).expect(t, 64, "--rehearse")
	if left := db.Query(t, "SELECT datname FROM pg_database WHERE datname LIKE 'migguard%'"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
