package release_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// longestBlock is what a statement of old code may wait for a rename that does
// not get its lock: 1 s, and what a machine adds that does much else.
const longestBlock = 10 * time.Second

// hold has a transaction that keeps the table from being renamed.
func hold(t *testing.T, db *pgtest.DB) (free func()) {
	t.Helper()
	conn := db.Connect(t)
	for _, sql := range []string{"begin", "select from a"} {
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if _, err := conn.Exec(t.Context(), "commit"); err != nil {
			t.Error(err)
		}
	}
}

// sending executes a text beside the test.
func (b *bundle) sending(t *testing.T, sql string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
		done <- err
	}()
	return done
}

// awaitTries returns when a session has waited for a lock on relation a (or
// its new name) in n different statements, so has been turned away n-1 times.
func awaitTries(t *testing.T, db *pgtest.DB, n int) {
	t.Helper()
	conn := db.Connect(t)
	seen := map[string]bool{}
	for deadline := time.Now().Add(patience); len(seen) < n; {
		var at *string
		err := conn.QueryRow(t.Context(), `select max(query_start::text || pid) from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock'`).Scan(&at)
		if err != nil {
			t.Fatal(err)
		}
		if at != nil {
			seen[*at] = true
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d tries", len(seen))
		}
	}
}

// A rename waits for a long transaction without making others wait, and is
// done when that ends.
func TestRenameWaits(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{"alone": "alter table a rename to b", "block": "begin; alter table a rename to b; commit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, "create table a (id int)")
				free := hold(t, db)
				done := b.sending(t, sql)
				quit, longest := make(chan struct{}), make(chan time.Duration)
				go func() { longest <- readAlways(t, b.old, quit) }()
				awaitTries(t, db, 4)
				select {
				case err := <-done:
					t.Fatalf("ended early: %s", explain(err))
				default:
				}
				free()
				if err := <-done; err != nil {
					t.Error(explain(err))
				}
				close(quit)
				if took := <-longest; took > longestBlock {
					t.Errorf("a statement waited for %v", took)
				}
				b.wants(t, "a v, b r", "a -> b")
			})
		})
	}
}

// readAlways returns how long the slowest read took.
func readAlways(t *testing.T, conn *pgx.Conn, quit <-chan struct{}) (longest time.Duration) {
	for {
		select {
		case <-quit:
			return longest
		default:
		}
		began := time.Now()
		if _, err := conn.Exec(t.Context(), "select * from a"); err != nil {
			t.Errorf("old code: %v", err)
			return longest
		}
		longest = max(longest, time.Since(began))
	}
}

// await returns when a query's one row says true.
func await(t *testing.T, db *pgtest.DB, query string) {
	t.Helper()
	for deadline := time.Now().Add(patience); db.Value(t, query) != "t"; {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", query)
		}
	}
}

// A lock that cannot be had ends the statement; nothing is changed.
func TestRenameGivesUp(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{lockWait: 300 * time.Millisecond}, "create table a (id int)")
		free := hold(t, db)
		if e := b.fails(t, "55P03", "alter table a rename to b"); e.Hint == "" || !b.Lockless() {
			t.Error(explain(e))
		}
		b.run(t, "begin")
		b.fails(t, "55P03", "alter table a rename to b")
		b.fails(t, "25P02", "select 1")
		b.run(t, "rollback")
		b.wants(t, "a r", "")
		free()
		b.run(t, "alter table a rename to b")
		b.wants(t, "a v, b r", "a -> b")
	})
}

// A client that cancels is let go, with everything as it was.
func TestRenameIsCancelled(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, "create table a (id int)")
		free := hold(t, db)
		for _, begin := range []string{"select 1", "begin"} {
			b.run(t, begin)
			done := b.sending(t, "alter table a rename to b")
			awaitTries(t, db, 2)
			var err error
			for ended := false; !ended; { // between two tries as well
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				if err := b.client.PgConn().CancelRequest(ctx); err != nil {
					t.Error(err)
				}
				cancel()
				select {
				case err = <-done:
					ended = true
				case <-time.After(100 * time.Millisecond):
				}
			}
			failed(t, err, "57014", "cancelled")
			b.run(t, "rollback", "select 1")
		}
		b.wants(t, "a r", "")
		free()
		b.run(t, "alter table a rename to b")
	})
}

// Renaming back takes the shim's lock as carefully as the table's.
func TestRenameBackWaits(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b := setup(t, db, options{allow: []string{"renamed-table:b"}}, "create table a (id int)")
	b.run(t, "alter table a rename to b")
	free := hold(t, db)
	done := b.sending(t, "alter table b rename to a")
	quit, longest := make(chan struct{}), make(chan time.Duration)
	go func() { longest <- readAlways(t, b.old, quit) }()
	awaitTries(t, db, 4)
	free()
	if err := <-done; err != nil {
		t.Error(explain(err))
	}
	close(quit)
	if took := <-longest; took > longestBlock {
		t.Errorf("a statement waited for %v", took)
	}
	b.wants(t, "a r", "")
}

// Every statement that others would queue up behind waits as a rename does, and
// says who is in the way.
func TestStrongLocksWait(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"alter table a add column b int",
		"create index on a (id)",
		"create table b (id int references a)",
		"create trigger t before insert on a for each row execute function suppress_redundant_updates_trigger()",
		"truncate a",
		"drop index a_pkey_too",
		"alter table a alter column id set default 1",
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			b := setup(t, db, options{lockWait: 300 * time.Millisecond, allow: []string{"truncated-table:a"}}, "create table a (id int primary key)", "create index a_pkey_too on a (id)")
			conn := db.Connect(t)
			if _, err := conn.Exec(t.Context(), "set application_name = 'in the way'; begin; insert into a values (1)", pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatal(err)
			}
			e := b.fails(t, "55P03", sql)
			if !b.Lockless() || !strings.Contains(e.Detail, "In the way: pid ") || !strings.Contains(e.Detail, "in the way, idle in transaction for 00:0") {
				t.Error(explain(e))
			}
			if _, err := conn.Exec(t.Context(), "rollback"); err != nil {
				t.Fatal(err)
			}
			b.run(t, sql)
		})
	}
}
