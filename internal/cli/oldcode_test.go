package cli_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// An oldCode is a session of the build before: it knows the table accounts,
// and keeps the statements that it prepared while that was a table.
type oldCode struct {
	conn *pgx.Conn
	name string
	done int
}

// newOldCode connects and works for the first time. The table may have columns
// that must be given, with their values.
func newOldCode(t testing.TB, db *pgtest.DB, name, columns, values string) *oldCode {
	t.Helper()
	o := &oldCode{conn: db.Connect(t), name: name}
	insert := "INSERT INTO accounts (email, notes) VALUES ($1, 'new')"
	if columns != "" {
		insert = fmt.Sprintf("INSERT INTO accounts (email, notes, %s) VALUES ($1, 'new', %s)", columns, values)
	}
	for name, sql := range map[string]string{
		"upsert": insert + " ON CONFLICT (email) DO UPDATE SET notes = 'again' RETURNING id",
		"select": "SELECT * FROM accounts WHERE email = $1",
		"update": "UPDATE accounts SET level = $2 WHERE email = $1",
	} {
		if _, err := o.conn.Prepare(t.Context(), name, sql); err != nil {
			t.Fatalf("old code: %s: %v", sql, err)
		}
	}
	o.work(t)
	return o
}

// work does all that old code does.
func (o *oldCode) work(t testing.TB) {
	t.Helper()
	if err := o.try(t.Context()); err != nil {
		t.Fatalf("old code: %v", err)
	}
}

func (o *oldCode) try(ctx context.Context) error {
	o.done++
	email := fmt.Sprintf("%s-%d", o.name, o.done)
	for range 2 { // insert, then update
		var id int64
		if err := o.conn.QueryRow(ctx, "upsert", email).Scan(&id); err != nil {
			return fmt.Errorf("upsert: %w", err)
		}
	}
	if _, err := o.conn.Exec(ctx, "update", email, o.done); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	rows, err := o.conn.Query(ctx, "select", email)
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	if row["email"] != email || row["notes"] != "again" || row["level"] != int32(o.done) {
		return fmt.Errorf("select: wrong row %v", row)
	}
	return nil
}

// workPause leaves the processor to the run: old code must meet each of its
// steps, not compete with them.
const workPause = 5 * time.Millisecond

// startOldCode keeps two sessions of old code busy until stop is called, which
// fails the test when one had an error or hardly worked.
func startOldCode(t *testing.T, db *pgtest.DB) (stop func()) {
	t.Helper()
	const sessions = 2
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, sessions)
	for n := range sessions {
		o := newOldCode(t, db, fmt.Sprintf("user%d", n), "created_at, updated_at", "now(), now()")
		if _, err := o.conn.Exec(ctx, "SET application_name = 'old code'"); err != nil {
			t.Fatal(err)
		}
		go func() {
			for range platform.Ticks(ctx, workPause) {
				if err := o.try(t.Context()); err != nil {
					ended <- fmt.Errorf("after %d rounds: %w", o.done, err)
					return
				}
			}
			if o.done < 10 {
				ended <- fmt.Errorf("it worked %d times only", o.done)
				return
			}
			ended <- nil
		}()
	}
	return func() {
		t.Helper()
		cancel()
		for range sessions {
			if err := <-ended; err != nil {
				t.Errorf("old code: %v", err)
			}
		}
	}
}
