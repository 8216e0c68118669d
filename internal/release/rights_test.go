package release_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A rights case is one of what roles may do: old code is the role ONE, or the
// owner of all, OWNER, which migrates too.
type rightsCase struct {
	before string
	sql    string
	owner  bool   // old code is the owner
	old    string // fails, or divides by the number of rows it finds
	code   string // what it fails with afterwards; empty: it works
	mg     string // the refusal; empty: it is let through
}

const secured = `create table t (id int, n text); insert into t values (1, 'x'); create table other (id int); create sequence q;
	create function f() returns int language sql as 'select 1'; create schema s; create table s.t (id int)`

const policies = "create policy p on t using (true); create policy nobody on t for delete using (false)"

// apart is secured by an owner who has not the rights of the role that it may give to.
const apart = secured + "; set role none; revoke GROUP from OWNER; alter role OWNER noinherit; grant GROUP to OWNER; grant create on schema public to GROUP; set role OWNER"

var rights = map[string]rightsCase{
	"enable, others": {secured + "; grant select on t to ONE", "alter table t enable row level security", false, "select 1 / count(*) from t", "22012", "MG014"},
	"enable, columns": {secured + "; grant select (id) on t to ONE", "alter table t enable row level security", false,
		"select 1 / count(id) from t", "22012", "MG014"},
	"enable, public": {secured + "; grant select on t to public", "alter table t enable row level security", false, "select 1 / count(*) from t", "22012", "MG014"},
	"enable, owner":  {secured, "alter table t enable row level security", true, "select 1 / count(*) from t", "", ""},
	"enable, own":    {secured + "; grant select on t to OWNER", "alter table t enable row level security", true, "select 1 / count(*) from t", "", ""},
	"enable again":   {secured + "; grant select on t to ONE; " + policies + "; alter table t enable row level security", "alter table t enable row level security", false, "select 1 / count(*) from t", "", ""},
	"enable, forced": {secured + "; alter table t force row level security", "alter table t enable row level security", true, "select 1 / count(*) from t", "22012", "MG014"},
	"force":          {secured + "; alter table t enable row level security", "alter table t force row level security", true, "select 1 / count(*) from t", "22012", "MG014"},
	"enable and force": {secured, "alter table t enable row level security, force row level security", true, "select 1 / count(*) from t", "22012",
		"MG014"},
	"force again": {secured + "; " + policies + "; alter table t enable row level security, force row level security", "alter table t force row level security", true, "select 1 / count(*) from t", "", ""},
	"restrictive": {secured + "; grant select on t to ONE; " + policies + "; alter table t enable row level security", "create policy r on t as restrictive using (id > 1)", false,
		"select 1 / count(*) from t", "22012", "MG014"},
	"restrictive, owner": {secured + "; alter table t enable row level security", "create policy r on t as restrictive using (id > 1)", true, "select 1 / count(*) from t", "", ""},
	"restrictive, off":   {secured + "; grant select on t to ONE", "create policy r on t as restrictive using (id > 1)", false, "select 1 / count(*) from t", "", ""},
	"permissive":         {secured + "; grant select on t to ONE; " + policies + "; alter table t enable row level security", "create policy r on t using (id > 1)", false, "select 1 / count(*) from t", "", ""},
	"drop policy": {secured + "; grant select on t to ONE; " + policies + "; alter table t enable row level security", "drop policy p on t", false,
		"select 1 / count(*) from t", "22012", "MG014"},
	"drop policy, owner": {secured + "; " + policies + "; alter table t enable row level security", "drop policy p on t", true, "select 1 / count(*) from t", "", ""},
	"alter policy": {secured + "; grant select on t to ONE; " + policies + "; alter table t enable row level security", "alter policy p on t using (id > 1)", false,
		"select 1 / count(*) from t", "22012", "MG014"},
	"disable": {secured + "; " + policies + "; alter table t enable row level security, force row level security", "alter table t disable row level security, no force row level security",
		true, "select 1 / count(*) from t", "", ""},

	"revoke":             {secured + "; grant select on t to ONE", "revoke select on t from ONE", false, "select 1 from t", "42501", "MG015"},
	"revoke all":         {secured + "; grant select on t to ONE", "revoke all on t from public, ONE", false, "select 1 from t", "42501", "MG015"},
	"revoke from public": {secured + "; grant select on t to public", "revoke select on t from public", false, "select 1 from t", "42501", "MG015"},
	"revoke from owner":  {secured, "revoke select on t from OWNER", true, "select 1 from t", "42501", "MG015"},
	"revoke from user":   {secured, "revoke select on t from current_user", true, "select 1 from t", "42501", "MG015"},
	"revoke column":      {secured + "; grant select (id) on t to ONE", "revoke select (id) on t from ONE", false, "select id from t", "42501", "MG015"},
	"revoke with column": {secured + "; grant select (id) on t to ONE", "revoke select on t from ONE", false, "select id from t", "42501", "MG015"},
	"revoke in schema":   {secured + "; grant select on t to ONE", "revoke select on all tables in schema public from ONE", false, "select 1 from t", "42501", "MG015"},
	"revoke schema":      {secured + "; grant usage on schema s to ONE; grant select on s.t to ONE", "revoke usage on schema s from ONE", false, "select 1 from s.t", "42501", "MG015"},
	"revoke sequence":    {secured + "; grant usage on sequence q to ONE", "revoke usage on sequence q from ONE", false, "select nextval('q')", "42501", "MG015"},
	"revoke function":    {secured, "revoke execute on function f() from public", false, "select f()", "42501", "MG015"},
	"revoke functions":   {secured, "revoke execute on all functions in schema public from public", false, "select f()", "42501", "MG015"},
	"revoke cascade":     {secured + "; grant select on t to GROUP with grant option; set role GROUP; grant select on t to ONE; reset role", "revoke grant option for select on t from GROUP cascade", false, "select 1 from t", "42501", "MG015"},

	"disown":              {apart, "alter table t owner to GROUP", true, "select 1 from t", "42501", "MG015"},
	"disown view":         {apart + "; create view v as select 1", "alter view v owner to GROUP", true, "select 1 from v", "42501", "MG015"},
	"disown, granted":     {apart + "; grant all on t to OWNER", "alter table t owner to GROUP", true, "select 1 from t", "42501", "MG015"},
	"disown, member":      {secured + "; set role none; grant create on schema public to GROUP; set role OWNER", "alter table t owner to GROUP", true, "select 1 from t", "", ""},
	"disown, public":      {apart + "; grant all on t to public", "alter table t owner to GROUP", true, "select 1 from t", "", ""},
	"disown, another":     {apart + "; grant select on t to ONE; grant all on t to public", "alter table t owner to GROUP", false, "select 1 from t", "", ""},
	"disown nothing":      {apart, "alter table t owner to OWNER; alter table t owner to current_user", true, "select 1 from t", "", ""},
	"disown new table":    {apart, "create table c (id int); alter table c owner to GROUP", true, "select 1 from t", "", ""},
	"revoke nothing":      {secured + "; grant select on t to ONE", "revoke insert on t from ONE", false, "select 1 from t", "", ""},
	"revoke from another": {secured + "; grant select on t to ONE", "revoke all on t from GROUP, public", false, "select 1 from t", "", ""},
	"revoke other column": {secured + "; grant select (id) on t to ONE", "revoke select (n) on t from ONE", false, "select id from t", "", ""},
	"revoke elsewhere":    {secured + "; grant select on t to ONE", "revoke select on all tables in schema s from ONE", false, "select 1 from t", "", ""},
	"revoke trigger":      {secured + "; grant select, trigger, references on t to ONE", "revoke trigger, references on t from ONE", false, "select 1 from t", "", ""},
	"revoke option":       {secured + "; grant select on t to ONE with grant option", "revoke grant option for select on t from ONE", false, "select 1 from t", "", ""},
	"revoke of new table": {secured, "create table c (id int); grant select on c to ONE; revoke select on c from ONE; revoke all on c from current_user", true, "select 1 from t", "", ""},
	"revoke of new function": {secured, "create function g() returns int language sql as 'select 1'; revoke execute on function g() from public", false,
		"select f()", "", ""},
}

func TestRights(t *testing.T) {
	t.Parallel()
	for name, c := range rights {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				for _, guarded := range []bool{true, false} {
					db := db.Server.NewDB(t)
					b, named, old := c.setup(t, db)
					sql := named.Replace(c.sql)
					switch {
					case !guarded:
						db.Exec(t, "set role "+named.Replace("OWNER")+"; "+sql)
					case c.mg != "":
						b.fails(t, c.mg, sql)
						works(t, old, c.old)
						continue
					default:
						b.run(t, sql)
					}
					if c.code == "" {
						works(t, old, c.old)
						continue
					}
					conn, err := pgx.Connect(t.Context(), old)
					if err != nil {
						t.Fatal(err)
					}
					_, err = conn.Exec(t.Context(), c.old)
					failed(t, errors.Join(err, conn.Close(t.Context())), c.code, c.old)
				}
			})
		})
	}
}

// setup makes the roles, has the owner make what there is, and checks that old
// code works.
func (c rightsCase) setup(t *testing.T, db *pgtest.DB) (b *bundle, named *strings.Replacer, old string) {
	t.Helper()
	owner, ownerURL := role(t, db, "owner")
	one, oneURL := role(t, db, "one")
	group, _ := role(t, db, "group")
	db.Exec(t, "grant all on database "+db.Name+" to "+owner, "grant all on schema public to "+owner, "grant "+group+" to "+owner)
	named = strings.NewReplacer("OWNER", owner, "ONE", one, "GROUP", group)
	if old = oneURL; c.owner {
		old = ownerURL
	}
	db.Exec(t, "set role "+owner+"; "+named.Replace(strings.ReplaceAll(c.before, "reset role", "set role OWNER")))
	works(t, old, c.old)
	b = setup(t, db, options{url: ownerURL})
	return b, named, old
}

// An exception names a table, a function or a schema.
func TestRightsAllowed(t *testing.T) {
	t.Parallel()
	allowed(t, "hidden-rows:t", breaking{before: secured, sql: "alter table t force row level security"})
	allowed(t, "revoked-right:t", breaking{before: secured, sql: "revoke select on t from current_user"})
	allowed(t, "revoked-right:f", breaking{before: secured, sql: "revoke execute on function f() from public"})
	allowed(t, "revoked-right:s", breaking{before: secured, sql: "revoke usage on schema s from public"})
}
