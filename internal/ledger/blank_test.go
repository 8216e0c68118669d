package ledger

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestBlank: what a migration's session asks of a ledger can be asked where there is
// none, and is of the same columns.
func TestBlank(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		bare := open(t, db.URL)
		if _, err := bare.Builds(t.Context(), ""); !errors.Is(err, ErrNoLedger) || !bare.Absent() {
			t.Errorf("without a ledger: %v", err)
		}
		bare.Blank()
		if builds, err := bare.Builds(t.Context(), ""); err != nil || len(builds) != 0 {
			t.Errorf("of a blank ledger: %v, %v", builds, err)
		}
		conn, err := pgx.Connect(t.Context(), db.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		columns := func(sql string) (all []string) {
			t.Helper()
			rows, err := conn.Query(t.Context(), sql)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			defer rows.Close()
			for _, f := range rows.FieldDescriptions() {
				all = append(all, fmt.Sprint(f.Name, " ", f.DataTypeOID))
			}
			if rows.Next() || rows.Err() != nil {
				t.Errorf("%s: a row, or %v", sql, rows.Err())
			}
			return all
		}
		ask := func(from string) string {
			if from == CreatedFrom {
				return "SELECT relation, attnum FROM " + from + " x"
			}
			return "SELECT * FROM " + from
		}
		none := map[string][]string{}
		for from := range froms {
			none[from] = columns(Blanked(ask(from)))
		}
		locked(t, db.URL)
		for from := range froms {
			if real := columns(ask(from)); !slices.Equal(real, none[from]) {
				t.Errorf("%s:\n%v, and blank\n%v", from, real, none[from])
			}
		}
	})
}
