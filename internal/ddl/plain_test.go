package ddl

import (
	"strings"
	"testing"
)

var plainTexts = []string{
	"SELECT 1",
	" /* app */ select * from users where id = $1; -- bye",
	`SELECT "users".* FROM "users" WHERE "users"."id" = $1 LIMIT $2`,
	"SELECT count(*), lower(name), coalesce(a, 'x;y') FROM users GROUP BY (name)",
	"SELECT rank() OVER (PARTITION BY (a) ORDER BY (b)), sum(a) FILTER (WHERE a > 1) FROM t",
	`INSERT INTO "schema_migrations" ("version") VALUES ($1) RETURNING "version"`,
	"INSERT INTO app.t (a, b) VALUES (1, 'it''s'), (2, NULL) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
	"INSERT INTO t DEFAULT VALUES",
	"UPDATE t SET a = a + 1 WHERE id IN (SELECT id FROM u WHERE x::numeric(10,2) > 1)",
	"DELETE FROM t USING u WHERE t.id = u.id AND EXISTS (SELECT 1)",
	"WITH x AS (SELECT 1) SELECT * FROM x",
	"VALUES (1), (2)",
	"TABLE users",
	"SHOW search_path;",
}

var notPlainTexts = []string{
	"", ";", "garbage", "(SELECT 1)", `"SELECT" 1`, "1",
	"SELECT 1; DROP TABLE a", "SELECT 1;;",
	"SELECT 1 INTO foo", "SELECT 1 /**/ iNTo/**/foo", "WITH x AS (SELECT 1) SELECT * INTO t FROM x",
	"SELECT f(1)", "SELECT public.lower(1)", `SELECT "lower"(1)`, "SELECT lower /**/ . f(1)",
	"SELECT drop_everything (1)", "SELECT pg_advisory_lock(1)", "SELECT nextval('s')",
	"SELECT set_config('a', 'b', false)", "SELECT query_to_xml('DROP', true, true, '')",
	"SELECT over(1)", "SELECT by(1)", "SELECT filter(1)", "SELECT a FROM b JOIN c ON conflict(1)",
	"SELECT $$x$$", "SELECT $a$ ; $a$", `SELECT '\'; DROP TABLE a; --'`, `SELECT E'\''; DROP TABLE a`,
	"SELECT \\", "SELECT 1\x00", "INSERT users VALUES (1)",
	"INSERT INTO t SELECT f(1)",
	"DO $$ $$", "CALL p()", "EXECUTE s", "SET a = 1", "BEGIN", "CREATE TABLE t (a int)",
	"EXPLAIN ANALYZE SELECT 1 INTO t", "PREPARE p AS SELECT 1", "COPY t FROM STDIN", "TRUNCATE t",
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, sql := range plainTexts {
		if !Plain(sql) {
			t.Errorf("Plain(%q) = false", sql)
		}
		// What Plain promises, by the grammar's own word.
		if s := Parse(sql); len(s) != 1 || s[0].Class != Query && s[0].Class != Session {
			t.Errorf("%q is no plain statement: %+v", sql, s)
		}
	}
	for _, sql := range notPlainTexts {
		if Plain(sql) {
			t.Errorf("Plain(%q) = true", sql)
		}
	}
}

// TestHarmlessKeywords: a word that a user's function could be called by must
// not be held for a key word.
func TestHarmlessKeywords(t *testing.T) {
	t.Parallel()
	for _, word := range strings.Fields(harmlessKeywords) {
		for _, s := range Parse("SELECT " + word + "(1, 2)") {
			for _, f := range s.Functions {
				if f.Name == word {
					t.Errorf("%q can name a function", word)
				}
			}
		}
	}
}
