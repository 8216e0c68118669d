package ddl

import (
	"errors"
	"strings"
	"testing"
)

func TestWriteIndex(t *testing.T) {
	t.Parallel()
	on := Name{Schema: "s", Name: "T"}
	for sql, want := range map[string]string{
		"create index on t (a)": `CREATE INDEX CONCURRENTLY i ON s."T" USING btree (a)`,
		"create unique index if not exists x on only t (lower(a) desc)": `CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY s."T" USING btree (lower(a) DESC)`,
		"create index j on t (a) where b > 'x'":                         `CREATE INDEX CONCURRENTLY i ON s."T" USING btree (a) WHERE b > 'x'`,
	} {
		got, err := WriteIndex(sql, IndexForm{On: on, Index: "i", Concurrently: true})
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", sql, got, err, want)
		}
	}
	for _, sql := range []string{"select 1", "create index on t (a); select 1", "create schema s create table t (a int) create index on t (a)", ""} {
		if got, err := WriteIndex(sql, IndexForm{On: on, Index: "i"}); err == nil {
			t.Errorf("%q: %s", sql, got)
		}
	}
	var syntax *SyntaxError
	if _, err := WriteIndex("create index on", IndexForm{}); !errors.As(err, &syntax) {
		t.Error(err)
	}
}

// Where the name cannot be told there is none. The server's own names are
// compared in package release.
func TestIndexNameUnknown(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"create index on t (lower(a))", "create index on t (a, a)", "create index on t (a) include (a)", "drop index i"} {
		if got := IndexName(sql, "t"); got != "" {
			t.Errorf("%s: %s", sql, got)
		}
	}
	if got := IndexName("create index on t ("+strings.Repeat("a", 63)+")", strings.Repeat("t", 63)); len(got) != 63 {
		t.Errorf("%s has %d bytes", got, len(got))
	}
}
