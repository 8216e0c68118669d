package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A planned document is what the tests look at of a plan's, or of a run's.
type planned struct {
	Migrations []struct {
		File, Unread string
		Statements   []foreseen
	}
	Statements []foreseen
	Due        []struct{ Name string } `json:"due_shims"`
	Shims      []struct {
		Waits string `json:"waits_for"`
	}
	Refused, Unknown int
}

type foreseen struct {
	Text, Verdict, Error, Detail, Hint string
	Hazards                            []struct{ ID string }
	Executed                           []string
	Takes                              *struct {
		Least float64 `json:"least_seconds"`
		Most  float64 `json:"most_seconds"`
		Of    string
	}
}

func (r result) planned(t *testing.T) (p planned) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
		t.Fatalf("%v:\n%s\n%s", err, r.stdout, r.stderr)
	}
	return p
}

const planTables = "CREATE TABLE users (id int PRIMARY KEY, name text, notes text CHECK (notes <> ''));" +
	"CREATE TABLE orders (id int PRIMARY KEY, buyer int, total int NOT NULL);" +
	"CREATE VIEW names AS SELECT name FROM users; CREATE TYPE mood AS ENUM ('good');"

// foretold are migrations and the verdicts of a plan, in the order of their
// statements; where there are none, those of the run. Only "unknown" may differ.
var foretold = map[string]struct{ sql, want string }{
	"creation":          {"CREATE TABLE pets (id int); CREATE INDEX ON pets (id); ALTER TABLE pets ADD COLUMN owner int NOT NULL; COMMENT ON TABLE pets IS 'x';", "allow allow allow allow"},
	"addition":          {"ALTER TABLE users ADD COLUMN age int;", "allow"},
	"required":          {"ALTER TABLE users ADD COLUMN age int NOT NULL DEFAULT 1; ALTER TABLE orders ALTER COLUMN buyer SET NOT NULL;", ""},
	"added, then more":  {"ALTER TABLE users ADD COLUMN age int; CREATE INDEX by_age ON users (age); ALTER TABLE users ALTER COLUMN age SET DEFAULT 3; DROP INDEX by_age;", "allow rewrite unknown unknown"},
	"constraint":        {"ALTER TABLE orders ADD CONSTRAINT to_buyer FOREIGN KEY (buyer) REFERENCES users; ALTER TABLE orders VALIDATE CONSTRAINT to_buyer;", "shim unknown"},
	"table's name":      {"ALTER TABLE users RENAME TO members; ALTER TABLE members ADD COLUMN age int; ALTER TABLE members DROP COLUMN age; CREATE TABLE users (id int);", "shim unknown unknown unknown"},
	"column's name":     {"ALTER TABLE users RENAME COLUMN id TO key; ALTER TABLE users DROP COLUMN key;", "refuse unknown"},
	"dropped":           {"ALTER TABLE orders DROP COLUMN total; DROP TABLE orders;", "shim shim"},
	"dropped, in vain":  {"DROP TABLE IF EXISTS absent; DROP TABLE absent;", "allow unknown"},
	"key":               {"ALTER TABLE orders DROP COLUMN id;", "refuse"},
	"type":              {"ALTER TABLE users ALTER COLUMN id TYPE bigint;", "unknown"},
	"label":             {"ALTER TYPE mood RENAME VALUE 'good' TO 'fine';", ""},
	"type, then column": {"CREATE DOMAIN age AS int NOT NULL; ALTER TABLE users ADD COLUMN a age;", "allow unknown"},
	"truncate":          {"TRUNCATE orders;", ""},
	"hidden":            {"DO $$ BEGIN DROP TABLE orders; END $$;", "unknown"},
	"function":          {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT f();", ""},
	"path":              {"SET search_path = other; ALTER TABLE orders DROP COLUMN total;", "unknown"},
	"directive":         {"ALTER TABLE users\n-- migguard:allow renamed-column reason: nobody reads it\nRENAME COLUMN name TO label;", "allow"},
	"path's function":   {"CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'; ALTER TABLE orders DROP COLUMN total;", "allow shim"},
	"column, in vain":   {"ALTER TABLE users DROP COLUMN absent;", "unknown"},
	"view":              {"DROP VIEW names;", ""},
}

// TestPlanForetells: what a plan says of a statement the run does; and a plan
// changes nothing.
func TestPlanForetells(t *testing.T) {
	t.Parallel()
	for name, c := range foretold {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			app := newApp(t)
			writeFile(t, app, "migguard.toml", largeTables)
			writeFile(t, app, "migrations/00001_tables.sql", "-- +goose Up\n-- +goose StatementBegin\n"+planTables+"\n-- +goose StatementEnd\n")
			on(db.URL, "run", "--build", "one").in(app).run(t).expect(t, 0)
			db.Exec(t, "INSERT INTO users SELECT g, 'x', 'y' FROM generate_series(1, 100) g; INSERT INTO orders SELECT g, g, 1 FROM generate_series(1, 100) g", "ANALYZE")
			writeFile(t, app, "migrations/00002_next.sql", "-- +goose Up\n"+strings.ReplaceAll(c.sql, "; ", ";\n"))
			if name == "hidden" {
				writeFile(t, app, "migrations/00002_next.sql", "-- +goose Up\n-- +goose StatementBegin\n"+c.sql+"\n-- +goose StatementEnd\n")
			}
			before := wholeCatalog(t, db)
			r := on(db.URL, "plan", "--format", "json").in(app).run(t)
			plan := r.planned(t)
			sameCatalog(t, before, wholeCatalog(t, db))
			ran := on(db.URL, "run", "--build", "two", "--format", "json").in(app).run(t).planned(t)
			if len(plan.Migrations) != 1 || plan.Migrations[0].File != "migrations/00002_next.sql" {
				t.Fatalf("%s", r.stdout)
			}
			var got []string
			for i, s := range plan.Migrations[0].Statements {
				got = append(got, s.Verdict)
				t.Logf("%s: %s %s %s", s.Text, s.Verdict, s.Error, s.Detail)
				if i >= len(ran.Statements) || s.Verdict == "unknown" {
					continue
				}
				if did := ran.Statements[i]; did.Text != s.Text || did.Verdict != s.Verdict || did.Error != s.Error || did.Hint != s.Hint {
					t.Errorf("the plan said %+v\nthe run did %+v", s, did)
				}
			}
			if said := strings.Join(got, " "); c.want != "" && said != c.want {
				t.Errorf("the plan said %s, want %s", said, c.want)
			}
			if refused := strings.Contains(strings.Join(got, " "), "refuse"); (r.code == 77) != refused || (plan.Refused > 0) != refused || !refused && r.code != 0 {
				t.Errorf("exit status %d, %d refused", r.code, plan.Refused)
			}
		})
	}
}

// TestPlan is the text of one, by a role that may only read, and what a run does
// before its migrations.
func TestPlan(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		first := on(db.URL, "plan").in(newSQL(t, "goose", "first")).run(t)
		first.expect(t, 0)
		golden(t, "plan_first.txt", strings.ReplaceAll(first.stdout, db.Name, "DATABASE"))
		on(db.URL, "run", "--build", "one").in(newSQL(t, "goose", "first")).run(t).expect(t, 0)
		db.Exec(t, "CREATE ROLE "+db.Name+"_reader LOGIN PASSWORD 'reads' IN ROLE pg_read_all_data")
		reader := as(t, db.URL, db.Name+"_reader", "reads", "")
		both := on(reader, "plan").in(newSQL(t, "goose", "first", "second", "third")).run(t)
		both.expect(t, 0)
		golden(t, "plan.txt", both.stdout)
		release := func(build string) planned {
			t.Helper()
			renamed := newSQL(t, "goose", "first", "second")
			on(db.URL, "run", "--build", build).with("MIGGUARD_CONTRACT_POLICY=manual").in(renamed).run(t).expect(t, 0)
			return on(reader, "plan", "--format", "json").in(renamed).run(t).planned(t)
		}
		if p := release("two"); len(p.Due) > 0 || len(p.Shims) != 1 || !strings.Contains(p.Shims[0].Waits, "build one") {
			t.Errorf("build one may run: %+v", p)
		}
		if p := release("three"); len(p.Migrations) > 0 || len(p.Due) != 1 || p.Due[0].Name != "public.accounts" {
			t.Errorf("%+v", p)
		}
	})
}

// TestPlanBeforeTheFirstRun judges what was there as used: nobody has said by whom.
func TestPlanBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "CREATE TABLE users (id bigint PRIMARY KEY, name text, code text)", "CREATE TABLE log (line text)", "INSERT INTO log VALUES ('a')")
		dir := t.TempDir()
		writeFile(t, dir, "migrations/001_a.up.sql", `ALTER TABLE users ADD COLUMN age integer;
			CREATE TABLE fresh (id integer); ALTER TABLE users RENAME TO people;`)
		writeFile(t, dir, "migrations/002_b.up.sql", "CREATE TABLE other (id integer); TRUNCATE log;")
		before := wholeCatalog(t, db)
		r := on(db.URL, "plan", "--format", "json").in(dir).run(t)
		plan := r.planned(t)
		sameCatalog(t, before, wholeCatalog(t, db))
		foreseen := map[string]string{}
		var got []string
		for _, m := range plan.Migrations {
			for _, s := range m.Statements {
				got, foreseen[s.Text] = append(got, s.Verdict), s.Verdict
			}
		}
		if want := "allow allow shim allow refuse"; strings.Join(got, " ") != want || r.code != 77 {
			t.Errorf("%v, want %s; exit status %d\n%s", got, want, r.code, r.stdout)
		}
		ran := on(db.URL, "run", "--build", "one", "--format", "json").in(dir).run(t).planned(t)
		for _, s := range ran.Statements {
			if said := foreseen[s.Text]; said != s.Verdict && said != "" {
				t.Errorf("the plan said %s, and the run did %+v", said, s)
			}
			delete(foreseen, s.Text)
		}
		if len(foreseen) > 0 {
			t.Errorf("the run knows nothing of %v", foreseen)
		}
	})
}

// TestPlanOfRails lists what Rails has not recorded.
func TestPlanOfRails(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	on(db.URL, "run").in(newRails(t, "first")).run(t).expect(t, 0)
	for dir, want := range map[string]int{newRails(t, "first"): 0, newRails(t, "first", "second", "third"): 2} {
		p := on(db.URL, "plan", "--format", "json").in(dir).run(t).planned(t)
		if len(p.Migrations) != want || p.Unknown != want || want > 0 && (p.Migrations[0].File != "db/migrate/20260201000001_rename_accounts.rb" || p.Migrations[0].Unread == "") {
			t.Errorf("%+v", p)
		}
	}
}

// TestPlanOfMaintenance: what the policy allows under maintenance mode is no
// refusal where that can be had.
func TestPlanOfMaintenance(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	s.migrate(t, "one", "CREATE TABLE users (id int, note text)", 0)
	s.rollOut(t)
	app := newApp(t)
	writeFile(t, app, "migguard.toml", "[policy]\nrenamed-column = ['maintenance']\n")
	writeFile(t, app, "migrations/001_a.up.sql", "ALTER TABLE users RENAME COLUMN note TO label")
	for key, want := range map[string]string{"": "maintenance", "HEROKU_API_KEY=": "refuse"} {
		r := s.call("plan", "--format", "json").in(app).with(key).run(t)
		p := r.planned(t)
		if got := p.Migrations[0].Statements[0].Verdict; got != want || (r.code == 77) != (want == "refuse") {
			t.Errorf("%s %s, exit status %d\n%s", key, got, r.code, r.stdout)
		}
	}
	s.call("plan").in(app).run(t).says(t, "1 statement would need maintenance mode.")
	for _, words := range []string{"x", "--", "--format yaml"} {
		s.call(append([]string{"plan"}, strings.Fields(words)...)...).in(app).run(t).expect(t, 64)
	}
	s.call("plan").in(newApp(t)).run(t).expect(t, 64, "no migration command found")
}

// TestPlanOfLargeTables says how long tasks may take.
func TestPlanOfLargeTables(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	app := newApp(t)
	writeFile(t, app, "migrations/001_a.up.sql", "CREATE TABLE visits (id int PRIMARY KEY, page text, n int)")
	on(db.URL, "run", "--build", "one").in(app).run(t).expect(t, 0)
	db.Exec(t, "INSERT INTO visits SELECT g, repeat('x', 100), 1 FROM generate_series(1, 150000) g", "ANALYZE")
	writeFile(t, app, "migrations/002_b.up.sql", "CREATE INDEX ON visits (page); ALTER TABLE visits ADD CONSTRAINT positive CHECK (n > 0), ADD CONSTRAINT few CHECK (n < 9); COMMENT ON TABLE visits IS ''")
	writeFile(t, app, "migguard.toml", "[policy]\nrejected-write = 'allow'\n")
	r := on(db.URL, "plan", "--format", "json").in(app).run(t)
	all := r.planned(t).Migrations[0].Statements
	if len(all) != 3 || all[0].Takes == nil || all[0].Takes.Least != 1 || all[0].Takes.Most != 2 || all[0].Takes.Of != "20 MB" ||
		all[1].Takes == nil || all[1].Takes.Least != 2 || all[2].Takes != nil {
		t.Errorf("%s", r.stdout)
	}
	on(db.URL, "plan").in(app).run(t).says(t, "after the commit, for some 1s to 2s (20 MB)")
}
