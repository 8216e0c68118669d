package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const rowSecurity = `create table a (id int primary key, who text default current_user);
	alter table a enable row level security;
	create policy p on a using (who = current_user or who = 'all');
	insert into a values (1, 'all'), (2, 'nobody')`

// Each role sees, and may write, the rows it did.
func TestShimObeysRowSecurity(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"": "", "forced": "alter table a force row level security"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				owner, ownerURL := role(t, db, "owner")
				one, oneURL := role(t, db, "one")
				b := setup(t, db, options{}, rowSecurity, more, "alter table a owner to "+owner, "grant all on a to "+one)
				before := []string{sees(t, db.URL), sees(t, ownerURL), sees(t, oneURL)}
				if db.Major < 15 {
					if e := b.fails(t, "MG001", "alter table a rename to b"); !strings.Contains(e.Detail, "row security") {
						t.Error(explain(e))
					}
					b.wants(t, "a r", "")
					return
				}
				b.run(t, "alter table a rename to b")
				for i, address := range []string{db.URL, ownerURL, oneURL} {
					if got := sees(t, address); got != before[i] {
						t.Errorf("role %d sees %s, saw %s", i, got, before[i])
					}
				}
				works(t, oneURL, "insert into a values (3)", "update a set id = 4 where id = 3 returning *", "delete from a where id = 4")
			})
		})
	}
}

func sees(t *testing.T, address string) (ids string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), "select coalesce(string_agg(id::text, ',' order by id), '') from a").Scan(&ids); err != nil {
		t.Fatal(explain(err))
	}
	return ids
}

// A view that works with its user's rights asks for all its columns.
func TestRowSecurityWithColumnGrants(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		one, oneURL := role(t, db, "one")
		b := setup(t, db, options{}, rowSecurity, "grant select (id) on a to "+one)
		if e := b.fails(t, "MG001", "alter table a rename to b"); !strings.Contains(e.Detail, "row security") {
			t.Error(explain(e))
		}
		works(t, oneURL, "select id from a")
		if db.Major >= 15 {
			b.run(t, "grant select on a to "+one, "alter table a rename to b")
			works(t, oneURL, "select id from a")
		}
	})
}
