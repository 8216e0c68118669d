package release_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// BenchmarkSync renames a column of a table of that many rows by a copy, and compares
// it with one UPDATE that would fill a new column.
func BenchmarkSync(b *testing.B) {
	for _, rows := range []int{10_000, 300_000} {
		b.Run(fmt.Sprint(rows, " rows"), func(b *testing.B) {
			for range b.N {
				db := pgtest.New(b)
				given := fmt.Sprintf("create table t (id bigint primary key, name text, filler text); insert into t select g, 'name ' || g, repeat('x', 100) from generate_series(1, %d) g", rows)
				bare := db.Server.NewDB(b)
				bare.Exec(b, given, "alter table t add copied text", "checkpoint")
				began := time.Now()
				bare.Exec(b, "update t set copied = name")
				update := time.Since(began)
				s := setup(b, db, options{}, given, "checkpoint")
				began = time.Now()
				if _, err := s.client.PgConn().Exec(b.Context(), "alter table t rename name to label").ReadAll(); err != nil {
					b.Fatal(explain(err))
				}
				took := time.Since(began)
				b.ReportMetric(update.Seconds(), "s/update")
				b.ReportMetric(took.Seconds(), "s/sync")
				b.ReportMetric(took.Seconds()/update.Seconds(), "updates")
			}
		})
	}
}
