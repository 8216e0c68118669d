package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// noting is code that calls a column of users so, with psql for its migrations.
func noting(t *testing.T, id, column, migration string) platform.Code {
	t.Helper()
	named := contract.Named(column)
	var text bytes.Buffer
	err := contract.New(contract.Source{Scanner: "scan", Whole: true, Paths: true, Models: 1}, []contract.Relation{{Name: contract.Name{Name: "users"},
		Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "a.go", Line: 1}, Reads: named, Updates: named, Adds: true, Inserts: named}}}}, nil).Write(&text)
	if err != nil {
		t.Fatal(err)
	}
	return platform.Code{
		ID: id, Contract: text.String(), Policy: settled, Runner: `'psql -Xqc "` + migration + `" "$DATABASE_URL"'`,
		Query: "SELECT " + column + " FROM users",
		Work:  "INSERT INTO users (id, " + column + ") VALUES (1, now()::text) ON CONFLICT (id) DO UPDATE SET " + column + " = EXCLUDED." + column + " RETURNING *",
	}
}

// TestColumnRenameUnderOverlay is the deploy of a column's rename, without
// maintenance mode: dynos of the old build go on until they end, those of the new
// one see the new name, and what kept the old one is taken down.
func TestColumnRenameUnderOverlay(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]herokutest.AppConfig{
		"common runtime": {},
		"private space":  {Space: "space", Formation: map[string]int{"web": 3, "worker": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			db.Exec(t, "create table users (id int primary key, note text not null default 'x')", "insert into users select generate_series(1, 9)")
			ledgerIn(t, db)
			s := emptyShop(t, db, config)
			s.RollOut(t, noting(t, "one", "note", "CREATE TABLE IF NOT EXISTS made (id int)"))
			v := s.Visit(t)
			platform.Eventually(t, "every dyno has announced itself", func() bool { overlay, _ := s.steering(t, "one"); return overlay != "" })
			platform.Eventually(t, "no release before it may run", func() bool {
				r := on(db.URL, "status", "--format", "json", "--app", platform.Name).with("HEROKU_API_URL="+s.Platform.URL, "HEROKU_API_KEY="+s.Platform.Token, s.overlap()).run(t)
				return r.code == 0 && !strings.Contains(r.stdout, "its build id is not known")
			})
			const rename = "ALTER TABLE users RENAME note TO label"
			r := s.Push(t, noting(t, "two", "label", rename))
			s.Ends(t, r, herokutest.Succeeded)
			s.Becomes(t, "the new code runs", platform.Calm)
			s.Rests(t)
			s.WantUntroubled(t, v)
			s.WantColumns(t, "users", "label")
			if got := db.Value(t, "select string_agg(distinct kind || ' ' || old_name || ' ' || (dropped_at is not null), ',') from migguard.shim"); got != "overlay users true" {
				t.Errorf("shims: %s", got)
			}
			if got := db.Value(t, "select count(*) from pg_namespace where nspname like 'mg\\_%'"); got != "0" {
				t.Errorf("%s overlays are left", got)
			}
			if v.Sent > 0 {
				t.Error("there was maintenance")
			}
			t.Logf("served %d", v.Served)
		})
	}
}
