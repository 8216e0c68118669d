package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Under folded two texts are equal that differ in case.
const comparedKeys = `create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	create type pair as (n numeric);
	create table t (id int primary key, n text collate folded, p pair, c text);
	create unique index t_n on t (n collate "C"); create unique index t_p on t (p record_image_ops); create unique index t_c on t (c text_pattern_ops);
	insert into t values (1, 'a', '(1.0)', 'c')`

// An index that takes for different what another one takes for equal is no reason to
// think that running code cannot violate that.
func TestKeysComparedOtherwise(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql, verdict, old string
	}{
		"a collation":                  {"create unique index x on t (n)", "shim", "insert into t (id, n) values (2, 'A')"},
		"a collation, as a constraint": {"alter table t add unique (n)", "shim", "insert into t (id, n) values (2, 'A')"},
		"an operator class":            {"create unique index x on t (p)", "shim", "insert into t (id, p) values (2, '(1.00)')"},
		"the same equality":            {"create unique index x on t (c)", "allow", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true}, comparedKeys)
				b.run(t, tt.sql)
				if verdicts, _ := b.Recorded(); strings.Join(verdicts, " ") != tt.verdict {
					t.Errorf("%v, want %s", verdicts, tt.verdict)
				}
				b.olds(t, tt.old)
			})
		})
	}
}

// Nor does it take the place of one that ON CONFLICT of running code counts on.
func TestArbitersComparedOtherwise(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql []string
		old string
	}{
		"named collation": {[]string{"begin", "drop index t_n", "create unique index x on t (n)", "commit"}, `insert into t (id, n) values (2, 'a') on conflict (n collate "C") do nothing`},
		"named class":     {[]string{"begin", "drop index t_c", "create unique index x on t (c)", "commit"}, "insert into t (id, c) values (2, 'c') on conflict (c text_pattern_ops) do nothing"},
		"finer":           {[]string{"create unique index y on t (n)", "begin", "drop index t_n", "drop index y", `create unique index x on t (n collate "C")`, "commit"}, "insert into t (id, n) values (2, 'A') on conflict (n) do nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, comparedKeys)
				b.refusedAtLast(t, "MG031", tt.sql)
				b.olds(t, tt.old)
			})
		})
	}
	t.Run("the same equality", func(t *testing.T) {
		t.Parallel()
		pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
			b := setup(t, db, options{}, comparedKeys, "drop index t_c; create unique index t_c on t (c)")
			b.run(t, "begin", "drop index t_c", "create unique index x on t (c text_pattern_ops)", "commit")
			b.olds(t, "insert into t (id, c) values (2, 'c') on conflict (c) do nothing")
		})
	})
}
