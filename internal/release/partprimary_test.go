package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// partitionKeys are the constraints of the one partition: name, kind, whether it is its
// own, how often inherited.
const partitionKeys = `select string_agg(concat_ws(' ', conname, contype, conislocal, coninhcount), ', ' order by contype, conname)
	from pg_constraint where conrelid = 'part'::regclass and contype in ('n', 'p', 'u')`

// Why a primary key of a large partitioned table is refused from PostgreSQL 18 on: what
// spares the building of the partitions' indexes under a lock leaves another catalog than
// the statement itself. A key that a partition gets first makes its NOT NULL its own
// (ATExecSetNotNull, src/backend/commands/tablecmds.c), and only ATTACH takes that back
// (MergeConstraintsIntoExisting), for which it has to be detached: that drops what it has
// from foreign keys, triggers and identity columns, and locks all. A UNIQUE constraint
// stays one under the table's primary key.
func TestPrimaryKeyOfPartitionsFirst(t *testing.T) {
	t.Parallel()
	const key, notNull = "part_pkey p f 1", "whole_id_not_null n f 1, "
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		if db.Major < 18 {
			return // NOT NULL is no constraint
		}
		const first = "create unique index part_pkey on part (id); alter table part add primary key using index part_pkey"
		for _, c := range []struct{ name, sql, want string }{
			{"as it is sent", "alter table whole add primary key (id)", notNull + key},
			{"the partition first", first + "; alter table whole add primary key (id)", "whole_id_not_null n t 1, " + key},
			{"then attached", "alter table only whole add primary key (id); " + first + "; alter index whole_pkey attach partition part_pkey", "whole_id_not_null n t 1, " + key},
			{"a unique constraint first", "create unique index part_pkey on part (id); alter table part add unique using index part_pkey; alter table whole add primary key (id)", notNull + "part_pkey u f 1"},
			{"detached between", first + "; alter table whole add primary key (id); alter table whole detach partition part; alter table whole attach partition part default", notNull + key},
		} {
			d := db.Server.NewDB(t)
			d.Exec(t, "create table whole (id int not null) partition by range (id); create table part partition of whole default", c.sql)
			if got := d.Value(t, partitionKeys); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	})
}
