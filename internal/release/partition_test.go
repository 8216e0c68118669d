package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// parted is a partitioned table with a DEFAULT partition, and a table that may
// become another one.
const parted = `create table ref (n text primary key); insert into ref values ('n');
	create table p (id int not null, n text) partition by range (id); create table p1 partition of p for values from (2000) to (3000);
	create table d partition of p default; insert into p values (5000, 'n');
	create table old (gone int, id int not null, n text); alter table old drop gone; insert into old values (1, 'n');`

const (
	attachOld = "alter table p attach partition old for values from (0) to (1000)"
	createNew = "create table made partition of p for values from (0) to (1000)"
	oldProves = "alter table old add check (id >= 0 and id < 1000);"
	dProves   = "alter table d add check (id < 0 or id >= 1000);"
	implied   = parted + oldProves + dProves
)

// newPartitions are ways to get one, and what is read for it: o for old, d for
// the DEFAULT partition, as the servers do it. Where more is said to be read than
// is, that stands behind a slash.
var newPartitions = map[string]struct{ before, sql, read string }{
	"attach":               {parted, attachOld, "od"},
	"attach, proven":       {implied, attachOld, ""},
	"attach, half":         {parted + oldProves, attachOld, "d"},
	"attach, other half":   {parted + dProves, attachOld, "o"},
	"create":               {parted, createNew, "d"},
	"create, proven":       {implied, createNew, ""},
	"narrower":             {implied, "alter table p attach partition old for values from (1) to (1000)", "o"},
	"not valid":            {parted + dProves + "alter table old add check (id >= 0 and id < 1000) not valid", attachOld, "o"},
	"may be null":          {implied + "alter table p alter id drop not null; alter table old alter id drop not null; alter table d alter id drop not null", attachOld, "o"},
	"null is checked":      {implied + "alter table p alter id drop not null; alter table old alter id drop not null; alter table old add check (id is not null)", attachOld, ""},
	"index":                {implied + "create index on p (n)", attachOld, "o"},
	"index, both":          {implied + "create index on p (n); create index on old (n)", attachOld, ""},
	"index, other":         {implied + "create index on p (n); create index on old (id)", attachOld, "o"},
	"index, invalid":       {implied + "create index on p (n); create index i on old (n); update pg_index set indisvalid = false where indexrelid = 'i'::regclass", attachOld, "o"},
	"primary key":          {implied + "alter table p add primary key (id); create unique index on old (id)", attachOld, "o"},
	"primary key, both":    {implied + "alter table p add primary key (id); alter table old add primary key (id)", attachOld, ""},
	"foreign key":          {implied + "alter table p add foreign key (n) references ref", attachOld, "o"},
	"foreign key, both":    {implied + "alter table p add foreign key (n) references ref; alter table old add foreign key (n) references ref", attachOld, ""},
	"foreign key, cascade": {implied + "alter table p add foreign key (n) references ref; alter table old add foreign key (n) references ref on delete cascade", attachOld, "o"},
	"default":              {parted + "drop table d", "alter table p attach partition old default", "o"},
	"default, proven":      {parted + "drop table d; alter table old add check (id < 2000)", "alter table p attach partition old default", "/o"},
	"default alone":        {parted + "drop table d, p1", "alter table p attach partition old default", ""},
	"create default":       {parted + "drop table d", "create table made partition of p default", ""},
	"of a partition":       {implied + "create table top (id int not null, n text) partition by range (id); alter table top attach partition p for values from (-1) to (9000)", attachOld, "/o"},
	"attached is parted": {parted + dProves + "drop table old; create table old (id int not null, n text, check (id >= 0 and id < 1000)) partition by list (n); create table o1 partition of old default; insert into old values (1, 'n')",
		attachOld, ""},
	"default is parted": {implied + "drop table d; create table d partition of p default partition by list (n); create table d1 partition of d default; insert into p values (5000, 'n'); alter table d1 add check (id < 0 or id >= 1000)",
		attachOld, "/d"},
	"expression": {"create table p (id int not null, n text) partition by range ((id + 1), lower(n)); create table d partition of p default; insert into p values (5000, 'n'); create table old (like p); insert into old values (1, 'n');" +
		"alter table old add check (id + 1 is not null and lower(n) is not null and id + 1 > 0 and id + 1 < 9)", "alter table p attach partition old for values from (1, minvalue) to (9, minvalue)", "od"},
	"hash": {"create table p (id int not null) partition by hash (id); create table old (id int not null); insert into old select i from generate_series(1, 9) i where satisfies_hash_partition('p'::regclass, 1, 0, i)",
		"alter table p attach partition old for values with (modulus 1, remainder 0)", "o"},
	"identity, generated": {parted + "alter table p add g int generated always as (id * 2) stored; alter table old add g int generated always as (id * 2) stored;" + oldProves + dProves +
		"alter table p alter n set default 'x'; create statistics st on id, n from old", attachOld, ""},
}

// What is read for a new partition is foretold.
func TestPartitionIsForetold(t *testing.T) {
	t.Parallel()
	for name, c := range newPartitions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{large: true}, c.before)
				scanned := func(table string) (n int) {
					t.Helper()
					err := b.old.QueryRow(t.Context(), `select coalesce(sum(pg_stat_get_xact_numscans(c.oid)), 0)::int from pg_class c
						where c.oid = to_regclass($1) or c.oid in (select inhrelid from pg_inherits where inhparent = to_regclass($1) and $1 <> 'p')`, table).Scan(&n)
					if err != nil {
						t.Fatal(err)
					}
					return n
				}
				b.olds(t, "begin", c.sql)
				really := ""
				for _, table := range []string{"old", "d"} {
					if scanned(table) > 0 {
						really += table[:1]
					}
				}
				b.olds(t, "rollback")
				real, said, more := strings.Cut(c.read, "/")
				if really != real {
					t.Errorf("%s: the server reads %q", c.sql, really)
				}
				if !more {
					said = real
				}
				b.run(t, "begin")
				_, err := b.client.PgConn().Exec(t.Context(), c.sql).ReadAll()
				refused := b.verdicts()[0] == "refuse"
				if refused != (said != "") {
					t.Errorf("%s: %s, and the server reads %q", c.sql, explain(err), really)
				}
				b.run(t, "rollback")
				if said == "" {
					return
				}
				e := b.fails(t, "MG009", c.sql)
				for _, table := range []string{"old", "d"} {
					if one := strings.Contains(e.Hint, "--allow blocking-partition:"+table); one != strings.Contains(said, table[:1]) {
						t.Error(explain(e))
					}
				}
			})
		})
	}
}

func TestBlockingPartition(t *testing.T) {
	t.Parallel()
	blocks(t, "MG009", map[string]blocking{
		"attached":    {parted + dProves, attachOld, "select * from old"},
		"default":     {parted + oldProves, attachOld, "insert into p values (7000, 'n')"},
		"create":      {parted, createNew, "select * from d"},
		"create, all": {parted, createNew, "select * from p where id = 2000"},
	})
	frees(t, options{}, map[string]blocking{
		"small":         {parted, attachOld, "select * from old"},
		"small, create": {parted, createNew, "select * from d"},
	})
	frees(t, options{large: true}, map[string]blocking{
		"proven": {implied, attachOld, "select * from p"},
		"new":    {parted + dProves, "create table n (like p); insert into n values (1, 'n'); alter table p attach partition n for values from (0) to (1000)", "select * from p"},
		"there":  {parted, strings.Replace(createNew, "table made", "table if not exists p1", 1), "select * from p"},
	})
	frees(t, options{large: true, allow: []string{"blocking-partition:old", "blocking-partition:d"}}, map[string]blocking{"allowed": {parted, attachOld, "select * from p"}})
}

const kin = "create table kin (id int); create table kid () inherits (kin); insert into kid values (1);"

func TestDetachedPartition(t *testing.T) {
	t.Parallel()
	const old, write = "select 1 / count(*) from p where id = 5000", "insert into p values (2000, 'n')"
	all := map[string]breaking{
		"one":     {before: parted, sql: "alter table p detach partition d", old: old, code: "22012"},
		"written": {before: parted + "drop table d", sql: "alter table p detach partition p1", old: write, code: "23514"},
		"child":   {before: kin, sql: "alter table kid no inherit kin", old: "select 1 / count(*) from kin", code: "22012"},
	}
	breaks(t, "MG019", all)
	allowed(t, "detached-partition:d", all["one"])
	frees(t, options{}, map[string]blocking{
		"new":    {parted, "create table p2 partition of p for values from (0) to (9); alter table p detach partition p2", old},
		"child":  {kin, "create table made () inherits (kin); alter table made no inherit kin; alter table kid inherit made; alter table kid no inherit made", "select 1 / count(*) from kin"},
		"parent": {parted, "create table n (id int not null, n text) partition by range (id); alter table n attach partition old default; alter table n detach partition old", old},
	})
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, parted+"drop table d")
		b.fails(t, "MG019", "alter table p detach partition p1 concurrently")
		b.olds(t, write)
		if got := b.verdicts(); !slices.Equal(got, []string{"refuse"}) {
			t.Error(got)
		}
	})
}
