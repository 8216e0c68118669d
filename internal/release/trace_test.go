package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// traced are migrations and the locks that go on record.
var traced = map[string]struct {
	sql  []string
	want []string
}{
	"alone": {[]string{"alter table t add column a int"}, []string{"alter table t add column a int: ACCESS EXCLUSIVE t"}},
	"block": {[]string{"begin", "alter table t alter n set default 'x'", "alter table t add check (id > 0) not valid", "create index on u (id)", "commit"}, []string{
		"alter table t alter n set default 'x': ACCESS EXCLUSIVE t", "create index on u (id): SHARE u"}},
	"growing":    {[]string{"begin", "create trigger g before insert on t for each row execute function suppress_redundant_updates_trigger()", "alter table t add column a int", "commit"}, []string{"create trigger g before insert on t for each row execute function suppress_redundant_updates_trigger(): SHARE ROW EXCLUSIVE t", "alter table t add column a int: ACCESS EXCLUSIVE t"}},
	"references": {[]string{"create table k (id int references t)"}, []string{"create table k (id int references t): SHARE ROW EXCLUSIVE t"}},
	"rewritten":  {[]string{"alter table u alter id type bigint"}, []string{"alter table u alter id type bigint: ACCESS EXCLUSIVE u rewritten"}},
	"own":        {[]string{"begin", "create table k (id int)", "alter table k add column b int", "commit"}, nil},
	"savepoint":  {[]string{"begin", "savepoint s", "alter table t add column a int", "rollback to s", "alter table t add column a int", "commit"}, []string{"alter table t add column a int: ACCESS EXCLUSIVE t"}},
	"query":      {[]string{"begin", "select from t for update", "commit"}, nil},
	"by hand":    {[]string{"begin", "lock table u in access exclusive mode", "alter table t add column a int", "commit"}, []string{"alter table t add column a int: ACCESS EXCLUSIVE t"}},
	"shim":       {[]string{"alter table u rename to w"}, []string{"alter table u rename to w: ACCESS EXCLUSIVE u"}},
	"do":         {[]string{"do $$ begin alter table t add column a int; end $$"}, []string{"do $$ begin alter table t add column a int; end $$: ACCESS EXCLUSIVE t"}},
}

const tracedSchema = "create table t (id int primary key, n text); create table u (id int); insert into u select generate_series(1, 10)"

// Each statement's locks are on record, with what was written anew; all of them
// were foretold.
func TestTrace(t *testing.T) {
	t.Parallel()
	for name, tt := range traced {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{allow: []string{"retyped-column:u.id"}}, tracedSchema)
				b.run(t, tt.sql...)
				got, _ := b.Locks()
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s", strings.Join(got, "\n"))
				}
			})
		})
	}
}
