package ledger

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What is asked for twice waits once; another statement of the same name is not taken
// for it.
func TestWithheldOfOneName(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		id, err := l.Begin(t.Context(), Release{Build: "b", Migguard: "1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		db.Exec(t, "create table users (id int, pet int); create table pets (id int, n int)")
		var users uint32
		conn := db.Connect(t)
		if err := conn.QueryRow(t.Context(), "select 'users'::regclass::oid::int8").Scan(&users); err != nil {
			t.Fatal(err)
		}
		key := NewWithheld{ReleaseID: id, Kind: WithheldConstraint, Relation: users, Object: "pet", Columns: []string{"pet"},
			Parent: "public.pets", ParentColumns: []string{"n", "id"}, Statement: "one"}
		null := NewWithheld{ReleaseID: id, Kind: WithheldNotNull, Relation: users, Object: "id", Columns: []string{"id"}, Statement: "two"}
		db.Exec(t, RecordWithheldSQL(key), RecordWithheldSQL(key), RecordWithheldSQL(null))
		null.Statement = "two, by another name of the table"
		db.Exec(t, RecordWithheldSQL(null))
		key.Statement = "three"
		if _, err := conn.Exec(t.Context(), RecordWithheldSQL(key)); sqlState(err) != "23505" {
			t.Errorf("another of its name: %v", err)
		}
		if got := db.Value(t, "select string_agg(object_name || columns::text || coalesce(parent::regclass || parent_attnums::text || parent_columns::text, ''), ' ' order by id) from migguard.withheld"); got != "pet{pet}pets{1,2}{id,n} id{id}" {
			t.Error(got)
		}
	})
}
