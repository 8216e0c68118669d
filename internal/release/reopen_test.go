package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// late are constraints that can be half there, and rows that violate them.
var late = map[string]struct{ given, sql, old, says, mend string }{
	"check":       {"", "alter table users add constraint short check (length(notes) < 4)", "insert into users values (2, 'b', 'longer')", "1 rows violate it, by id: (2)", "delete from users where id = 2"},
	"not null":    {"", "alter table users alter notes set not null", "insert into users values (2, 'b', null)", "1 rows violate it, by id: (2)", "delete from users where id = 2"},
	"foreign key": {"create table pets (id int primary key); alter table users add pet int;", "alter table users add constraint pet foreign key (pet) references pets", "insert into users values (2, 'b', 'c', 7)", "1 rows violate it, by id: (2)", "delete from users where id = 2"},
	"unique":      {"", "alter table users add constraint once unique (notes)", "insert into users values (2, 'b', 'b')", "1 values of notes are there more than once: (b)", "delete from users where id = 2"},
	"index":       {"", "create unique index once on users (lower(notes)) where id > 0", "insert into users values (2, 'b', 'B')", "1 values of (lower(notes)) are there more than once: (b)", "delete from users where id = 2"},
	"partitioned": {"create table parts (id int, notes text) partition by list (id); create table parts_1 partition of parts for values in (1); create table parts_2 partition of parts for values in (2); insert into parts values (1, 'a'), (2, 'a');",
		"create unique index once on parts (id, notes)", "insert into parts values (2, 'a')", "1 values of id, notes are there more than once: (2,a)", "delete from parts where id = 2"},
}

// Rows that come between the look for such and the end of the validation are no reason
// to fail: nothing of the constraint stays, and it waits again.
func TestViolatedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, c := range late {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{large: true, waits: true}, keepUsers, c.given)
				before := db.Value(t, enforcedShape)
				b.run(t, c.sql)
				b.end(t, ledger.Succeeded)
				b.olds(t, "begin", c.old) // which nobody else sees
				done := make(chan struct{})
				go func() {
					defer close(done)
					ended, out := doWith(t, db, nil, "three", &judge.Policy{Small: &catalog.Size{}}, "select 1")
					if ended.Exit != 0 || strings.Count(out, " waits: "+c.says) != 1 || len(ended.Report.Shims) != 1 || len(ended.Report.Dropped)+len(ended.Report.Tasks) != 0 {
						t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
					}
				}()
				await(t, db, "select count(*) > 0 from pg_locks l join pg_stat_activity a using (pid) where not granted and datname = current_database()")
				b.olds(t, "commit")
				<-done
				if got := db.Value(t, enforcedShape); got != before {
					t.Errorf("%s, want %s", got, before)
				}
				if got := db.Value(t, leftovers); got != "0 0" {
					t.Errorf("left over: %s", got)
				}
				b.olds(t, c.mend)
				ended, out := doWith(t, db, nil, "four", &judge.Policy{Small: &catalog.Size{}}, "select 1")
				if ended.Exit != 0 || len(ended.Report.Dropped) != 1 || len(ended.Report.Shims) != 0 {
					t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
				}
			})
		})
	}
}

// What a run that was killed has left half made waits again, too, whatever it had come to.
func TestHalfMadeOfKilledRun(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]string{
		"before its validation": "update migguard.withheld set closed_at = now(), done = true",
		"when it waited again":  "select 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true}, keepUsers)
				before := db.Value(t, enforcedShape)
				b.run(t, "alter table users add constraint short check (length(notes) < 4)")
				b.end(t, ledger.Succeeded)
				b.olds(t, "insert into users values (2, 'b', 'longer')", "alter table users add constraint short check (length(notes) < 4) not valid", killed, `
					insert into migguard.task (release_id, kind, relation, schema_name, table_name, object_name, sql, withheld)
					select release_id, 'validate-constraint', relation, schema_name, table_name, object_name, '', id from migguard.withheld`)
				ended, out := doWith(t, db, nil, "three", nil, "select 1")
				if ended.Exit != 0 || !strings.Contains(out, " waits: 1 rows violate it, by id: (2)") {
					t.Errorf("exit %d, %+v\n%s", ended.Exit, ended.Report, out)
				}
				if got := db.Value(t, waiting) + " " + db.Value(t, leftovers) + " " + db.Value(t, enforcedShape); got != "1 0 0 "+before {
					t.Error(got)
				}
			})
		})
	}
}
