package release_test

import (
	"fmt"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Who gets a right to one of two names has it to the other; and none is taken from, or
// given to, one alone where a text hides which.
func TestRightsToBothNames(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		role := "limited_" + db.Name
		db.Exec(t, "create role "+role)
		b := setup(t, db, options{allow: []string{"revoked-right:things"}}, synced)
		b.run(t, `alter table things rename "Na me" to label`)
		may := func(want string) {
			t.Helper()
			if got := db.Value(t, fmt.Sprintf(`select string_agg(p || ' ' || has_column_privilege('%[1]s', 'things', 'label', p) || ' ' || has_column_privilege('%[1]s', 'things', 'Na me', p), ', ' order by p)
				from unnest(array['select', 'update', 'update with grant option']) p`, role)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		b.run(t, "grant select (label) on things to "+role)
		may("select true true, update false false, update with grant option false false")
		b.run(t, `grant update ("Na me", id) on things to `+role+" with grant option")
		may("select true true, update true true, update with grant option true true")
		b.fails(t, "MG057", "revoke select (label) on things from "+role)
		b.fails(t, "MG057", fmt.Sprintf("do $$ begin revoke select (label) on things from %s; end $$", role))
		b.fails(t, "MG057", fmt.Sprintf(`do $$ begin grant insert ("Na me") on things to %s; end $$`, role))
		may("select true true, update true true, update with grant option true true")
		b.run(t, `revoke grant option for update (label, "Na me") on things from `+role, fmt.Sprintf(`do $$ begin revoke select (label, "Na me") on things from %s; end $$`, role),
			"grant insert (rank) on things to "+role, "revoke insert (rank) on things from "+role)
		may("select false false, update true true, update with grant option false false")
		b.end(t, ledger.Succeeded)
	})
}

// A copy that is being made goes on to have the rights of its column, and no others.
func TestRightsWhileCopied(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		role := "copying_" + db.Name
		db.Exec(t, "create role "+role)
		b := setup(t, db, options{allow: []string{"revoked-right:things"}}, synced, "grant select (rank), insert (rank) on things to "+role)
		b.run(t, "begin", "create table other (n int)")
		b.fails(t, "MG061", "alter table things rename rank to place")
		b.run(t, "rollback")
		if err := b.Copies(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.run(t, "revoke select (rank) on things from "+role, "grant update (rank) on things to "+role, "alter table things rename rank to place")
		if got := db.Value(t, "select string_agg(attname || ' ' || attacl::text, ', ' order by attname) from pg_attribute where attrelid = 'things'::regclass and attacl is not null"); got != fmt.Sprintf("place {%s=aw/postgres}, rank {%[1]s=aw/postgres}", role) {
			t.Error(got)
		}
		b.end(t, ledger.Succeeded)
	})
}
