package pgtest

import (
	"bytes"
	"os/exec"
	"testing"
)

// Restore has a database read what pg_dump writes of another one, as heroku pg:copy and
// pg:backups do: all that has a number has another one there. The other's server is not
// newer than the installed pg_dump, which 14 never is.
func (db *DB) Restore(t testing.TB, from *DB) {
	t.Helper()
	dump, err := exec.Command("pg_dump", "--no-owner", "--no-privileges", from.URL).Output()
	if err != nil {
		t.Fatal(err)
	}
	load := exec.Command("psql", "-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", db.URL)
	load.Stdin = bytes.NewReader(dump)
	if said, err := load.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}
