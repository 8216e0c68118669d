package ledger

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// rename is what the guard does to "ALTER TABLE schema.old RENAME TO new".
func rename(t *testing.T, db *pgtest.DB, s NewShim) {
	t.Helper()
	old := pgx.Identifier{s.Schema, s.OldName}.Sanitize()
	db.Exec(t, "begin; alter table "+old+" rename to "+pgx.Identifier{s.NewName}.Sanitize()+
		"; create view "+old+" as select * from "+pgx.Identifier{s.Schema, s.NewName}.Sanitize()+
		"; "+RecordShimSQL(s)+"; commit")
}

// shimmed is a locked ledger with one shim, a over b, of a release of build
// "b1" that succeeded.
func shimmed(t *testing.T, db *pgtest.DB) (*Ledger, Shim) {
	t.Helper()
	l := locked(t, db.URL)
	db.Exec(t, "create table a (id int)")
	id := begin(t, l, "b1")
	rename(t, db, NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "a", NewName: "b"})
	finish(t, l, id, Succeeded)
	return l, onlyShim(t, l)
}

func onlyShim(t *testing.T, l *Ledger) Shim {
	t.Helper()
	shims, err := l.Shims(t.Context())
	if err != nil || len(shims) != 1 {
		t.Fatalf("%+v, %v; want one shim", shims, err)
	}
	return shims[0]
}

func TestShims(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		id, err := l.Begin(t.Context(), Release{Build: "b1", Version: "v7", Migguard: "1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		const schema, from, to = `My "Schema"`, `o'old\täble`, "New"
		db.Exec(t, `create schema "My ""Schema"""`, `create table "My ""Schema"""."o'old\täble" (id int)`)
		rename(t, db, NewShim{ReleaseID: id, Kind: TableView, Schema: schema, OldName: from, NewName: to, Note: "why"})
		db.Exec(t, `alter table "My ""Schema"""."New" rename to newer`)
		got := onlyShim(t, open(t, db.URL)) // no lock needed
		if got.Age < 0 || got.Age > time.Minute || got.CreatedAt.IsZero() {
			t.Errorf("age %v, created %v", got.Age, got.CreatedAt)
		}
		want := Shim{
			ID: 1, ReleaseID: id, Kind: TableView, View: got.View, Relation: got.Relation,
			Schema: schema, OldName: from, NewName: to, Note: "why",
			ViewName: `"My ""Schema"""."o'old\täble"`, RelationName: `"My ""Schema""".newer`,
			Build: "b1", Version: "v7", CreatedAt: got.CreatedAt, Age: got.Age,
		}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

// The text that the guard sends means the same in sessions whose runner chose
// other quoting rules or another encoding.
func TestRecordShimInOddSessions(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		for _, set := range []string{
			"set standard_conforming_strings = off", "set client_encoding = latin1",
			"set search_path = ''", "set bytea_output = escape",
		} {
			for _, old := range []string{`o\'x`, `ä'x`} {
				s := NewShim{ReleaseID: begin(t, l, "b1"), Kind: TableView, Schema: "public", OldName: old, NewName: "b"}
				quoted := pgx.Identifier{old}.Sanitize()
				db.Exec(t, "create table b (id int)", "create view "+quoted+" as select * from b")
				session := db.Connect(t).PgConn()
				// Two messages: the server reads all of one under the same rules.
				for _, sql := range []string{set, RecordShimSQL(s)} {
					if _, err := session.Exec(t.Context(), sql).ReadAll(); err != nil {
						t.Fatalf("%s: %v", set, err)
					}
				}
				got := onlyShim(t, l)
				if got.OldName != old || got.ViewName != "public."+quoted {
					t.Errorf("%s: %+v", set, got)
				}
				if err := l.DropShim(t.Context(), got.ID); err != nil {
					t.Error(err)
				}
				db.Exec(t, "drop table b")
			}
		}
	})
}

func TestRecordShimDropped(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l, s := shimmed(t, db)
	id := begin(t, l, "b2")
	db.Exec(t, "begin; drop view a; alter table b rename to a; "+RecordShimDroppedSQL(s.View, id, "rolled back")+"; commit")
	if got := db.Value(t, "select dropped_by || note from migguard.shim"); got != "2rolled back" {
		t.Error(got)
	}
	if shims, err := l.Shims(t.Context()); err != nil || len(shims) != 0 {
		t.Errorf("%v, %v", shims, err)
	}
}

func TestGrantTo(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		id := begin(t, l, "b1")
		url, role := loginRole(t, db, "app")
		db.Exec(t, "create table a (id int)", "alter table a owner to "+role,
			"grant create on schema public to "+role)
		other := &pgtest.DB{URL: url, Name: db.Name, Major: db.Major, Server: db.Server}
		if err := l.GrantTo(t.Context(), role[1:len(role)-1]); err != nil {
			t.Fatal(err)
		}
		rename(t, other, NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "a", NewName: "b"})
		other.Exec(t, RecordCreatedSQL(id, Object{Relation: 1259}))
		if got := other.Query(t, CreatedSQL); len(got) != 1 {
			t.Error(got)
		}
		other.Exec(t, RecordShimDroppedSQL(onlyShim(t, l).View, id, ""))
	})
}

// A step is a run in the life of one shim.
type step struct {
	build   string
	outcome Outcome
	shim    bool // this run makes the shim
}

func TestDueShims(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		steps []step
		build string // of the run that asks
		due   bool
	}{
		{"the next build", []step{{"a", Succeeded, false}, {"b", Succeeded, true}}, "c", true},
		{"first use", []step{{"b", Succeeded, true}}, "c", true},
		{"the same build again", []step{{"a", Succeeded, false}, {"b", Succeeded, true}}, "b", false},
		{"its run did not succeed", []step{{"a", Succeeded, false}, {"b", Refused, true}}, "c", false},
		{"only a later run succeeded", []step{{"a", Succeeded, false}, {"b", Refused, true}, {"c", Succeeded, false}}, "d", true},
		{"the same build tried again", []step{{"a", Succeeded, false}, {"b", Failed, true}, {"b", Succeeded, false}}, "c", true},
		{"a retry of the new build", []step{{"a", Succeeded, false}, {"b", Succeeded, true}, {"c", Failed, false}}, "c", true},
		{"its own build again, after another", []step{{"a", Succeeded, false}, {"b", Succeeded, true}, {"c", Succeeded, false}}, "b", false},
		{"its build failed before", []step{{"a", Succeeded, false}, {"b", Failed, false}, {"b", Succeeded, true}}, "c", true},
		{"a rollback", []step{{"a", Succeeded, false}, {"b", Succeeded, true}}, "a", false},
		{"after a rollback", []step{{"a", Succeeded, false}, {"b", Succeeded, true}, {"a", Succeeded, false}}, "c", false},
		{"forward again", []step{{"a", Succeeded, false}, {"b", Succeeded, true}, {"a", Succeeded, false}, {"b", Succeeded, false}}, "c", true},
		{"an unknown build asks", []step{{"a", Succeeded, false}, {"b", Succeeded, true}}, "", false},
		{"an unknown build runs", []step{{"a", Succeeded, false}, {"b", Succeeded, true}, {"", Succeeded, false}}, "c", false},
		{"an unknown build made it", []step{{"a", Succeeded, false}, {"", Succeeded, true}, {"b", Succeeded, false}}, "c", true},
		{"no run", nil, "c", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			l := locked(t, db.URL)
			db.Exec(t, "create table a (id int)")
			for _, s := range test.steps {
				id := begin(t, l, s.build)
				if s.shim {
					rename(t, db, NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "a", NewName: "b"})
				}
				finish(t, l, id, s.outcome)
			}
			begin(t, l, test.build)
			due, err := l.DueShims(t.Context(), "", test.build)
			if err != nil || len(due) > 0 != test.due {
				t.Errorf("due: %v, %v; want %t", due, err, test.due)
			}
		})
	}
}
