package release_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// BenchmarkSync renames a column of a table of that many rows by a copy, and compares
// it with one UPDATE that would fill a new column, and the p99 of code that reads and
// writes the table, 400 statements a second, with that before.
func BenchmarkSync(b *testing.B) {
	for _, rows := range []int{10_000, manyRows} {
		b.Run(fmt.Sprint(rows, " rows"), func(b *testing.B) {
			for range b.N {
				db := pgtest.New(b)
				given := fmt.Sprintf("create table t (id bigint primary key, name text, filler text); insert into t select g, 'name ' || g, repeat('x', 100) from generate_series(1, %d) g", rows)
				bare := db.Server.NewDB(b)
				bare.Exec(b, given, "alter table t add copied text", "vacuum t", "checkpoint")
				stop := worksOn(b, bare, rows)
				began := time.Now()
				bare.Exec(b, "update t set copied = name")
				update := time.Since(began)
				stop()
				bare.Exec(b, "drop table t")
				s := setup(b, db, options{}, given, "vacuum t", "checkpoint")
				stop = worksOn(b, db, rows)
				<-time.After(5 * time.Second)
				idle := stop()
				stop = worksOn(b, db, rows)
				began = time.Now()
				if _, err := s.client.PgConn().Exec(b.Context(), "alter table t rename name to label").ReadAll(); err != nil {
					b.Fatal(explain(err))
				}
				took := time.Since(began)
				busy := stop()
				b.ReportMetric(update.Seconds(), "s/update")
				b.ReportMetric(took.Seconds(), "s/sync")
				b.ReportMetric(took.Seconds()/update.Seconds(), "updates")
				b.ReportMetric(float64(idle.Microseconds())/1000, "ms/p99_idle")
				b.ReportMetric(float64(busy.Microseconds())/1000, "ms/p99_sync")
				b.ReportMetric(busy.Seconds()/idle.Seconds(), "ratio/p99")
			}
		})
	}
}

// worksOn has code use the table until stop is called, which tells its p99.
func worksOn(b *testing.B, db *pgtest.DB, rows int) (stop func() time.Duration) {
	conn, err := pgx.Connect(b.Context(), db.URL)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan []time.Duration)
	go func() {
		defer close(ended)
		var took []time.Duration
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				ended <- slices.Sorted(slices.Values(took))
				return
			case <-tick.C:
			}
			for _, sql := range []string{"select filler from t where id = $1", "update t set filler = filler || '.' where id = $1"} {
				began := time.Now()
				if _, err := conn.Exec(b.Context(), sql, 1+rand.N(rows)); err != nil {
					b.Error(err)
				}
				took = append(took, time.Since(began))
			}
		}
	}()
	return func() time.Duration {
		cancel()
		took := <-ended
		_ = conn.Close(b.Context())
		return took[len(took)*99/100]
	}
}
