package ledger

import (
	"reflect"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestSeen(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		begin(t, l, "b1")
		if got, err := l.Seen(t.Context()); err != nil || !reflect.DeepEqual(got, Seen{Queries: []SeenQuery{}}) {
			t.Errorf("at first %+v, %v", got, err)
		}
		at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
		for _, want := range []Seen{
			{Whole: at, Queries: []SeenQuery{{Role: 1 << 31, Query: -1 << 63, Own: 3, Outside: new(int64(5)), Began: new(int64(9)), Killed: 1}, {Role: 1, Query: 2}}},
			{Whole: at.Add(time.Hour), Evictions: 4, Queries: []SeenQuery{{Role: 1, Query: 2, Own: 7}}},
			{Whole: at, Queries: []SeenQuery{}},
		} {
			if err := l.RecordSeen(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got, err := l.Seen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i := range got.Queries {
				if got.Queries[i].RecordedAt.IsZero() {
					t.Error("not dated")
				}
				got.Queries[i].RecordedAt = time.Time{}
			}
			if got.Whole = got.Whole.UTC(); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	})
}
