package pgtest

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What a pool fills its server with is in each database but those that are to be
// empty, and one database's is not another's.
func TestFilled(t *testing.T) {
	t.Parallel()
	majors, err := requestedMajors()
	if err != nil {
		t.Fatal(err)
	}
	filled := 0
	p := pool{fill: func(ctx context.Context, url string) error {
		filled++
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
		return err
	}}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	s, err := p.get(slices.Max(majors))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("databases", func(t *testing.T) {
		first, second, empty := s.NewDB(t), s.NewDB(t), s.EmptyDB(t)
		first.Exec(t, "INSERT INTO t VALUES (2)")
		if first, second := first.Value(t, "SELECT sum(n) FROM t"), second.Value(t, "SELECT sum(n) FROM t"); first != "3" || second != "1" {
			t.Errorf("the sums are %s and %s", first, second)
		}
		if tables := empty.Value(t, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); tables != "0" {
			t.Errorf("%s tables in the empty database", tables)
		}
	})
	if filled != 1 {
		t.Errorf("filled %d times", filled)
	}
}

// A pool whose filling fails has no server, and says why.
func TestFilledNotAtAll(t *testing.T) {
	t.Parallel()
	p := pool{fill: func(context.Context, string) error { return context.Canceled }}
	s, err := p.get(0)
	if s != nil || err == nil || err.Error() != "fill a database: context canceled" {
		t.Errorf("%v, %v", s, err)
	}
}
