package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestDropShim(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l, s := shimmed(t, db)
		id := begin(t, l, "b2")
		db.Exec(t, "alter view a rename to moved", "create schema other", "alter view moved set schema other")
		if err := l.DropShim(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		if got := db.Value(t, "select dropped_by from migguard.shim where dropped_at is not null"); got != "2" || id != 2 {
			t.Errorf("dropped by %s", got)
		}
		if got := db.Value(t, "select coalesce(to_regclass('other.moved')::text, 'gone')"); got != "gone" {
			t.Error("the view stands")
		}
		if err := l.DropShim(t.Context(), s.ID); !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("dropped twice: %v", err)
		}
	})
}

func TestDropShimOfGoneView(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l, s := shimmed(t, db)
	db.Exec(t, "drop view a", "create view a as select 1") // another one
	if err := l.DropShim(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if got := db.Value(t, "select count(*) from a"); got != "1" {
		t.Error("another view was dropped")
	}
	if got := db.Value(t, "select note from migguard.shim"); got != "was gone already" {
		t.Error(got)
	}
}

func TestDropShimKeeps(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"changed view": "create or replace view a as select 1 as id",
		"dependents":   "create view c as select * from a",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			l, s := shimmed(t, db)
			db.Exec(t, sql)
			var kept *KeptError
			if err := l.DropShim(t.Context(), s.ID); !errors.As(err, &kept) || kept.Object != "view public.a" {
				t.Errorf("%v, want a KeptError", err)
			}
			onlyShim(t, l)
			db.Exec(t, "select from a")
		})
	}
}

func TestDropShimInUse(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l, s := shimmed(t, db)
	reader := db.Connect(t)
	for _, sql := range []string{"begin", "select from a"} {
		if _, err := reader.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var busy *BusyError
	if err := l.DropShim(t.Context(), s.ID); !errors.As(err, &busy) || busy.Object != "view public.a" {
		t.Fatalf("%v, want a BusyError", err)
	}
	onlyShim(t, l)
	done := make(chan error, 1)
	go func() { done <- l.DropShim(t.Context(), s.ID) }()
	awaitWaiters(t, db, 1)
	awaitWaiters(t, db, 0) // a try was in vain
	if _, err := reader.Exec(t.Context(), "commit"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A partitioned table goes, and the table that was its partition stays what it is. One
// that has other partitions by now, or another, is left alone.
func TestDropTableParent(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		id := begin(t, l, "b1")
		db.Exec(t, "create table a (id int primary key)", "insert into a values (1)", "begin; alter table a rename to b; create table a (like b) partition by range (id);"+
			"alter table a add primary key (id); alter table a attach partition b default; "+
			RecordShimSQL(NewShim{ReleaseID: id, Kind: TableParent, Schema: "public", OldName: "a", NewName: "b"})+"; commit")
		s := onlyShim(t, l)
		for _, sql := range []string{"create table more partition of a for values from (7) to (8)", "drop table more; alter table a detach partition b"} {
			db.Exec(t, sql)
			var kept *KeptError
			if err := l.DropShim(t.Context(), s.ID); !errors.As(err, &kept) || kept.Object != "table public.a" {
				t.Errorf("%s: %v, want a KeptError", sql, err)
			}
		}
		db.Exec(t, "alter table a attach partition b default")
		if err := l.DropShim(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		if got := db.Value(t, "select coalesce(to_regclass('a')::text, 'gone') || ' ' || (select relispartition from pg_class where oid = 'b'::regclass) || (select count(*) from b)"); got != "gone false1" {
			t.Error(got)
		}
	})
}

// While DROP VIEW waits for its lock, the name may come to mean another view.
func TestDropShimRenamedMeanwhile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l, s := shimmed(t, db)
	other := db.Connect(t).PgConn()
	if _, err := other.Exec(t.Context(), "begin; alter view a rename to moved; create view a as select 7").ReadAll(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.DropShim(t.Context(), s.ID) }()
	awaitWaiters(t, db, 1)
	if _, err := other.Exec(t.Context(), "commit").ReadAll(); err != nil {
		t.Fatal(err)
	}
	var kept *KeptError // unless the try was over before the commit
	if err := <-done; err != nil && !errors.As(err, &kept) {
		t.Error(err)
	}
	if got := db.Value(t, "select * from a"); got != "7" {
		t.Error(got)
	}
}

// awaitWaiters returns when n sessions of the database wait for a lock.
func awaitWaiters(t *testing.T, db *pgtest.DB, n int) {
	t.Helper()
	conn := db.Connect(t)
	deadline := time.Now().Add(patience)
	for {
		var waiting int
		err := conn.QueryRow(t.Context(), `select count(*) from pg_locks
			where not granted and database = (select oid from pg_database where datname = current_database())`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions wait, want %d", waiting, n)
		}
	}
}
