package ddl

import (
	"reflect"
	"testing"
)

// FuzzParts: the statements are those of Parse, and each needs what it needs by itself.
func FuzzParts(f *testing.F) {
	for _, seed := range []string{
		"", " ; -- x", "SELECT a FROM t; BEGIN; UPDATE t SET b = 1 WHERE c = $1;\n-- name: x\nINSERT INTO u (a) VALUES (1) ON CONFLICT (a) DO NOTHING; SET x = 1",
		"SELECT a FROM t WHERE b = ?; DELETE FROM t; \\d", "SELECT 'x", "CREATE TABLE t (a int); DROP TABLE u", "DO $$ x $$; TRUNCATE a, b", "SELECT \x00", "\xff",
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; TABLE t", "/* é */ SELECT é FROM ü; COPY t (a) FROM STDIN; WITH x AS (SELECT 1) TABLE x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		statements, parts := Parse(sql), Parts(sql)
		if len(statements) != len(parts) {
			t.Fatalf("%d statements, %d parts", len(statements), len(parts))
		}
		for i, s := range statements {
			p := parts[i]
			if p.Text != s.Text || p.Span != s.Span || p.Class != s.Class || (p.Err == nil) != (s.Err == nil) {
				t.Errorf("%q: %+v, want %+v", s.Text, p, s)
			}
			if p.Err != nil {
				continue
			}
			if want, err := NeedsOf(p.Text); err != nil || !reflect.DeepEqual(p.Uses, want) {
				t.Errorf("%q: %+v, alone %+v, %v", p.Text, p.Uses, want, err)
			}
		}
	})
}
