package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Where code may do what does not go under an overlay, a renamed column gets a copy. An
// overlay is made where it can have none.
func TestCopyComesBeforeOverlay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		groups bool
		use    contract.Use
		column string
		want   string
	}{
		"neither":           {false, contract.Use{}, "note", "overlay"},
		"groups":            {true, contract.Use{}, "note", "sync"},
		"makes tables":      {false, contract.Use{OnTable: contract.Creates}, "note", "sync"},
		"groups, generated": {true, contract.Use{}, "twice", "overlay"},
		"makes, generated":  {false, contract.Use{OnTable: contract.Creates}, "twice", "overlay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				code := knownTo(c.use)
				source := code.Contract.Sources[0]
				source.Groups = c.groups
				code.Contract = contract.New(source, code.Contract.Relations, nil)
				b := setup(t, db, options{code: []judge.Code{code}, sees: true}, "CREATE EXTENSION pg_stat_statements",
					"CREATE TABLE accounts (id int PRIMARY KEY, note text, twice int GENERATED ALWAYS AS (id * 2) STORED)")
				if got := b.stand(t, "ALTER TABLE accounts RENAME "+c.column+" TO other"); got != c.want {
					t.Errorf("%s stands, want %s", got, c.want)
				}
			})
		})
	}
}
