package ddl

import "testing"

func TestAnalysable(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"select now() - interval $1":                           "SELECT now() - $1::interval",
		"select extract($1 from t.at) from t":                  `SELECT pg_catalog."extract"($1, t.at) FROM t`,
		"prepare p as select a from t where b = $1":            "SELECT a FROM t WHERE b = $1",
		"copy (select a from t) to stdout":                     "SELECT a FROM t",
		"copy s.t (a, \"B\") from stdin with (format binary);": `SELECT a, "B" FROM s.t TABLESAMPLE pg_catalog.system (0)`,
		"copy t from stdin":                                    "SELECT FROM t TABLESAMPLE pg_catalog.system (0)",
		"truncate t, only s.u restart identity":                "SELECT FROM t TABLESAMPLE pg_catalog.system (0), s.u TABLESAMPLE pg_catalog.system (0)",
		"lock table t in share mode":                           "SELECT FROM t",
		"declare c cursor for select a from t where b = $1":    "DECLARE c CURSOR FOR SELECT a FROM t WHERE b = $1",
	} {
		if got, err := Analysable(sql); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", sql, got, err, want)
		}
	}
	for _, sql := range []string{"", "select ?", "select 1; select 2", "call f("} {
		if got, err := Analysable(sql); err == nil {
			t.Errorf("%q: %q", sql, got)
		}
	}
}
