package release_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// strict is code that reads rows of orders into as many variables as they have columns.
func strict(overlay string) []judge.Code {
	return []judge.Code{starring("one", overlay, contract.Use{Origin: contract.SQL, At: contract.Evidence{File: "store.go", Line: 7},
		Reads: contract.Every(), Star: true, Strict: true})}
}

// readStrictly does so, with nothing prepared.
func readStrictly(t *testing.T, conn *pgx.Conn) error {
	t.Helper()
	var id, name, other *string
	return conn.QueryRow(t.Context(), `insert into orders default values returning *`, pgx.QueryExecModeSimpleProtocol).Scan(&id, &name, &other)
}

// Code that takes rows only as they are fails each time when the table gets a column: that is
// refused, but where an overlay hides the column, which then stays as long as it is needed.
func TestStrictRows(t *testing.T) {
	t.Parallel()
	const add = "alter table orders add more int"
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		bare := db.Server.NewDB(t)
		bare.Exec(t, orders)
		alone := bare.Connect(t)
		if err := readStrictly(t, alone); err != nil {
			t.Fatal(err)
		}
		bare.Exec(t, add)
		for range 3 {
			if err := readStrictly(t, alone); err == nil || !strings.Contains(err.Error(), "number of field descriptions must equal number of destinations, got 4 and 3") {
				t.Fatalf("without the guard: %v", err)
			}
		}
		b := setup(t, db, options{code: strict("")}, orders)
		e := b.fails(t, "MG034", add)
		if !strings.Contains(e.Message, "takes with the columns") || !strings.Contains(e.Detail, "store.go:7") {
			t.Error(explain(e))
		}
		if err := readStrictly(t, b.old); err != nil {
			t.Error(err)
		}
		b.run(t, "alter table orders alter other type bigint")
	})
}

// Where the code is steered an overlay hides the column from it, and a later change that the
// overlay is in the way of does not take it away.
func TestStrictRowsSteered(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]func(string) []judge.Code{"strict": strict, "kept": kept} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: code("mg_one")}, orders)
				one := steered(t, db, "mg_one")
				b.run(t, "alter table orders add more int")
				if err := readStrictly(t, one); err != nil {
					t.Error(err)
				}
				for _, sql := range []string{"alter table orders enable row level security", "alter table orders alter other type bigint", "do $$ begin alter table orders alter other type bigint; end $$"} {
					// A type can be made by a copy, which takes nothing away.
					var e *pgconn.PgError
					if _, err := b.client.Exec(t.Context(), sql); errors.As(err, &e) && e.Code != "MG034" && e.Code != "0A000" || err == nil && !strings.HasPrefix(sql, "alter table orders alter") {
						t.Errorf("%s: %v", sql, err)
					}
					if err := readStrictly(t, one); err != nil {
						t.Errorf("after %s: %v", sql, err)
					}
				}
				b.end(t, ledger.Failed)
			})
		})
	}
}
