package cli_test

import (
	"cmp"
	"fmt"
	"net"
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

// pairs is how often BenchmarkDDL compares: one pair says little on a machine
// that does other things, too.
const pairs = 10

// BenchmarkDDL runs the statements with psql, a simple query each on one
// connection: directly, through a relay that does nothing else, and through the
// guard, who goes first in turn. The goal is at most 1.25 times direct. "durable" is
// a server with PostgreSQL's own settings on a disk, "volatile" the tests', which
// writes nothing to one: there the guard's share shows most. Each database has the
// ledger already, as from its second release on; what laying it takes is
// BenchmarkFirstRun's.
func BenchmarkDDL(b *testing.B) {
	statements := ddlStatements()
	for server, durable := range map[string]bool{"durable": true, "volatile": false} {
		for name, text := range map[string]string{
			"autocommit":  statements,
			"transaction": "BEGIN;\n" + statements + "COMMIT;\n",
		} {
			b.Run(server+"/"+name, func(b *testing.B) {
				benchmarkDDL(b, pgtest.StartFor(b, pgtest.Options{Durable: durable}), text)
			})
		}
	}
}

func benchmarkDDL(b *testing.B, server *pgtest.Server, text string) {
	dir := b.TempDir()
	writeFile(b, dir, "ddl.sql", text)
	line := `psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=ddl.sql`
	relay, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer relay.Close()
	host := fmt.Sprintf("%s:%d", server.Host, server.Port)
	go pgtest.Relay(relay, host)

	plainly := func(url string) {
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "DATABASE_URL="+url)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	ways := []func(url string){
		plainly,
		func(url string) { plainly(strings.Replace(url, host, relay.Addr().String(), 1)) },
		func(url string) { on(url, "run", "--", line).in(dir).run(b).expect(b, 0) },
	}
	took := make([][]time.Duration, len(ways))
	for b.Loop() {
		for n := range len(ways) * pairs {
			way := (n + n/len(ways)) % len(ways) // 0 1 2, 1 2 0, 2 0 1 …
			db := server.NewDB(b)
			on(db.URL, "run", "--", "true").run(b).expect(b, 0)
			db.Exec(b, "CHECKPOINT")
			took[way] = append(took[way], timed(func() { ways[way](db.URL) }))
		}
	}
	for way, name := range []string{"", "relay", "guard"} {
		if way == 0 {
			b.ReportMetric(median(took[0]).Seconds(), "s/direct")
			continue
		}
		var ratios []float64
		for n := range took[0] {
			ratios = append(ratios, took[way][n].Seconds()/took[0][n].Seconds())
		}
		b.ReportMetric(slices.Min(ratios), "ratio/"+name+"_min")
		b.ReportMetric(median(ratios), "ratio/"+name)
		b.ReportMetric(slices.Max(ratios), "ratio/"+name+"_max")
	}
}

// BenchmarkFirstRun is a run that does nothing on a database without a ledger, and
// the same once more.
func BenchmarkFirstRun(b *testing.B) {
	server := pgtest.StartFor(b, pgtest.Options{Durable: true})
	var took [2][]time.Duration
	for b.Loop() {
		run := on(server.NewDB(b).URL, "run", "--", "true")
		for n := range took {
			took[n] = append(took[n], timed(func() { run.run(b).expect(b, 0) }))
		}
	}
	b.ReportMetric(float64(median(took[0]).Microseconds())/1000, "ms/first")
	b.ReportMetric(float64(median(took[1]).Microseconds())/1000, "ms/second")
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

func median[T cmp.Ordered](s []T) T {
	s = slices.Sorted(slices.Values(s))
	return s[len(s)/2]
}
