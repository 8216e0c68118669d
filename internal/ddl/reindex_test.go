package ddl

import "testing"

func TestWriteReindex(t *testing.T) {
	t.Parallel()
	of := Name{Schema: "s", Name: "T"}
	for sql, want := range map[string]string{
		"reindex table t":           `REINDEX (CONCURRENTLY) TABLE s."T"`,
		"reindex index x":           `REINDEX (CONCURRENTLY) INDEX s."T"`,
		"reindex (verbose) table t": `REINDEX (CONCURRENTLY, VERBOSE) TABLE s."T"`,
		"reindex (concurrently false, verbose off) index x": `REINDEX (CONCURRENTLY, VERBOSE OFF) INDEX s."T"`,
	} {
		got, err := WriteReindex(sql, of)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", sql, got, err, want)
		}
	}
	for _, sql := range []string{"reindex schema s", "reindex database d", "reindex (tablespace x) table t", "reindex table t; select 1", "select 1", "reindex", ""} {
		if got, err := WriteReindex(sql, of); err == nil {
			t.Errorf("%q: %s", sql, got)
		}
	}
}
