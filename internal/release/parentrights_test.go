package release_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Who drops it waits for nobody long, and the table is a table again.
func TestParentIsDropped(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, modelled)
		b.run(t, "alter table orders rename to purchases", "alter table purchases add more int")
		shims, err := b.ledger.Shims(t.Context())
		if err != nil || len(shims) != 1 || shims[0].Kind != ledger.TableParent || shims[0].ViewName != "public.orders" || shims[0].RelationName != "public.purchases" {
			t.Fatalf("%+v, %v", shims, err)
		}
		b.olds(t, "begin; select from orders")
		var busy *ledger.BusyError
		if err := b.ledger.DropShim(t.Context(), shims[0].ID); !errors.As(err, &busy) {
			t.Errorf("while a transaction reads: %v", err)
		}
		b.olds(t, "commit; create view v as select id from orders")
		if err := b.ledger.DropShim(t.Context(), shims[0].ID); err == nil || !strings.Contains(err.Error(), "other objects depend on it") {
			t.Errorf("while a view reads: %v", err)
		}
		b.olds(t, "drop view v")
		if err := b.ledger.DropShim(t.Context(), shims[0].ID); err != nil {
			t.Fatal(err)
		}
		b.wants(t, "audits r, items r, purchases r", "")
		b.run(t, "alter table purchases add again int")
		db.Exec(t, "alter table purchases alter n drop not null, drop late, drop constraint orders_pkey cascade") // nothing is inherited any more
	})
}

// It belongs to the table's owner, and whoever may use the one may use the other.
func TestParentHasTheTablesRights(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		owner, _ := role(t, db, "owner")
		migrator, url := role(t, db, "migrator")
		reader, address := role(t, db, "reader")
		b := setup(t, db, options{code: []judge.Code{ofModel("one")}, url: url}, fmt.Sprintf(`grant %[1]s to %[2]s; grant create, usage on schema public to %[1]s, %[2]s;
			grant create on database %[4]s to %[2]s; create table orders (id bigserial primary key, secret text, note text); alter table orders owner to %[1]s;
			grant select (id, note), insert (note) on orders to %[3]s; grant usage on orders_id_seq to %[3]s`, owner, migrator, reader, pgx.Identifier{db.Name}.Sanitize()))
		b.run(t, "alter table orders rename to purchases", "alter table purchases add more int")
		if got := db.Value(t, "select pg_get_userbyid(relowner) = $1 from pg_class where oid = 'orders'::regclass", strings.Trim(owner, `"`)); got != "t" {
			t.Error("it has another owner")
		}
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.Background()) }()
		for sql, may := range map[string]bool{"insert into orders (note) values ('x')": true, "select id, note from orders": true, "select secret from orders": false, "delete from orders": false, "select id from purchases": true} {
			if _, err := conn.Exec(t.Context(), sql); (err == nil) != may {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}

// What the table is given or loses while it is the partition, the partitioned table is given or
// loses, too, also where a DO block does it.
func TestParentFollowsRights(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		reader, address := role(t, db, "reader")
		owner, _ := role(t, db, "owner")
		b := setup(t, db, options{code: []judge.Code{ofModel("one")}, allow: []string{"revoked-right:purchases"}}, "create table orders (id uuid primary key default gen_random_uuid(), secret text, note text)",
			"grant usage, create on schema public to "+owner+"; grant usage on schema public to "+reader, "grant delete on orders to "+reader)
		b.run(t, "alter table orders rename to purchases")
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.Background()) }()
		may := func(after string, want map[string]bool) {
			t.Helper()
			for sql, may := range want {
				if _, err := conn.Exec(t.Context(), sql); (err == nil) != may {
					t.Errorf("after %s: %s: %v", after, sql, err)
				}
			}
		}
		for _, step := range []struct {
			sql  string
			want map[string]bool
		}{
			{"grant select (note), insert on purchases to " + reader, map[string]bool{"select note from orders": true, "select secret from orders": false, "insert into orders (note) values ('a')": true}},
			{"revoke delete on purchases from " + reader, map[string]bool{"delete from orders": false, "select note from orders": true}},
			{"grant select on all tables in schema public to " + reader, map[string]bool{"select secret from orders": true}},
			{"do $$ begin revoke all on purchases from " + reader + "; end $$", map[string]bool{"select note from orders": false, "insert into orders (note) values ('a')": false}},
			{"alter table purchases owner to " + owner + ", add more int", nil},
			{"grant select on purchases to " + reader, map[string]bool{"select more from orders": true, "delete from orders": false}},
		} {
			b.run(t, step.sql)
			may(step.sql, step.want)
		}
		if got := db.Value(t, "select string_agg(distinct pg_get_userbyid(relowner)::text, ' ') from pg_class where relname in ('orders', 'purchases')"); got != strings.Trim(owner, `"`) {
			t.Errorf("owners %s, want %s", got, owner)
		}
		b.run(t, "alter table purchases owner to current_user")
		if got := db.Value(t, "select count(distinct relowner) from pg_class where relname in ('orders', 'purchases')"); got != "1" {
			t.Errorf("%s owners", got)
		}
	})
}

// Code that no text shows makes the gate compare what a transaction holds locked: a shim
// that is made anew is none that is lost.
func TestParentBesideHiddenCode(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, modelled, `create function hidden() returns trigger language plpgsql as $$ begin execute 'select 1'; return new; end $$;
			create trigger hidden before insert on orders for each row execute function hidden()`)
		b.run(t, "begin", "alter table orders rename to purchases", "insert into purchases default values", "alter table purchases add more int", "commit",
			"alter table purchases add again int", "insert into purchases default values")
		b.olds(t, "insert into orders default values")
		b.wants(t, "audits r, items r, orders p, purchases r", "orders -> purchases")
		b.run(t, "begin", "insert into purchases default values", "alter table purchases rename to orders", "commit")
		b.olds(t, "insert into orders default values")
	})
}
