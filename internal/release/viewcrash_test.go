package release_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// viewCrashes is how many runs are killed, unless MIGGUARD_TEST_KILLS says it.
const viewCrashes = 12

// viewMigrations drop views that running code uses: alone, with the views on it, one by one,
// and before the table and the column that it reads. The last one takes its own again. A runner
// without a record of its own can send them as often as it likes; # is the number of the views.
var viewMigrations = []string{
	"drop view v#",
	"begin; drop view base# cascade; create table if not exists later# (id int); commit",
	"begin; drop view top#; drop view if exists mid#; drop view if exists low#; commit",
	"begin; drop view of_u#; drop table if exists u#; commit",
	"begin; drop view of_n#; alter table t# drop column if exists n; commit",
	"begin; drop view again#; create view again# as select id from t# where id > 0; commit",
}

// readViews is what there is of the views of a number.
const readViews = `select (select string_agg(c.relname || pg_get_viewdef(c.oid), ' ' order by c.relname) from pg_class c where relkind = 'v' and relname ~ '\D#$')`

// deferredViews counts the records of views that are not there.
const deferredViews = `select count(*) from migguard.deferred d left join pg_class c on c.oid = d.relation and c.relkind = 'v'
	where kind = 'drop-view' and closed_at is null and (c.oid is null or c.relname <> d.table_name)`

// Killed at any instant, a run that drops views leaves each as it was, with code that reads it
// and writes through it never failing, and with a record of it or none. The next run carries
// on, and when no code needs them all are gone.
func TestDroppedViewKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	old := db.Connect(t)
	kills, crashes := 0, numberIn(t, "MIGGUARD_TEST_KILLS", viewCrashes)
	staying := map[string]int{} // after a kill, by how many views are on record
	var whole time.Duration
	for i := 0; kills < crashes && i < 3*crashes; i++ {
		numbered := func(sql string) string { return strings.ReplaceAll(sql, "#", strconv.Itoa(i)) }
		db.Exec(t, numbered(`create table t# (id int primary key, n text); insert into t# values (1, 'x'); create table u# (id int);
			create view v# as select id from t#; create view base# as select id from t#; create view dep# as select id from base#;
			create view low# as select id from t#; create view mid# as select id from low#; create view top# as select id from mid#;
			create view of_u# as select id from u#; create view of_n# as select id, n from t#; create view again# as select id from t#`))
		was := db.Value(t, numbered(readViews))
		if _, err := old.Exec(t.Context(), numbered("prepare p# as select id, n from of_n#")); err != nil {
			t.Fatal(err)
		}
		cmd := start(t, db, i, victimViews+"=1")
		kill := patience // the first one is left alone
		if i > 0 {
			kill = rand.N(whole)
		}
		_, took := useUntilEnd(t, old, cmd, kill, numbered("select * from v#; insert into v# values (2); delete from v# where id = 2"), numbered("select id from dep#; select id from base#"),
			numbered("select id from top#; select id from mid#; select id from low#"), numbered("select id from of_u#; select id from u#"), numbered("execute p#"), numbered("select id from again#"))
		if i == 0 {
			whole = took
		} else if cmd.ProcessState.ExitCode() < 0 {
			kills++
			staying[db.Value(t, numbered("select count(*) from migguard.deferred where closed_at is null and kind = 'drop-view' and table_name ~ '\\D#$'"))]++
		}
		same := func(when string) {
			if now := strings.ReplaceAll(db.Value(t, numbered(readViews)), numbered("\n  WHERE (t#.id > 0)"), ""); strings.ReplaceAll(now, numbered("\n  WHERE (id > 0)"), "") != was {
				t.Errorf("crash %d, %s: %s\nwas %s", i, when, now, was)
			}
			if n := db.Value(t, deferredViews); n != "0" {
				t.Errorf("crash %d, %s: %s records of no view", i, when, n)
			}
		}
		same("killed")
		if err := start(t, db, i, victimViews+"=1").Wait(); err != nil {
			t.Fatalf("crash %d: %v", i, err)
		}
		same("done")
		if _, err := old.Exec(t.Context(), numbered("execute p#; select count(*) from dep#, top#, of_u#, again#")); err != nil {
			t.Errorf("crash %d: %s", i, explain(err))
		}
		const want = "base# dep# low# mid# of_n# of_u# top# u# v# t#.n"
		got := db.Value(t, numbered("select string_agg(concat_ws('.', table_name, column_name), ' ' order by column_name nulls first, table_name) from migguard.deferred where closed_at is null and table_name ~ '\\D?#$' and table_name !~ '\\d#'"))
		if got != numbered(want) {
			t.Errorf("crash %d: %s stays, want %s", i, got, numbered(want))
		}
	}
	t.Logf("%d kills, a run took %v; kills by how many views stayed: %v", kills, whole, staying)
	if kills == 0 {
		t.Error("nobody was killed")
	}
	for _, build := range []string{"three", "four", "five"} { // the last two may run
		if ended, out := doWith(t, db, forgetful(), build, &judge.Policy{}, "select 1"); ended.Exit != 0 {
			t.Fatalf("%s: %+v\n%s", build, ended.Report, out)
		}
	}
	const left = `select concat_ws(' ', (select string_agg(relname, ' ') from pg_class where relnamespace = 'public'::regnamespace and (relkind = 'v' and relname !~ '^again' or relname ~ '^u\d')),
		(select string_agg(attrelid::regclass::text, ' ') from pg_attribute where attname = 'n' and attrelid::regclass::text ~ '^t\d'), (select count(*) from migguard.deferred where closed_at is null))`
	if got := db.Value(t, left); got != "0" {
		t.Errorf("left: %s", got)
	}
}
