package release_test

import "testing"

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
		"made, and then moved": {"", "create table c (id int); insert into c values (1); alter table c set unlogged", ""},
	})
}
