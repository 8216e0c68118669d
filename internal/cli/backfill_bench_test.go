package cli_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// BenchmarkBackfill adds a column with a volatile default to a table of five
// million rows, which old code uses meanwhile, 200 statements a second; with a
// tenth of the rows, too, for the memory. The goals: at least half as many rows a
// second as one UPDATE of the whole table, which nobody disturbs ("ratio/rate");
// a p99 of the old code of at most twice that without a migration ("ratio/p99");
// and as much memory for many rows as for few ("MB/peak").
func BenchmarkBackfill(b *testing.B) {
	for _, rows := range []int{500_000, 5_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			server := pgtest.StartFor(b, pgtest.Options{})
			filled, admin := server.NewDB(b), server.NewDB(b)
			filled.Exec(b, bigTable(rows))
			filled.Exec(b, "vacuum analyze big")
			for b.Loop() {
				admin.Exec(b, "CREATE DATABASE plain TEMPLATE "+filled.Name, "CREATE DATABASE guarded TEMPLATE "+filled.Name)
				admin.Exec(b, "CHECKPOINT")
				plain, err := pgx.Connect(b.Context(), server.URL("plain"))
				if err != nil {
					b.Fatal(err)
				}
				update := func(sql string) {
					if _, err := plain.Exec(b.Context(), sql); err != nil {
						b.Fatal(err)
					}
				}
				update("ALTER TABLE big ADD COLUMN token uuid")
				whole := timed(func() { update("UPDATE big SET token = gen_random_uuid()") })
				_ = plain.Close(b.Context())
				admin.Exec(b, "DROP DATABASE plain WITH (FORCE)", "CHECKPOINT")

				dir := b.TempDir()
				writeFile(b, dir, "migration.sql", "ALTER TABLE big ADD COLUMN token uuid DEFAULT gen_random_uuid();")
				stop := useBig(b, server.URL("guarded"))
				<-time.After(5 * time.Second) // of use without a migration
				idle := stop()
				stop = useBig(b, server.URL("guarded"))
				c := on(server.URL("guarded"), "run", "--", `psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=migration.sql`).in(dir).start(b)
				took := timed(func() { c.wait(b).expect(b, 0, "filled in") })
				busy := stop()
				admin.Exec(b, "DROP DATABASE guarded WITH (FORCE)")
				b.ReportMetric(whole.Seconds(), "s/UPDATE")
				b.ReportMetric(took.Seconds(), "s/guarded")
				b.ReportMetric(whole.Seconds()/took.Seconds(), "ratio/rate")
				b.ReportMetric(ms(idle.p99()), "ms/p99_idle")
				b.ReportMetric(ms(busy.p99()), "ms/p99_backfill")
				b.ReportMetric(busy.p99().Seconds()/idle.p99().Seconds(), "ratio/p99")
				b.ReportMetric(float64(busy.failed), "failed")
				b.ReportMetric(float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024, "MB/peak")
			}
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
