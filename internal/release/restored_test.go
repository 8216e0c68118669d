package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What the ledger of a restored database says is about the same things, though these have
// other numbers, and their own are those of others.
func TestRestoredFromADump(t *testing.T) {
	t.Parallel()
	const given = `create table users (zero int, id int primary key, name text, notes text); alter table users drop column zero; insert into users values (1, 'a', 'b');
		create table gone (id int); create table orders (id int primary key); create table kept (a int, b int, c text, d int); insert into kept values (1, 2, 'c', 3);
		create table things (zero int, id int primary key, name text not null, rank int unique); alter table things drop column zero; insert into things values (1, 'n', 5)`
	migration := []string{"alter table users drop column notes", "drop table gone", "alter table orders rename to purchases",
		"alter table things rename name to label", "alter table things rename rank to place",
		"alter table users add constraint short check (length(name) < 9)", "alter table users alter name set not null"}
	source := pgtest.StartFor(t, pgtest.Options{Major: 14}) // which each pg_dump can read
	model := ofModel("one")
	model.Unsteered = "web.1 has not announced itself"
	for shim, code := range map[string][]judge.Code{"v": nil, "p": {model}} {
		t.Run(shim, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				from := source.NewDB(t)
				owner, address := role(t, from, "owner")
				from.Exec(t, "alter database "+from.Name+" owner to "+owner, "alter schema public owner to "+owner, "set role "+owner+";"+given)
				b := setup(t, from, options{url: address, waits: true, code: code})
				b.run(t, migration...)
				b.end(t, ledger.Succeeded)
				bare := db.Server.NewDB(t)
				bare.Exec(t, given)
				bare.Exec(t, migration...)
				db = db.Server.EmptyDB(t)
				db.Restore(t, from)
				if got := db.Value(t, "select relkind from pg_class where oid = 'orders'::regclass"); got != shim {
					t.Fatalf("orders is a %s", got)
				}
				db.Exec(t, "insert into users (id, name, notes) values (2, 'x', 'y'); insert into orders values (1); insert into things (id, name, rank) values (2, 'm', 6)", swapped)
				var out string
				for _, build := range []string{"three", "four", "five"} {
					policy := allowing(t, "dropped-column:users.notes", "dropped-column:things.name", "dropped-column:things.rank", "dropped-table:gone")
					ended, said := doWith(t, db, forgetful(), build, policy, "select 1")
					if out += build + ":\n" + said; ended.Exit != 0 {
						t.Fatalf("exit %d\n%s", ended.Exit, out)
					}
				}
				if got, want := db.Value(t, fullShape), bare.Value(t, fullShape); got != want {
					t.Errorf("%s\n%s", difference(got, want), out)
				}
				if left := db.Value(t, "select count(*) || ' ' || (select count(*) from pg_proc where proname like 'sync%') from pg_trigger where not tgisinternal"); left != "0 0" {
					t.Errorf("triggers and functions left: %s", left)
				}
				if strings.Count(out, "was restored from a dump") != 1 || strings.Contains(out, "not there by that name") {
					t.Error(out)
				}
			})
		})
	}
}

// swapped has kept, in what has come with the dump, the number that users had.
const swapped = `do $$ declare
	kept oid := 'kept'::regclass; users oid := (select relation from migguard.withheld limit 1); t text;
begin
	foreach t in array array['located', 'deferred', 'withheld'] loop
		execute format('update migguard.%I set relation = 0 where relation = %s', t, kept);
		execute format('update migguard.%I set relation = %s where relation = %s', t, kept, users);
		execute format('update migguard.%I set relation = %s where relation = 0', t, users);
	end loop;
end $$`

// Of a copy whose rename had not come when the dump was made nothing is left, nor are its tasks.
func TestPreparedSyncIsRestored(t *testing.T) {
	t.Parallel()
	source := pgtest.StartFor(t, pgtest.Options{Major: 14})
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		from := source.NewDB(t)
		b := setup(t, from, options{}, "create table things (zero int); drop table things;"+synced)
		b.run(t, "begin")
		b.fails(t, "MG061", "alter table things rename rank to place")
		b.run(t, "rollback")
		if err := b.Copies(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.end(t, ledger.Failed)
		from.Exec(t, "update migguard.task set closed_at = null, done = false")
		bare := db.Server.NewDB(t)
		bare.Exec(t, synced)
		db = db.Server.EmptyDB(t)
		db.Restore(t, from)
		if ended, out := doWith(t, db, nil, "b", &judge.Policy{}, "select 1"); ended.Exit != 0 || !strings.Contains(out, "was restored from a dump") || strings.Contains(out, "filled in") {
			t.Errorf("exit %d\n%s", ended.Exit, out)
		}
		if got, want := db.Value(t, fullShape), bare.Value(t, fullShape); got != want {
			t.Error(difference(got, want))
		}
		const left = `select concat_ws(' ', (select count(*) from pg_trigger where not tgisinternal), (select count(*) from pg_proc where proname ~ '^(sync|was)_'),
			(select count(*) from migguard.task where closed_at is null), (select count(*) from migguard.deferred where closed_at is null))`
		if got := db.Value(t, left); got != "0 0 0 0" {
			t.Errorf("left: %s", got)
		}
	})
}
