package ledger

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestSeenQueries(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		begin(t, l, "b1")
		outside := int64(5)
		for _, queries := range [][]SeenQuery{
			{{Role: 1 << 31, Query: -1 << 63, Own: 3, Outside: &outside}, {Role: 1, Query: 2}},
			{{Role: 1, Query: 2, Own: 7}},
			nil,
		} {
			if err := l.RecordSeenQueries(t.Context(), queries); err != nil {
				t.Fatal(err)
			}
			got, err := l.SeenQueries(t.Context())
			if err != nil || len(got) != len(queries) {
				t.Fatalf("%+v, %v", got, err)
			}
			for i, q := range got {
				want := queries[i]
				same := q.Outside == want.Outside || q.Outside != nil && want.Outside != nil && *q.Outside == *want.Outside
				if q.Role != want.Role || q.Query != want.Query || q.Own != want.Own || !same || q.RecordedAt.IsZero() {
					t.Errorf("%+v, want %+v", q, want)
				}
			}
		}
	})
}
