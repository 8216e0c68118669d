package cli_test

import (
	"reflect"
	"strings"
	"testing"
)

// TestRehearsalStays: what is of the whole server is only heard, which may be that of
// the database itself.
func TestRehearsalStays(t *testing.T) {
	t.Parallel()
	db := rehearsed(t)
	db.Exec(t, "CREATE DATABASE rehearsal_stays", "CREATE ROLE rehearsal_role")
	before := db.Query(t, whole)
	app := newApp(t)
	writeFile(t, app, "all.sql", `DROP DATABASE rehearsal_stays;
CREATE DATABASE rehearsal_more;
ALTER DATABASE rehearsal_stays SET work_mem = '1MB';
ALTER DATABASE rehearsal_stays CONNECTION LIMIT 1;
BEGIN; CREATE ROLE rehearsal_new; ALTER ROLE rehearsal_role SET work_mem = '1MB'; COMMIT;
CREATE TABLE made (id int);
DROP ROLE rehearsal_role;
ALTER SYSTEM SET work_mem = '1MB';
GRANT pg_monitor TO rehearsal_role;
GRANT CREATE ON DATABASE rehearsal_stays TO rehearsal_role;
BEGIN; SELECT 1/0; DROP DATABASE rehearsal_stays; ROLLBACK;
`)
	r := on(db.URL, "plan", "--rehearse", db.URL, "--", `psql -X "$DATABASE_URL" -f all.sql`).in(app).run(t)
	r.expect(t, 0)
	r.says(t, "DROP DATABASE rehearsal_stays", "CREATE TABLE made")
	if !strings.Contains(r.stderr, "does not do what reaches beyond its clone") {
		t.Error(r.stderr)
	}
	if after := db.Query(t, whole); !reflect.DeepEqual(after, before) {
		t.Errorf("%v, want %v", after, before)
	}
}

const whole = "SELECT datname, datconnlimit || coalesce(datacl::text, '') FROM pg_database UNION ALL SELECT rolname, rolconfig::text FROM pg_roles UNION ALL SELECT name, setting FROM pg_file_settings WHERE name = 'work_mem' UNION ALL SELECT roleid::text, member::text FROM pg_auth_members WHERE roleid = 'pg_monitor'::regrole ORDER BY 1, 2"
