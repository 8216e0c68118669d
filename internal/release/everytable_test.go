package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// catalogsAreSmall is a policy by which the server's own tables are, and one of 4 MB is not.
func catalogsAreSmall(p *judge.Policy) error {
	p.Small = &catalog.Size{Bytes: 3 << 20}
	return nil
}

// What names no table is judged by those that it writes anew.
func TestEveryTable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		given, sql, table string // which it is refused for; empty: it passes
	}{
		"vacuum full":          {"drop materialized view m", "vacuum full", "a"},
		"vacuum full, verbose": {"drop materialized view m", "vacuum (full, verbose)", "a"},
		"vacuum":               {"", "vacuum", ""},
		"cluster":              {"cluster a using a_pkey", "cluster", "a"},
		"cluster of none":      {"", "cluster", ""},
		"tables":               {"", "alter table all in tablespace pg_default set tablespace nope", "a"},
		"tables of others":     {"", "alter table all in tablespace pg_default owned by pg_monitor set tablespace pg_default", ""},
		"tables of the role":   {"", "alter table all in tablespace pg_default owned by pg_monitor, current_user set tablespace nope", "a"},
		"tables that stay":     {"", "alter table all in tablespace pg_default set tablespace pg_default", ""},
		"indexes":              {"", "alter index all in tablespace pg_default set tablespace nope", "a"},
		"materialized views":   {"", "alter materialized view all in tablespace pg_default set tablespace nope nowait", "m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{policy: catalogsAreSmall}, `create table a (id int primary key, n text);
					insert into a select g, repeat('n', 200) from generate_series(1, 20000) g; create materialized view m as select n from a`, tt.given)
				if tt.table == "" {
					b.run(t, tt.sql)
					return
				}
				e := b.fails(t, "MG007", tt.sql)
				if !strings.Contains(e.Message, "reading and writing "+tt.table) {
					t.Errorf("%s, want %s", e.Message, tt.table)
				}
			})
		})
	}
	t.Run("small", func(t *testing.T) {
		t.Parallel()
		pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
			b := setup(t, db, options{policy: catalogsAreSmall}, "create table a (id int primary key); cluster a using a_pkey")
			b.run(t, "vacuum full", "cluster")
			b.fails(t, "42704", `alter table all in tablespace "100%d '" owned by "100%s" set tablespace nope`)
		})
	})
}
