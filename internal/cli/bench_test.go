package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// ddlStatements are 10,000: 500 tables with 9 more columns and 10 indexes
// each, table by table.
func ddlStatements() string {
	var b strings.Builder
	for t := range 500 {
		fmt.Fprintf(&b, "CREATE TABLE t%d (id bigint PRIMARY KEY, a text NOT NULL);\n", t)
		for c := range 9 {
			fmt.Fprintf(&b, "ALTER TABLE t%d ADD COLUMN c%d integer;\n", t, c)
			fmt.Fprintf(&b, "CREATE INDEX t%d_c%d_idx ON t%d (c%d);\n", t, c, t, c)
		}
		fmt.Fprintf(&b, "CREATE INDEX t%d_a_idx ON t%d (a);\n", t, t)
	}
	return b.String()
}

// BenchmarkDDL runs the statements with psql, a simple query each on one
// connection, directly and through the guard in turn. The goal is a ratio of
// at most 1.25.
func BenchmarkDDL(b *testing.B) {
	statements := ddlStatements()
	for name, text := range map[string]string{
		"autocommit":  statements,
		"transaction": "BEGIN;\n" + statements + "COMMIT;\n",
	} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			writeFile(b, dir, "ddl.sql", text)
			line := `psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=ddl.sql`
			var direct, guarded []time.Duration
			for b.Loop() {
				url := pgtest.New(b).URL
				cmd := exec.Command("sh", "-c", line)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "DATABASE_URL="+url)
				direct = append(direct, timed(func() {
					if out, err := cmd.CombinedOutput(); err != nil {
						b.Fatalf("%v\n%s", err, out)
					}
				}))
				c := on(pgtest.New(b).URL, "run", "--", line).in(dir)
				guarded = append(guarded, timed(func() { c.run(b).expect(b, 0) }))
			}
			b.ReportMetric(median(direct).Seconds(), "s/direct")
			b.ReportMetric(median(guarded).Seconds(), "s/guarded")
			b.ReportMetric(median(guarded).Seconds()/median(direct).Seconds(), "ratio")
		})
	}
}

// BenchmarkNothingPending is "migguard run" on a goose folder that is applied
// already, the start of the process included. The goal is 50 ms, and 100 ms
// where the Platform API (its emulator, without a network) is asked which code
// runs.
func BenchmarkNothingPending(b *testing.B) {
	b.Run("alone", func(b *testing.B) {
		benchmarkPending(b, on(pgtest.New(b).URL, "run"))
	})
	b.Run("heroku", func(b *testing.B) {
		s := newStage(b, herokutest.AppConfig{})
		s.rollOut(b)
		benchmarkPending(b, s.call("run", "--build", "one").with("HEROKU_RELEASE_VERSION=v4"))
	})
}

func benchmarkPending(b *testing.B, c call) {
	c = c.in(newSQL(b, "goose", "first"))
	c.run(b).expect(b, 0)
	var took []time.Duration
	for b.Loop() {
		took = append(took, timed(func() { c.run(b).expect(b, 0, "nothing is pending") }))
	}
	b.ReportMetric(float64(median(took).Microseconds())/1000, "ms/median")
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
