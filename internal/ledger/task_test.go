package ledger

import (
	"errors"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A task is owed from its transaction's commit until it is closed, and keeps
// what its session had set.
func TestTask(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		id := begin(t, l, "b")
		session := db.Connect(t)
		db.Exec(t, `create table "Odd é" (n int)`)
		long := " WHERE n <> 0" + strings.Repeat(" ", MaxText) // all of it is done, so all of it is kept
		record := func(index string) string {
			return RecordTaskSQL(NewTask{ReleaseID: id, Kind: CreateIndex, Relation: 1, Schema: "public", Table: "Odd é", Object: index,
				SQL: `CREATE INDEX CONCURRENTLY "` + index + `" ON public."Odd é" (n)` + long})
		}
		for _, sql := range []string{"set search_path = 'x', public", "set default_tablespace = pg_default", "set timezone = 'Asia/Tokyo'", "set client_encoding = 'LATIN1'",
			"begin", record("lost"), "rollback", "begin", record("i"), record("j é"), "commit"} {
			if _, err := session.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		owed, err := l.Owed(t.Context())
		if err != nil || len(owed) != 2 {
			t.Fatalf("%+v, %v", owed, err)
		}
		got := owed[1]
		if got.Object != "j é" || got.Table != "Odd é" || got.Relation != 1 || got.Settings["search_path"] != "x, public" || got.Settings["default_tablespace"] != "pg_default" || got.Settings["TimeZone"] != "Asia/Tokyo" ||
			got.Role != session.Config().User || got.SQL != `CREATE INDEX CONCURRENTLY "j é" ON public."Odd é" (n)`+long || got.ReleaseID != id {
			t.Errorf("%+v", got)
		}
		if err := errors.Join(l.BeginTask(t.Context(), got.ID), l.NoteTask(t.Context(), got.ID, "it broke"), l.CloseTask(t.Context(), owed[0].ID, true, "")); err != nil {
			t.Error(err)
		}
		if owed, err = l.Owed(t.Context()); err != nil || len(owed) != 1 || owed[0].Note != "it broke" || got.Tried || !owed[0].Tried {
			t.Errorf("%+v, %v", owed, err)
		}
		if err := l.CloseTask(t.Context(), got.ID, false, "given up"); err != nil {
			t.Error(err)
		}
		for _, err := range []error{l.CloseTask(t.Context(), got.ID, true, ""), l.BeginTask(t.Context(), got.ID), l.NoteTask(t.Context(), got.ID, "")} {
			if !errors.Is(err, ErrNotOwed) {
				t.Error(err)
			}
		}
		for index, rows := range map[string]int{"i": 1, "j é": 0, "k": 0} {
			if got := db.Query(t, IndexTaskSQL(1, index)); len(got) != rows {
				t.Errorf("%s: %v", index, got)
			}
		}
	})
}
