package scan_test

import (
	"fmt"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// laravelTables are those of testdata/laravel. Code that asks for spare there is none.
var laravelTables = map[string]string{
	"people":       "id serial PRIMARY KEY, name text, nick text, extra json, visits int DEFAULT 0, created_at timestamp, changed_at timestamp, deleted_at timestamp",
	"blog_posts":   "id serial PRIMARY KEY, title text, person_id int, checked_by int, created_at timestamp, updated_at timestamp",
	"grps":         "code text PRIMARY KEY, label text",
	"group_person": "person_id int, group_code text, role text, PRIMARY KEY (person_id, group_code)",
	"remarks":      "id serial PRIMARY KEY, body text, subject_type text, subject_id int, created_at timestamp, updated_at timestamp",
	"counters":     "name text PRIMARY KEY, n int",
}

// TestLaravelRuns: an application really runs on Eloquent; the contract says no to no
// column that it sends, and what it says no to can go while it runs.
func TestLaravelRuns(t *testing.T) {
	t.Parallel()
	const dir = "testdata/laravel"
	c := scanned(t, dir)
	pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
		for table, columns := range laravelTables {
			db.Exec(t, fmt.Sprintf("CREATE TABLE %s (%s, spare int)", table, columns))
		}
		db.Exec(t, "CREATE EXTENSION pg_stat_statements")
		app := start(t, db, dir, "php", "app.php")
		app.do(t, "act")
		forget(t, db)
		app.do(t, "act")
		columns := 0
		eachSent(t, db, func(table, column, query string) {
			columns++
			if a := c.Column(contract.Name{Name: table}, column, contract.AnyWay); a.Verdict == contract.No {
				t.Errorf("%s.%s: no, and it was sent: %s", table, column, query)
			}
		})
		if columns < 60 {
			t.Errorf("only %d columns were sent", columns)
		}
		for table := range laravelTables {
			a := c.Column(contract.Name{Name: table}, "spare", contract.AnyWay)
			want := contract.No
			switch table {
			case "blog_posts", "group_person": // copies of rows, and a table that joins models
				want = contract.Yes
			case "counters": // without a model it may be any library's
				want = contract.Unknown
			}
			if a.Verdict != want {
				t.Errorf("%s.spare: %s, want %s: %+v", table, a.Verdict, want, a.Reasons)
			}
			db.Exec(t, fmt.Sprintf("ALTER TABLE %s DROP COLUMN spare", table))
		}
		app.do(t, "act")
		db.Exec(t, "ALTER TABLE people DROP COLUMN nick")
		if err := app.try("act"); err == nil {
			t.Error("code did without a column that it names")
		}
	})
}
