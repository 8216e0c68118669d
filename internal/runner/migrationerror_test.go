package runner

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestServerMessage: a code is shown where it tells something.
func TestServerMessage(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]pgconn.PgError{
		"NOTICE: told\n": {Severity: "NOTICE", Code: "00000", Message: "told"},
		"NOTICE: relation \"t\" already exists, skipping (SQLSTATE 42P07)\n":      {Severity: "NOTICE", Code: "42P07", Message: `relation "t" already exists, skipping`},
		"ERROR: no (SQLSTATE 42501)\n  detail: of those\n  hint: ask its owner\n": {Severity: "ERROR", Code: "42501", Message: "no", Detail: "of those", Hint: "ask its owner"},
	} {
		if got := serverMessage(&m); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
