package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What stores a table in another way waits for an answer; what asks for the way it is
// stored in has nothing to do.
func TestBlockingStorage(t *testing.T) {
	t.Parallel()
	const (
		logged   = "create table a (id int, n int constraint k check (n > 0)); insert into a values (1, 1);"
		unlogged = "create unlogged table a (id int); insert into a values (1);"
		read     = "select * from a"
	)
	blocks(t, "MG007", map[string]blocking{
		"unlogged": {logged, "alter table a set unlogged", read},
		"logged":   {unlogged, "alter table a set logged", read},
		"both":     {logged, "alter table a set unlogged, set tablespace pg_default", read},
	})
	frees(t, options{large: true}, map[string]blocking{
		"logged already":       {logged, "alter table a set logged", read},
		"unlogged already":     {unlogged, "alter table a set unlogged", read},
		"there already":        {logged, "alter table a set tablespace pg_default", read},
		"valid already":        {logged, "alter table a validate constraint k, alter n set default 1", read},
		"partitioned":          {"create table a (id int) partition by range (id); create table b partition of a default; insert into a values (1);", "alter table a set tablespace pg_default", read},
		"index":                {logged + "create index i on a (id)", "alter index i set tablespace pg_default", read},
		"made, and then moved": {"", "create table c (id int); insert into c values (1); alter table c set unlogged", ""},
	})
}

// An index that is moved keeps those waiting who plan a query of its table.
func TestBlockingTablespace(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, "create table a (id int); insert into a values (1); create index i on a (id); create table few (id int); create index j on few (id)")
		b.olds(t, "set allow_in_place_tablespaces = on", "create tablespace "+db.Name+" location ''")
		b.fails(t, "MG007", "alter index i set tablespace "+db.Name)
		b.fails(t, "MG007", "alter table i set tablespace "+db.Name)
		b.run(t, "alter index j set tablespace "+db.Name, "alter index i set tablespace pg_default")
		b.fails(t, "42P01", "alter index absent set tablespace "+db.Name)
	})
}
