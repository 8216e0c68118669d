package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// digests are materialized views: d of little that reads much, u with an index
// that CONCURRENTLY can use, and some with others.
const digests = `create table a (id int primary key, n text); insert into a select g, 'n' || g % 3 from generate_series(1, 1000) g;
	create view v as select * from a;
	create materialized view d as select n, count(*) from v group by n;
	create materialized view u as select n, count(*) from v group by n; create unique index on u (n);
	create materialized view part as select n from a group by n; create unique index on part (n) where n <> '';
	create materialized view expr as select n from a group by n; create unique index on expr (lower(n));
	create materialized view plain as select n from a; create index on plain (n);
	create materialized view empty as select * from a with no data;
	create table few (id int); create materialized view one as select count(*) from few`

func TestBlockingRefresh(t *testing.T) {
	t.Parallel()
	blocks(t, "MG008", map[string]blocking{
		"no index":     {digests, "refresh materialized view d", "select * from d"},
		"partial":      {digests, "refresh materialized view part", "select * from part"},
		"expression":   {digests, "refresh materialized view expr", "select * from expr"},
		"not unique":   {digests, "refresh materialized view plain with data", "select * from plain"},
		"set function": {"create function f() returns setof int language sql as 'select 1'; create materialized view d as select * from f()", "refresh materialized view d", "select * from d"},
		"inheritance":  {"create table p (id int); create table c () inherits (p); insert into c values (1); create materialized view d as select count(*) from p", "refresh materialized view d", "select * from d"},
	})
	t.Run("rewritten", func(t *testing.T) {
		t.Parallel()
		blocks(t, "", map[string]blocking{
			"index": {digests, "refresh materialized view u", "select * from u"},
			"named": {digests + `; alter materialized view u rename to "U u"`, `refresh materialized view public."U u" with data`, `select * from "U u"`},
		})
	})
	frees(t, options{}, map[string]blocking{
		"small":   {digests, "refresh materialized view d", "select * from d"},
		"refresh": {digests, "refresh materialized view concurrently u", "select * from u"},
	})
	large := options{large: true}
	frees(t, large, map[string]blocking{
		"not populated": {digests, "refresh materialized view empty", "select * from empty"},
		"new":           {digests, "create materialized view n as select * from a; refresh materialized view n", ""},
		"concurrently":  {digests, "begin; refresh materialized view concurrently u; commit", "select * from u"},
	})
	frees(t, options{large: true, allow: []string{"blocking-refresh:d"}}, map[string]blocking{"allowed": {digests, "refresh materialized view d", "select * from d"}})
}

// What has been refreshed is what the statement would have made of it.
func TestRefreshIsTheSame(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, digests)
		b.olds(t, "insert into a values (0, 'new')")
		b.run(t, "refresh materialized view u")
		if got := db.Value(t, "select string_agg(concat_ws(' ', n, count), ',' order by n) from u"); got != "n0 333,n1 334,n2 333,new 1" {
			t.Error(got)
		}
		if e := b.fails(t, "MG008", "refresh materialized view u with no data"); !strings.Contains(e.Message, "cannot read") {
			t.Error(explain(e))
		}
		b.olds(t, "select * from u")
		b.olds(t, "drop table few cascade; create extension postgres_fdw; create server s foreign data wrapper postgres_fdw; create foreign table far (id int) server s; create materialized view from_far as select * from a where false and exists (select from far)")
		if e := b.fails(t, "MG008", "refresh materialized view from_far"); !strings.Contains(e.Detail, "not known") {
			t.Error(explain(e))
		}
	})
}

// A small view of a large table is refreshed for as long as that is large.
func TestRefreshOfMuch(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, digests, `create table p (id int) partition by range (id); create table p1 partition of p default;
			create view twice as select p.id from p join v on v.id = p.id;
			create materialized view parts as select count(*) from twice; create materialized view little as select count(*) from few;
			create materialized view of_parts as select * from parts`,
			"insert into p select generate_series(1, 20000)", "analyze")
		if e := b.fails(t, "MG008", "refresh materialized view parts"); !strings.Contains(e.Detail, "parts, with what it reads, has about 21001 rows") {
			t.Error(explain(e))
		}
		b.run(t, "refresh materialized view little", "refresh materialized view of_parts", "refresh materialized view d")
	})
}
