package release_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// may lists which role may do what with a relation and its columns.
const may = `select string_agg(x, ' ' order by x) from (
	select concat_ws(':', r.rolname, p, has_table_privilege(r.oid, $1::regclass, p)) as x
	from pg_roles r, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER',
		'SELECT WITH GRANT OPTION', 'INSERT WITH GRANT OPTION']) p where r.rolname like '%\_' || current_database()
	union all
	select concat_ws(':', r.rolname, a.attname, p, has_column_privilege(r.oid, a.attrelid, a.attnum, p))
	from pg_attribute a, pg_roles r, unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES', 'UPDATE WITH GRANT OPTION']) p
	where a.attrelid = $1::regclass and a.attnum > 0 and r.rolname like '%\_' || current_database()) t`

// grants are what was done to a table a(id, n) of OWNER's, with roles ONE and
// TWO, before OWNER, or the superuser, renamed it.
var grants = map[string]string{
	"none":            "",
	"some":            "grant select, insert on a to ONE; grant all on a to TWO",
	"grantable":       "grant select on a to ONE with grant option; set role ONE; grant select on a to TWO; reset role",
	"public":          "grant select, trigger on a to public",
	"columns":         "grant select (id), update (n) on a to ONE; grant update (n), references (id) on a to TWO with grant option",
	"mixed":           "grant select on a to ONE; grant select (id), insert (id) on a to ONE",
	"default":         "alter default privileges for role OWNER in schema public grant all on tables to ONE",
	"default, all":    "alter default privileges for role OWNER grant select on tables to ONE, public",
	"default revoked": "alter default privileges for role OWNER revoke delete on tables from OWNER",
	"superuser's default": `alter default privileges grant select on tables to ONE;
		alter default privileges in schema public grant insert on tables to TWO, OWNER, public`,
	"default and some": "grant update on a to TWO; alter default privileges for role OWNER grant all on tables to ONE with grant option",
	"owner without":    "revoke truncate, references on a from OWNER",
	"group":            "create role GROUP_; grant GROUP_ to ONE; grant insert, select (n) on a to GROUP_",
}

func TestShimHasTheGrants(t *testing.T) {
	t.Parallel()
	for name, sql := range grants {
		for _, who := range []string{"owner", "superuser"} {
			if who == "superuser" && !strings.Contains(name, "default") {
				continue // what the owner grants is the same
			}
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					owner, address := role(t, db, "owner")
					one, oneURL := role(t, db, "one")
					two, _ := role(t, db, "two")
					sql := strings.NewReplacer("OWNER", owner, "ONE", one, "TWO", two, "GROUP_", "group_"+db.Name).Replace(sql)
					o := options{}
					if who == "owner" {
						o.url = address
					}
					b := setup(t, db, o, "grant create on database "+db.Name+" to "+owner, "grant all on schema public to "+owner,
						"create table a (id int primary key, n text); alter table a owner to "+owner+";"+sql)
					before := db.Value(t, may, "a")
					b.run(t, "alter table a rename to b")
					if got := db.Value(t, may, "a"); got != before {
						t.Errorf("may do\n%s, want\n%s", got, before)
					}
					if got := db.Value(t, "select '\"' || pg_get_userbyid(relowner) || '\"' = $1 from pg_class where oid = 'a'::regclass", owner); got != "t" {
						t.Errorf("owner %s", got)
					}
					works(t, address, "select * from a", "insert into a values (1) on conflict (id) do update set n = 'x'")
					if name == "columns" {
						works(t, oneURL, "select id from a", "update a set n = 'y'")
					}
				})
			})
		}
	}
}

func works(t *testing.T, address string, sql ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, text := range sql {
		if _, err := conn.Exec(t.Context(), text, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("%s: %s", text, explain(err))
		}
	}
}

// An owner that took its own rights away leaves the view without them too.
func TestOwnerWithoutRights(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		owner, _ := role(t, db, "owner")
		b := setup(t, db, options{}, "create table a (id int); alter table a owner to "+owner,
			"revoke all on a from "+owner+"; grant select on a to public")
		if e := b.fails(t, "MG001", "alter table a rename to b"); !strings.Contains(e.Detail, "SELECT") {
			t.Error(explain(e))
		}
		b.wants(t, "a r", "")
	})
}
