package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What a DO block or a function makes under the name of an index that is built later is
// taken back: it would be asked for twice, and be there once. Others it may make.
func TestIndexBeforeItsTime(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, constrained, "create function makes() returns void language plpgsql as $$ begin create index if not exists i on a (n); end $$")
		for _, sql := range []string{"do $$ begin create index i on a (n); end $$", "do $$ begin create index if not exists i on a (n); end $$", "select makes()", "do $$ begin create table i (n int); end $$"} {
			b.run(t, "begin", "create index i on a (n)")
			b.fails(t, "MG055", sql)
			b.run(t, "rollback")
		}
		b.run(t, "begin", "create index on a (n)")
		b.fails(t, "MG055", "do $$ begin create index on a (n); end $$")
		b.run(t, "rollback", "begin", "create index i on a (n)", "do $$ begin create index j on a (n); end $$", "commit", "do $$ begin create index if not exists i on a (n); end $$")
		b.end(t, ledger.Succeeded)
		if got := db.Value(t, "select string_agg(indexname, ' ' order by indexname) from pg_indexes where tablename = 'a' and schemaname = 'public'"); got != "a_pkey i j" {
			t.Error(got)
		}
		if got := db.Value(t, leftovers); got != "0 0" {
			t.Error(got)
		}
	})
}

// So is what has the name of a unique index that waits for code to be gone.
func TestIndexThatWaitsIsNotMade(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true}, constrained)
		b.run(t, "create unique index i on a (n)")
		b.fails(t, "MG057", "do $$ begin create index if not exists i on a (n); end $$")
		b.fails(t, "MG057", "do $$ begin create unique index i on a (n); end $$")
		b.run(t, "do $$ begin create index j on a (n); end $$")
		b.end(t, ledger.Succeeded)
	})
}
