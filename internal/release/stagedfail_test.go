package release_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Rows that break a constraint are found before anything is changed, and the
// error has the server's code.
func TestConstraintErrorsAtOnce(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, constrained+"; insert into a values (0, null, null, 99, null); insert into parts values (2, null)")
		before := db.Value(t, constraintState)
		for sql, code := range map[string]string{
			"alter table a add constraint c check (id > 0)":                                          "23514",
			"alter table a add check (id > 0), add x int":                                            "23514",
			"alter table a alter n set not null":                                                     "23502",
			"alter table parts alter n set not null":                                                 "23502",
			"alter table a add constraint f foreign key (other_id) references other":                 "23503",
			"alter table a add foreign key (other_id) references other (id) on delete cascade":       "23503",
			"alter table a add foreign key (other_id) references nope":                               "42P01",
			"alter table a add check (nope > 0)":                                                     "42703",
			"alter table a alter nope set not null":                                                  "42703",
			"alter table a add constraint a_pkey check (d > '-infinity' or id < 1)":                  "42710",
			"alter table a add x int default 99 references other":                                    "23503",
			"alter table a add x int default 1 check (x > 1)":                                        "23514",
			"alter table a add x int check (x is not null)":                                          "23514",
			"alter table a add x int default 1 check (x > id + 1)":                                   "23514",
			"alter table a add x int default 1 check (x > id), add y text check (y <> '' or id > 7)": "23514",
			"alter table a validate constraint typo, add check (other_id > 0)":                       "42704",
			"alter table a add exclude (id with =)":                                                  "MG006",
			"alter table a add constraint u unique (nope)":                                           "42703",
			"alter table a add constraint other unique (id)":                                         "MG006",
			"alter table a add primary key (n)":                                                      "42P16",
			"alter table s.a add primary key (id)":                                                   "MG006",
			"alter table a drop column d, add check (other_id > 0)":                                  "MG004",
			"alter table a alter d drop not null, add check (other_id > 0), drop constraint a_pkey":  "",
		} {
			if code == "" {
				b.run(t, "begin", sql, "rollback")
				continue
			}
			b.fails(t, code, sql)
			b.run(t, "begin")
			b.fails(t, code, sql)
			b.run(t, "rollback")
		}
		for _, sql := range []string{"alter table a add x int, alter x set not null", "alter table a add check (id > 0)", "alter table a alter x set not null"} {
			b.run(t, "begin", "alter table a add column x int") // holds the table's lock
			_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
			if err == nil {
				t.Errorf("%s: no error", sql)
			}
			b.run(t, "rollback")
		}
		b.fails(t, "23502", "alter table a add x int, alter x set not null")
		if got := db.Value(t, constraintState); got != before {
			t.Errorf("%s\nwant\n%s", got, before)
		}
		if got := db.Value(t, "select count(*) from migguard.task"); got != "0" {
			t.Errorf("%s tasks", got)
		}
	})
}

// Rows that nobody looked for, because the statement may change them, are found
// after the commit: the task stays, later migrations wait, and the next run
// goes on when they are mended.
func TestConstraintFailsAfterCommit(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, constrained+"; insert into a values (0, null)")
		b.run(t, "begin", "alter table a alter n type text, add constraint c check (id > 0), alter n set not null", "commit", "select * from a")
		if e := b.fails(t, "MG055", "create table later (n int)"); !strings.Contains(e.Message, "violated by some row") || !strings.Contains(e.Hint, "Mend the rows") {
			t.Error(explain(e))
		}
		b.olds(t, "update a set n = 'y' where id = 1")
		b.end(t, ledger.Failed)

		b.start(t, options{large: true})
		var owed *release.TaskError
		if err := b.Tasks(t.Context()); !errors.As(err, &owed) || !strings.Contains(err.Error(), "validate constraint c on public.a") {
			t.Errorf("%v", err)
		}
		b.olds(t, "delete from a where id < 1")
		if err := b.Tasks(t.Context()); err != nil {
			t.Error(err)
		}
		const done = "select (select string_agg(conname || convalidated, ' ' order by 1) from pg_constraint where conrelid = 'a'::regclass and contype = 'c') || attnotnull from pg_attribute where attrelid = 'a'::regclass and attname = 'n'"
		if got := db.Value(t, leftovers) + db.Value(t, done); got != "0 0ctruetrue" {
			t.Error(got)
		}
	})
}

// In its transaction a constraint is not valid yet, and the table is not read:
// what would take its task's object away is refused, and nothing else is.
func TestConstraintIsOwed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"renamed-table:a", "renamed-column:a.n", "renamed-column:a.d", "dropped-column:a.n", "dropped-table:a"}}, constrained)
		for _, sql := range []string{"alter table a rename to b", "alter table a set schema s", "alter table a rename column n to m", "alter table a rename constraint c to e"} {
			if strings.Contains(sql, "column n") && db.Major >= 18 {
				continue // the constraint goes with the column
			}
			b.run(t, "begin", "alter table a add constraint c check (id > 0), alter n set not null")
			if e := b.fails(t, "MG055", sql); !strings.Contains(e.Hint, "migration of its own") {
				t.Error(explain(e))
			}
			b.run(t, "rollback")
		}
		for _, sql := range []string{"alter table a drop constraint c", "alter table a drop column n", "alter table a rename column d to e", "create table c (n int)", "drop table a"} {
			b.run(t, "begin", "alter table a add constraint c check (id > 0), alter n set not null", "savepoint s", sql, "rollback to s", "savepoint s", sql, "commit", "drop table if exists c")
			if got := db.Value(t, "select count(*) from migguard.task where closed_at is null"); got != "0" {
				t.Errorf("%s: %s tasks owed", sql, got)
			}
			db.Exec(t, "drop table if exists a, other, parts cascade; drop schema s cascade", constrained)
		}
	})
}

// While the command has another session in the table, NOT NULL waits until the
// command is over.
func TestNotNullIsPostponed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		if db.Major >= 18 {
			return // there is nothing to wait for: the constraint is there, and validated
		}
		b := setup(t, db, options{large: true}, constrained)
		other := b.connect(t)
		b.run(t, "begin", "alter table a alter n set not null")
		if _, err := other.Exec(t.Context(), "begin; select 1"); err != nil {
			t.Fatal(err)
		}
		reading := make(chan error)
		go func() {
			_, err := other.Exec(t.Context(), "select count(*) from a")
			reading <- err
		}()
		b.run(t, "commit")
		if err := <-reading; err != nil {
			t.Fatal(err)
		}
		b.run(t, "create table later (n int)")
		if _, err := other.Exec(t.Context(), "commit"); err != nil {
			t.Fatal(err)
		}
		if err := b.Tasks(t.Context()); err != nil {
			t.Error(err)
		}
		if got := db.Value(t, leftovers); got != "0 0" {
			t.Error(got)
		}
	})
}

// NOT NULL is set without another look at the rows.
func TestNotNullReadsNothing(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, constrained)
		b.run(t, "begin", "alter table a alter n set not null", "commit")
		if db.Major >= 18 {
			return // no task but the validation
		}
		sql := db.Value(t, "select sql from migguard.task where kind = 'set-not-null'")
		b.olds(t, "alter table a alter n drop not null, add constraint a_n_not_null_migguard check (n is not null)", "begin")
		scans := func() (n int) {
			if err := b.old.QueryRow(t.Context(), "select pg_stat_get_xact_numscans('a'::regclass)").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := scans()
		b.olds(t, sql)
		if after := scans(); after != before {
			t.Errorf("%s: read %d times", sql, after-before)
		}
	})
}
