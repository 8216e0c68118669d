package ledger

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestRelease(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		if _, found, err := l.LastSuccessful(t.Context()); found || err != nil {
			t.Errorf("an empty ledger has a last release: %v, %v", found, err)
		}
		want := Release{Build: "b1", Version: "v7", App: "shop", Migguard: "1.2.3", Command: "bin/rails db:migrate"}
		id, err := l.Begin(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		err = l.Finish(t.Context(), id, Succeeded, 0, 0, []Statement{
			{Text: "ALTER TABLE a RENAME TO b", Tag: "ALTER TABLE", Verdict: "shim",
				Changes: json.RawMessage(`[{"kind":"RenameTable"}]`), Executed: []string{"one", "two"},
				Duration: 1500 * time.Microsecond},
			{Text: "DROP TABLE c", Verdict: "refuse", Error: "no", Hazards: json.RawMessage(`[{"id":"dropped-table"}]`)},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, found, err := l.LastSuccessful(t.Context())
		if err != nil || !found {
			t.Fatal(found, err)
		}
		if got.FinishedAt.Before(got.StartedAt) || got.ExitStatus == nil || *got.ExitStatus != 0 {
			t.Errorf("%+v", got)
		}
		want.ID, want.Outcome = id, Succeeded
		want.StartedAt, want.FinishedAt, want.ExitStatus = got.StartedAt, got.FinishedAt, got.ExitStatus
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		rows := db.Query(t, `select seq, text, tag, changes->0->>'kind', hazards->0->>'id', verdict,
			executed->>1, duration_ms, error from migguard.statement order by seq`)
		if len(rows) != 2 ||
			strings.Join(rows[0], "|") != "1|ALTER TABLE a RENAME TO b|ALTER TABLE|RenameTable|NULL|shim|two|1.5|NULL" ||
			strings.Join(rows[1], "|") != "2|DROP TABLE c||NULL|dropped-table|refuse|NULL|0|no" {
			t.Errorf("%q", rows)
		}
	})
}

func TestFinishTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l := locked(t, db.URL)
	id := release(t, l, "b1", Failed)
	err := l.Finish(t.Context(), id, Succeeded, 0, 0, []Statement{{Text: "x", Verdict: "allow"}})
	if !errors.Is(err, ErrNotRunning) {
		t.Errorf("%v, want ErrNotRunning", err)
	}
	if got := db.Value(t, "select count(*) from migguard.statement"); got != "0" {
		t.Errorf("%s statements of the second end", got)
	}
}

// Whatever a runner sends ends up in the ledger without breaking it.
func TestFinishTakesAnyText(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l := locked(t, db.URL)
	bad := "a\x00b\xff" + strings.Repeat("é", MaxText)
	err := l.Finish(t.Context(), begin(t, l, bad), Succeeded, 0, 0, []Statement{{
		Text: bad, Tag: bad, Verdict: bad, Executed: []string{bad}, Error: bad,
		Changes: json.RawMessage(`["a\u0000b"]`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := db.Value(t, "select text from migguard.statement")
	if !strings.HasPrefix(got, "a\uFFFDb\uFFFDé") || !strings.HasSuffix(got, "é\uFFFD … (65540 bytes in all)") &&
		!strings.HasSuffix(got, "é … (65540 bytes in all)") {
		t.Errorf("%.20q … %q", got, got[len(got)-40:])
	}
}

func TestCreatedObjectsEndWithSuccess(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		for _, test := range []struct {
			outcome Outcome
			left    string
		}{{Refused, "2"}, {Succeeded, "0"}} {
			id := begin(t, l, "b1")
			db.Exec(t, RecordCreatedSQL(id, Object{Relation: 1259}, Object{Relation: 1259, Attnum: 3}),
				RecordCreatedSQL(id, Object{Relation: 1259, Attnum: 3}))
			if got := db.Query(t, CreatedSQL); len(got) != 2 {
				t.Errorf("created: %v", got)
			}
			finish(t, l, id, test.outcome)
			if got := db.Value(t, "select count(*) from migguard.created"); got != test.left {
				t.Errorf("%s after a release that %s, want %s", got, test.outcome, test.left)
			}
		}
	})
}
