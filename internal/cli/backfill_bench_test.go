package cli_test

import (
	"fmt"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// idlePhase is how long old code is measured without a migration, before each backfill
// and after it.
const idlePhase = 5 * time.Second

// BenchmarkBackfill adds a column with a volatile default to a table of five
// million rows, which old code uses meanwhile, 200 statements a second; with a
// tenth of the rows, too, for the memory. The goals: at least half as many rows a
// second as one UPDATE of the whole table, which nobody disturbs ("ratio/rate");
// a p99 of the old code of at most twice that without a migration ("ratio/p99");
// and as much memory for many rows as for few ("MB/peak"). On a machine with other
// work only ratios of what ran one after the other tell anything: each round has an
// UPDATE, idle, the backfill, and idle again, and its own ratios; medians of the rounds.
func BenchmarkBackfill(b *testing.B) {
	for _, size := range []struct{ rows, rounds int }{{500_000, 5}, {5_000_000, 3}} {
		b.Run(fmt.Sprint(size.rows), func(b *testing.B) {
			server := pgtest.StartFor(b, pgtest.Options{})
			filled, admin := server.NewDB(b), server.NewDB(b)
			filled.Exec(b, bigTable(size.rows, 0))
			filled.Exec(b, "vacuum analyze big")
			for b.Loop() {
				seen := map[string][]float64{}
				for range size.rounds {
					for name, value := range backfillRound(b, server, admin, filled.Name) {
						seen[name] = append(seen[name], value)
					}
				}
				for name, values := range seen {
					b.ReportMetric(median(values), name)
				}
			}
		})
	}
}

// backfillRound measures one UPDATE and one backfill, each in a copy of the database.
func backfillRound(b *testing.B, server *pgtest.Server, admin *pgtest.DB, template string) map[string]float64 {
	admin.Exec(b, "CREATE DATABASE plain TEMPLATE "+template, "CREATE DATABASE guarded TEMPLATE "+template, "CHECKPOINT")
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
	url := server.URL("guarded")
	idle := useIdle(b, url)
	stop := useBig(b, url)
	c := through(url, dir).start(b)
	var log string
	took := timed(func() {
		done := c.wait(b)
		done.expect(b, 0, "filled in")
		log = done.stderr
	})
	busy := stop()
	idle.took = append(idle.took, useIdle(b, url).took...)
	admin.Exec(b, "DROP DATABASE guarded WITH (FORCE)", "CHECKPOINT")
	yielded := 0.0
	if m := yields.FindStringSubmatch(log); m != nil {
		yielded, _ = strconv.ParseFloat(m[1], 64)
	}
	return map[string]float64{
		"s/UPDATE": whole.Seconds(), "s/guarded": took.Seconds(), "ratio/rate": whole.Seconds() / took.Seconds(),
		"ms/p99_idle": ms(idle.p99()), "ms/p99_backfill": ms(busy.p99()), "ratio/p99": busy.p99().Seconds() / idle.p99().Seconds(),
		"failed": float64(busy.failed), "yielded": yielded,
		"MB/peak": float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024,
	}
}

// yields is how the log tells how often a backfill went slower.
var yields = regexp.MustCompile(`slower (\d+) times`)

// useIdle uses the table for a while without a migration.
func useIdle(b *testing.B, url string) *usage {
	stop := useBig(b, url)
	<-time.After(idlePhase)
	return stop()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
