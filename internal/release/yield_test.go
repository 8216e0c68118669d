package release_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A backfill whose batches somebody waits for goes slower, says so, and ends. A CHECK
// that takes its time makes a batch take a second, whatever the machine.
func TestBackfillYields(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, busy := range []bool{true, false} {
			var out bytes.Buffer
			b := setup(t, db.Server.NewDB(t), options{large: true, out: &out}, `create function slow(int) returns bool language plpgsql immutable as 'begin perform pg_sleep(0.005); return true; end';
				create table a (id int primary key, n int) with (fillfactor = 10); insert into a select g, g from generate_series(1, 200) g; alter table a add check (slow(n))`)
			quit, used := make(chan struct{}), make(chan error, 1)
			go func() {
				var err error
				for n := 0; busy && err == nil; n++ {
					select {
					case <-quit:
						used <- nil
						return
					default:
						_, err = b.old.Exec(t.Context(), "update a set n = n + 1 where id = 1 + $1::int % 200", n)
					}
				}
				used <- err
			}()
			b.run(t, "alter table a add token uuid default gen_random_uuid()")
			close(quit)
			if err := <-used; err != nil {
				t.Error(err)
			}
			if said := out.String(); strings.Contains(said, "slower ") != busy || !strings.Contains(said, "filled in") {
				t.Errorf("busy: %v\n%s", busy, said)
			}
			if left := b.db.Value(t, "select count(*) from a where token is null"); left != "0" {
				t.Errorf("%s rows are not filled", left)
			}
		}
	})
}

// A row that somebody else has locked when a batch comes to it is the last to be filled:
// the others do not wait for it.
func TestBackfillLeavesOutLockedRows(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, `create function slow(int) returns bool language plpgsql immutable as 'begin perform pg_sleep(0.02); return true; end';
			create table a (id int primary key, n int); insert into a select g, g from generate_series(1, 100) g; alter table a add check (slow(n))`)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			b.run(t, "alter table a add token uuid default gen_random_uuid()")
		}()
		await(t, db, "select exists (select from pg_attribute where attrelid = 'a'::regclass and attname = 'token')")
		b.olds(t, "begin", "select from a where id = 100 for update")
		await(t, db, "select min(id) = 100 from a where token is null")
		b.olds(t, "commit")
		<-ended
		if left := db.Value(t, "select count(*) from a where token is null"); left != "0" {
			t.Errorf("%s rows are not filled", left)
		}
	})
}
