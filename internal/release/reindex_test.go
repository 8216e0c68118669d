package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// built are tables with indexes, and a schema of them.
const built = `create table a (id int primary key, n text); insert into a values (1, 'n'); create index i on a (n);
	create table few (id int primary key);
	create schema s; create table s.a (id int primary key); insert into s.a values (1);
	create table s.p (id int primary key) partition by range (id); create table s.p1 partition of s.p default; insert into s.p values (1)`

func TestBlockingReindex(t *testing.T) {
	t.Parallel()
	blocks(t, "MG005", map[string]blocking{
		"index":    {built, "reindex index i", "insert into a values (2) on conflict do nothing"},
		"table":    {built, "reindex (verbose) table a", "insert into a values (2) on conflict do nothing"},
		"planning": {built, "reindex index a_pkey", "select * from a where id = 1"},
	})
	frees(t, options{}, map[string]blocking{"small": {built, "reindex index i; reindex table a", "select * from a"}})
	frees(t, options{large: true}, map[string]blocking{
		"empty": {built, "reindex table few", "select * from few"},
		"new":   {built, "create table n (id int primary key); insert into n values (1); reindex table n; reindex index n_pkey", ""},
	})
}

// REINDEX of a schema or the database is refused for each large table there is in
// it, and passes by exceptions for these.
func TestReindexOfAll(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"blocking-index:s.a"}}, built)
		if e := b.fails(t, "MG005", "reindex schema s"); !strings.Contains(e.Message, "s.p1") || strings.Contains(e.Detail, "objects") {
			t.Error(explain(e))
		}
		if e := b.fails(t, "MG005", "reindex schema public"); !strings.Contains(e.Message, " a,") || !strings.Contains(e.Hint, "REINDEX SCHEMA CONCURRENTLY") {
			t.Error(explain(e))
		}
		b.fails(t, "MG005", "reindex database "+db.Name)
		b.fails(t, "MG005", "reindex system "+db.Name)
		b.fails(t, "MG005", "reindex table s.p")
		b.run(t, "reindex schema concurrently s", "reindex table concurrently a")
		b.end(t, "succeeded")
		b.start(t, options{})
		b.run(t, "reindex schema public", "reindex system "+db.Name, "reindex database "+db.Name, "reindex table s.p", "reindex index s.p_pkey")
	})
}
