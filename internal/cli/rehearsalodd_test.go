package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestRehearsalOfOdd: names that pg_dump would take for patterns, a schema that is
// called like migguard's, what earlier runs have left, and addresses in both forms.
func TestRehearsalOfOdd(t *testing.T) {
	t.Parallel()
	db := rehearsed(t)
	db.Exec(t, `CREATE SCHEMA mg_data`, `CREATE TABLE mg_data.kept (id int)`, `CREATE VIEW v AS SELECT * FROM mg_data.kept`,
		`CREATE SCHEMA "Odd.Schema*"`, `CREATE TABLE "Odd.Schema*"."SequelizeMeta" (name text)`, `INSERT INTO "Odd.Schema*"."SequelizeMeta" VALUES ('applied')`,
		`CREATE TABLE django_migrations (id serial primary key, name text)`, `INSERT INTO django_migrations (name) VALUES ('a'), ('b')`,
		`CREATE TABLE users (id int PRIMARY KEY, name text, old_name text)`, `CREATE TABLE late (id int)`)
	app := newApp(t)
	psql := func(sql string) string { return `psql -X "$DATABASE_URL" -v ON_ERROR_STOP=1 -Atc '` + sql + "'" }
	renames := psql("ALTER TABLE users RENAME COLUMN old_name TO label")
	on(db.URL, "run", "--build", "two", "--", renames).in(app).run(t).expect(t, 0)
	on(db.URL, "run", "--build", "three", "--", psql("ALTER TABLE late RENAME TO early")).in(app).run(t).expect(t, 0)
	c, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	plain, _, _ := strings.Cut(db.URL, "?")
	for _, address := range []string{db.URL, plain + "?sslmode=disable&application_name=x%20y&options=-c%20work_mem%3D1MB",
		fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s sslmode=prefer", c.Host, c.Port, c.User, c.Password, c.Database)} {
		r := on(address, "plan", "--rehearse", address, "--", psql(`SELECT name FROM "Odd.Schema*"."SequelizeMeta";
			INSERT INTO django_migrations (name) VALUES (1) RETURNING id; INSERT INTO users (id, label) VALUES (1, 22); SELECT old_name FROM users;
			SELECT * FROM late; SELECT * FROM v; ALTER TABLE users ADD more int`)).
			with("PGHOSTADDR=1.2.3.4", "PGDATABASE=postgres", "PGOPTIONS=-c work_mem=2MB", "PGPASSWORD=nonsense").in(app).run(t)
		r.expect(t, 0)
		r.says(t, "ADD more int")
		if !strings.Contains(r.stderr, "applied\n3\n") || !strings.Contains(r.stderr, "\n22\n") {
			t.Error(r.stderr)
		}
	}
	if left := db.Query(t, "SELECT datname FROM pg_database WHERE datname LIKE 'migguard%'"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
