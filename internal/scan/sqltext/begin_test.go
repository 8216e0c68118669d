package sqltext

import "testing"

// FuzzBegins: what an expression takes for SQL has a beginning of it.
func FuzzBegins(f *testing.F) {
	for _, seed := range []string{"select a from b", "\n(\t( Select 1", "-- x\ninsert into t", "/* x */ delete from t", "update a set b", "with x as (", "merge into t", "truncate t", "lock table t",
		"copy t from", "explain x", "prepare x as", "declare x cursor", "refresh materialized", "call x", "do $", "table t", "alter table", "drop view", "create or replace function",
		"FROM", "JOIN", "LEFT", "RIGHT", "INNER", "FULL", "CROSS", "NATURAL", "WHERE", "AND", "OR", "UNION", "EXISTS", "NOT EXISTS", "ORDER BY", "GROUP BY", "SET", "VALUES", "RETURNING",
		"ON CONFLICT", "EXCEPT", "INTERSECT", "in\u017fert into t", "\u017felect 1 from t", "loc\u212a table t", "TRUNCATE_", "OR1", "intersection", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if (statement().MatchString(text) || clause().MatchString(text)) && !begins(text) {
			t.Errorf("%q", text)
		}
	})
}
