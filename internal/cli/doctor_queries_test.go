package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestDoctorQueries: how much of what is sent the database's count shows, and what
// would make it show more.
func TestDoctorQueries(t *testing.T) {
	t.Parallel()
	server := pgtest.StartFor(t, pgtest.Options{Settings: map[string]string{"pg_stat_statements.max": "1000"}})
	db := server.NewDB(t)
	db.Exec(t, "CREATE EXTENSION pg_stat_statements; CREATE ROLE reader LOGIN PASSWORD 'hunter2'; CREATE ROLE app NOLOGIN; GRANT reader TO app")
	dir := t.TempDir()
	says := func(url, state, fix string, texts ...string) {
		t.Helper()
		r := on(url, "doctor", "--format", "json").in(dir).run(t)
		var checks []check
		if err := json.Unmarshal([]byte(r.stdout), &checks); err != nil {
			t.Fatalf("%v:\n%s%s", err, r.stdout, r.stderr)
		}
		for _, c := range checks {
			if c.Check != "queries" {
				continue
			}
			if c.State != state || !strings.HasPrefix(c.Fix, fix) || (fix == "") != (c.Fix == "") {
				t.Errorf("%+v, want %s, mended by %q", c, state, fix)
			}
			for _, text := range texts {
				if !strings.Contains(c.Text, text) {
					t.Errorf("%q is not in %q", text, c.Text)
				}
			}
			return
		}
		t.Errorf("nothing is said of queries: %s", r.stdout)
	}
	held := func(n int) { // fills up to n, or until some are thrown out
		t.Helper()
		for name := 0; ; name++ {
			if db.Value(t, fmt.Sprintf("SELECT ((SELECT count(*) FROM pg_stat_statements(false)) >= %d OR dealloc > 0)::text FROM pg_stat_statements_info", n)) == "true" {
				return
			}
			var many []string
			for i := range 20 {
				many = append(many, fmt.Sprintf("SET mg_%d.a%d_%d = 1", n, name, i))
			}
			db.Exec(t, strings.Join(many, "; "))
		}
	}
	const empty = "heroku pg:outliers --reset --app APP; or, if it fills up again, on a server of your own: ALTER SYSTEM SET pg_stat_statements.max = 4000"
	says(db.URL, "ok", "", "forgot none for ", "from 20", " UTC on one that it does not show counts as not sent")
	db.Exec(t, "SET ROLE app; SELECT 1 AS of_another; RESET ROLE")
	says(as(t, db.URL, "reader", "hunter2", ""), "warn", `heroku pg:psql --app APP -c 'GRANT pg_read_all_stats TO "reader"'`, "of other roles that may not be read")
	held(920)
	says(db.URL, "warn", empty, "queries of all databases, and room for 1000")
	held(1001)
	says(db.URL, "warn", empty, "room for 1000 queries, and since 20", "thrown out the least called", "ago at the latest")
	db.Exec(t, "SELECT pg_stat_statements_reset()")
	says(db.URL, "ok", "", "forgot none for ")
	db.Exec(t, "ALTER DATABASE "+db.Name+" SET pg_stat_statements.track_utility = off")
	says(db.URL, "warn", "as a superuser: ALTER SYSTEM SET pg_stat_statements.track_utility = 'on'", "does not count all queries: pg_stat_statements.track_utility = off")
}
