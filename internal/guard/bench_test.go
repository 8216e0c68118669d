package guard_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// paths lead to one server: directly, through a plain TCP relay, and through
// the guard. Both relays run in processes of their own.
type paths struct {
	names []string
	urls  map[string]string
	guard child
}

func newPaths(b *testing.B) (*pgtest.DB, paths) {
	b.Helper()
	db := pgtest.New(b)
	host := fmt.Sprintf("%s:%d", db.Server.Host, db.Server.Port)
	plain, guarded := startChild(b, "plain "+host), startChild(b, "guard "+db.URL)
	return db, paths{
		names: []string{"direct", "relay", "guard"},
		urls: map[string]string{
			"direct": db.URL,
			"relay":  strings.Replace(db.URL, host, plain.addr, 1),
			"guard":  fmt.Sprintf("postgres://postgres:%s@%s/%s?sslmode=disable", password, guarded.addr, db.Name),
		},
		guard: guarded,
	}
}

// measure interleaves the paths in rounds, so that they share what else the
// machine does, and returns each one's median.
func (p paths) measure(b *testing.B, rounds int, once func(c *pgx.Conn) error, mode pgx.QueryExecMode) map[string]time.Duration {
	b.Helper()
	conns := map[string]*pgx.Conn{}
	times := map[string][]time.Duration{}
	for name, url := range p.urls {
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			b.Fatal(err)
		}
		cfg.DefaultQueryExecMode = mode
		if conns[name], err = pgx.ConnectConfig(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
		defer conns[name].Close(b.Context())
	}
	for range rounds {
		for _, name := range p.names {
			began := time.Now()
			if err := once(conns[name]); err != nil {
				b.Fatal(name, err)
			}
			times[name] = append(times[name], time.Since(began))
		}
	}
	medians := map[string]time.Duration{}
	for name, all := range times {
		slices.Sort(all)
		medians[name] = all[len(all)/2]
	}
	return medians
}

// BenchmarkRoundTrip reports the median time of SELECT 1 on each path, in µs,
// and what the guard costs more than the plain relay: 30 µs is the most it may.
func BenchmarkRoundTrip(b *testing.B) {
	for name, mode := range map[string]pgx.QueryExecMode{
		"simple": pgx.QueryExecModeSimpleProtocol, "prepared": pgx.QueryExecModeCacheStatement} {
		b.Run(name, func(b *testing.B) {
			_, p := newPaths(b)
			for b.Loop() {
				m := p.measure(b, 20000, func(c *pgx.Conn) error {
					_, err := c.Exec(b.Context(), "SELECT 1")
					return err
				}, mode)
				reportMicros(b, m)
				b.ReportMetric(micros(m["guard"]-m["relay"]), "guard-relay-µs")
			}
		})
	}
}

// BenchmarkSchema reports the time of a schema statement that the gate looks
// at, runs between others of its own and, alone, in a block of the guard's.
func BenchmarkSchema(b *testing.B) {
	_, p := newPaths(b)
	for b.Loop() {
		m := p.measure(b, 300, func(c *pgx.Conn) error {
			_, err := c.Exec(b.Context(), "CREATE TABLE bench_schema (id bigint PRIMARY KEY, v text)")
			if err == nil {
				_, err = c.Exec(b.Context(), "DROP TABLE bench_schema")
			}
			return err
		}, pgx.QueryExecModeSimpleProtocol)
		reportMicros(b, m)
		b.ReportMetric(float64(m["guard"])/float64(m["direct"]), "guard/direct")
	}
}

func reportMicros(b *testing.B, m map[string]time.Duration) {
	b.ReportMetric(0, "ns/op") // a b.Loop is many round trips on each path
	for name, d := range m {
		b.ReportMetric(micros(d), name+"-µs")
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// copySize is how much is copied each time, in bytes.
const copySize = 1 << 30

// BenchmarkCopy reports how fast 1 GB goes in and out on each path, in MB/s,
// guard/relay as a ratio (0.9 is the least it may be), and the guard's peak
// memory in MB (64 is the most).
func BenchmarkCopy(b *testing.B) {
	row := strings.Repeat("x", 99) + "\n"
	for name, once := range map[string]func(b *testing.B, c *pgconn.PgConn) error{
		"in": func(b *testing.B, c *pgconn.PgConn) error {
			_, err := c.CopyFrom(b.Context(), &repeated{row: []byte(row), left: copySize}, "COPY sink FROM STDIN WHERE false")
			return err
		},
		"out": func(b *testing.B, c *pgconn.PgConn) error {
			sql := fmt.Sprintf("COPY (SELECT repeat('x', 99) FROM generate_series(1, %d)) TO STDOUT", copySize/len(row))
			_, err := c.CopyTo(b.Context(), io.Discard, sql)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			db, p := newPaths(b)
			db.Exec(b, "CREATE UNLOGGED TABLE sink (v text)")
			for b.Loop() {
				m := p.measure(b, 3, func(c *pgx.Conn) error { return once(b, c.PgConn()) }, pgx.QueryExecModeExec)
				b.ReportMetric(0, "ns/op")
				for name, d := range m {
					b.ReportMetric(copySize/1e6/d.Seconds(), name+"-MB/s")
				}
				b.ReportMetric(float64(m["relay"])/float64(m["guard"]), "guard/relay")
			}
			b.ReportMetric(float64(p.guard.peakMemory(b))/1e6, "guard-peak-MB")
		})
	}
}

// repeated reads as one row again and again.
type repeated struct {
	row  []byte
	left int
	at   int
}

func (r *repeated) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) && r.left > 0 {
		m := copy(b[n:min(len(b), n+r.left)], r.row[r.at:])
		r.at = (r.at + m) % len(r.row)
		n += m
		r.left -= m
	}
	return n, nil
}
