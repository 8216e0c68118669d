package release_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// BenchmarkRetype makes a primary key of a table of that many rows a bigint by a copy, compares it with one
// UPDATE that would fill a new column, and with the statement itself, and tells how long nobody could use the table.
func BenchmarkRetype(b *testing.B) {
	for _, rows := range []int{10_000, 300_000} {
		b.Run(fmt.Sprint(rows, " rows"), func(b *testing.B) {
			for range b.N {
				db := pgtest.New(b)
				given := fmt.Sprintf("create table t (id int primary key, name text, filler text); insert into t select g, 'name ' || g, repeat('x', 100) from generate_series(1, %d) g", rows)
				bare := db.Server.NewDB(b)
				bare.Exec(b, given, "alter table t add copied bigint", "checkpoint")
				began := time.Now()
				bare.Exec(b, "update t set copied = id")
				update := time.Since(began)
				bare.Exec(b, "vacuum full t")
				began = time.Now()
				bare.Exec(b, "alter table t alter id type bigint")
				plain := time.Since(began)
				bare.Exec(b, "drop table t")
				s := setup(b, db, options{large: true, code: byModel("t")}, given, "vacuum analyze t", "checkpoint")
				stop := worksOn(b, db, rows)
				began = time.Now()
				if _, err := s.client.PgConn().Exec(b.Context(), "alter table t alter id type bigint").ReadAll(); err != nil {
					b.Fatal(explain(err))
				}
				took := time.Since(began)
				busy := stop()
				var longest time.Duration
				for _, st := range s.Statements() {
					for _, l := range st.Locks {
						longest = max(longest, l.Held)
					}
				}
				b.ReportMetric(update.Seconds(), "s/update")
				b.ReportMetric(plain.Seconds(), "s/plain")
				b.ReportMetric(took.Seconds(), "s/copy")
				b.ReportMetric(took.Seconds()/update.Seconds(), "updates")
				b.ReportMetric(float64(longest.Microseconds())/1000, "ms/swap_lock")
				b.ReportMetric(float64(busy.Microseconds())/1000, "ms/p99")
			}
		})
	}
}
