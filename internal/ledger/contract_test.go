package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestContracts(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		record := func(build, document string, how Outcome) {
			t.Helper()
			id := begin(t, l, build)
			if err := l.RecordContract(t.Context(), build, []byte(document)); err != nil {
				t.Fatal(err)
			}
			finish(t, l, id, how)
		}
		record("b1", `{"ä\u0000": 1}`, Succeeded)
		long := `{"long": "` + strings.Repeat("é", MaxText) + `"}`
		record("b2", long, Refused)
		record("b1", `{"again": true}`, Succeeded)
		record("b3", `{}`, Succeeded)
		got, err := l.Contracts(t.Context(), []string{"b1", "b2", "b4"})
		if err != nil || len(got) != 2 || string(got["b1"]) != `{"again": true}` || string(got["b2"]) != long {
			t.Errorf("%.100s, %v", got, err)
		}
		db.Exec(t, "update migguard.release set app = 'other' where build = 'b3'")
		if builds, err := l.SucceededBuilds(t.Context(), 1); err != nil || !slices.Equal(builds, []Released{{App: "other", Build: "b3", ReleaseID: 4}, {Build: "b1", ReleaseID: 3}}) {
			t.Errorf("succeeded: %+v, %v", builds, err)
		}
		for n := range keptContracts - 1 {
			record(fmt.Sprint("new", n), "{}", Failed)
		}
		record("b1", "{}", Failed) // the oldest contract, but not the oldest release
		all := []string{"b1", "b2", "b3", "new0", "new1", "new48"}
		got, err = l.Contracts(t.Context(), all)
		if kept := slices.Sorted(maps.Keys(got)); err != nil || !slices.Equal(kept, []string{"b1", "new0", "new1", "new48"}) {
			t.Errorf("kept %v, %v", kept, err)
		}
	})
}
