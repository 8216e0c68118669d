package contract_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	. "github.com/migguard/migguard/internal/contract"
)

// query is one that was seen.
func query(text string, calls int64, recent Verdict, u Use) Use {
	u.Origin, u.At, u.Calls, u.Recent = Query, Evidence{Text: text}, calls, recent
	u.Since = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	return u
}

// What queries show is evidence of use, weak where they may be old, and never of
// non-use.
func TestShows(t *testing.T) {
	t.Parallel()
	seen := New(Source{Scanner: "pg_stat_statements"}, []Relation{
		{Name{Name: "users"}, []Use{
			query("select notes from users", 12, Yes, Use{Reads: Named("notes")}),
			query("select old from users", 7, No, Use{Reads: Named("old")}),
			query("select aged from users", 1, Unknown, Use{Reads: Named("aged")}),
		}},
		{Name{"public", "events"}, []Use{query("insert into events values ($1)", 3, Yes, Use{Adds: true, Inserts: Every()})}},
	}, nil)
	var text bytes.Buffer
	if err := seen.Write(&text); err != nil {
		t.Fatal(err)
	}
	if back, err := Read(&text); err != nil || !reflect.DeepEqual(back, seen) {
		t.Errorf("read back: %+v, %v", back, err)
	}
	users := Name{"public", "users"}
	for _, tt := range []struct {
		change Change
		want   Verdict
		why    string
	}{
		{Change{Kind: DropColumn, Relation: users, Column: "notes"}, Yes,
			"a query seen 12 times since 2026-11-20 10:00 UTC, and since the last release (select notes from users) reads notes"},
		{Change{Kind: DropColumn, Relation: users, Column: "old"}, Unknown, "7 times since 2026-11-20 10:00 UTC, but not since the last release"},
		{Change{Kind: DropColumn, Relation: users, Column: "aged"}, Unknown, "once since 2026-11-20 10:00 UTC, perhaps not since the last release"},
		{Change{Kind: DropColumn, Relation: users, Column: "other"}, No, ""},
		{Change{Kind: DropTable, Relation: users}, Yes, "12 times"},
		{Change{Kind: DropTable, Relation: Name{"other", "events"}}, No, ""},
		{Change{Kind: DropColumn, Relation: Name{Name: "events"}, Column: "kind"}, Yes, "inserts every column"},
		{Change{Kind: RetypeColumn, Relation: users, Column: "notes"}, Unknown, "12 times"},
		{Change{Kind: AddRequired, Relation: Name{Name: "events"}, Column: "need"}, Yes, "leaves need out"},
	} {
		got := seen.Shows(tt.change)
		if got.Verdict != tt.want || !strings.Contains(got.Reasons[0].Text, tt.why) {
			t.Errorf("%+v: %+v, want %s and %q", tt.change, got, tt.want, tt.why)
		}
		if a := seen.Breaks(tt.change); a.Verdict == No {
			t.Errorf("%+v: queries alone say no", tt.change)
		}
	}
}
