package release_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// modelMigrations rename the table of a model and change it then.
var modelMigrations = []string{
	"alter table if exists m# rename to k#",
	"alter table k# add if not exists more int",
	"begin; alter table k# alter n set default 'z'; alter table k# add if not exists again int; commit",
}

// Killed at any instant, a run leaves old code working, with each partitioned table and
// its record or neither, and the next run carries on to the same end.
func TestParentKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	old := db.Connect(t)
	var whole time.Duration
	stood := map[string]int{} // with these columns when it was killed
	for i := range crashes/2 + 1 {
		numbered := func(sql string) string { return strings.ReplaceAll(sql, "#", strconv.Itoa(i)) }
		db.Exec(t, numbered("create table m# (id bigserial primary key, n text)"))
		cmd := start(t, db, i, victimModels+"=1")
		kill := patience // the first one is left alone
		if i > 0 {
			kill = rand.N(whole)
		}
		inserts, took := useUntilEnd(t, old, cmd, kill, numbered("insert into m# (n) values ('x') returning *"), numbered("update m# set n = 'y' where id = 1"))
		if i == 0 {
			whole = took
		}
		if got := db.Value(t, disagreeing); got != "0" {
			t.Fatalf("crash %d: %s shims without a record, or records without a shim", i, got)
		}
		stood[db.Value(t, numbered("select relkind::text || ' ' || relnatts from pg_class where oid = 'm#'::regclass"))]++
		if err := start(t, db, i, victimModels+"=1").Wait(); err != nil {
			t.Fatal(err)
		}
		if got := db.Value(t, numbered("select relkind::text || ' ' || relnatts || ' ' || (select count(*) from k#) from pg_class where oid = 'm#'::regclass")); got != "p 4 "+strconv.Itoa(inserts) {
			t.Errorf("crash %d: %s, of %d rows", i, got, inserts)
		}
	}
	t.Logf("runs by what they had made: %v", stood)
	if len(stood) < 2 {
		t.Errorf("all were killed at the same point: %v", stood)
	}
}

// A statement that waits for the lock of the rename, or of a change after it, prepared or
// not, finds the partitioned table when it gets it.
func TestParentUnderWaiters(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"rename": "alter table orders rename to purchases",
		"change": "alter table purchases alter n set default 9",
		"back":   "alter table purchases rename to orders",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, modelled)
				if name != "rename" {
					b.run(t, "alter table orders rename to purchases")
				}
				var old []*workload
				for range 4 {
					old = append(old, prepared(t, db.Connect(t), "orders"))
				}
				b.meetsWaiters(t, old, "update orders set n = default returning *", sql)
			})
		})
	}
}

// Who writes through the old name holds that while it waits for the table. A migration
// that keeps it from writing takes the old name first, or the two would wait for each other
// when it goes on.
func TestParentIsLockedFirst(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, modelled)
		b.run(t, "alter table orders rename to purchases")
		b.run(t, "begin", "create index on purchases (late)")
		waiting := make(chan error)
		go func() {
			_, err := b.old.PgConn().Exec(context.WithoutCancel(t.Context()), "insert into orders default values").ReadAll()
			waiting <- err
		}()
		await(t, db, "select count(*) = 1 from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database() and relation = 'orders'::regclass")
		b.run(t, "alter table purchases add more int", "commit")
		if err := <-waiting; err != nil {
			t.Error(explain(err))
		}
	})
}
