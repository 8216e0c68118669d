package cli_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// bigTable is what the old code of benchmarks uses, with that many rows of about 50
// bytes and a filler of that many times 32. The server compresses no row of less than
// 2 kB (TOAST_TUPLE_THRESHOLD, manual, "TOAST"), so a scan reads all of it.
func bigTable(rows, filler int) string {
	return fmt.Sprintf(`create table ref (id int primary key); insert into ref select generate_series(1, 1000);
	create table big (id int primary key, ref_id int not null, note text, n int, filler text);
	insert into big select g, 1 + g %% 1000, 'note ' || g, g, nullif(repeat(md5(g::text), %[2]d), '') from generate_series(1, %[1]d) g;
	create materialized view totals as select ref_id, count(*), sum(n), max(note) from big group by ref_id; create unique index totals_ref on totals (ref_id);
	create sequence fresh start 10000000`, rows, filler)
}

// A stalling is a migration that stops old code, as psql sends it, and the hazard for
// which migguard rewrites it.
type stalling struct{ name, hazard, sql string }

// rewritten are those that are measured.
var rewritten = []stalling{
	{"index", "blocking-index", "CREATE INDEX big_note ON big (note);"},
	{"unique_index", "blocking-index", "CREATE UNIQUE INDEX big_note ON big (note);"},
	{"check", "blocking-constraint", "ALTER TABLE big ADD CONSTRAINT short CHECK (length(note) < 1000);"},
	{"not_null", "blocking-constraint", "ALTER TABLE big ALTER COLUMN note SET NOT NULL;"},
	{"foreign_key", "blocking-constraint", "ALTER TABLE big ADD FOREIGN KEY (ref_id) REFERENCES ref;"},
	{"unique", "blocking-constraint", "ALTER TABLE big ADD UNIQUE (id, n);"},
	{"inline_check", "blocking-constraint", "ALTER TABLE big ADD COLUMN rank int NOT NULL DEFAULT 1 CHECK (rank > 0);"},
	{"volatile_default", "blocking-alter", "ALTER TABLE big ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();"},
	{"serial", "blocking-alter", "ALTER TABLE big ADD COLUMN rank serial;"},
	{"reindex", "blocking-index", "REINDEX TABLE big;"},
	{"refresh", "blocking-refresh", "REFRESH MATERIALIZED VIEW totals;"},
	{"in_a_block", "blocking-index", "BEGIN; ALTER TABLE big ADD COLUMN rank int; CREATE INDEX big_note ON big (note); ALTER TABLE big ADD CHECK (n > 0); COMMIT;"},
}

// rewrites is a policy under which nothing waits for old code to go.
const rewrites = "[policy]\nrejected-write = \"allow\"\n"

// through is a migration by psql in a folder.
func through(url, dir string) call { return on(url, "run", "--", psqlLine).in(dir) }

// psqlLine runs migration.sql.
const psqlLine = `psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=migration.sql`

// What is measured is rewritten, and each hazard that is has a migration.
func TestStallsOfEveryHazard(t *testing.T) {
	t.Parallel()
	filled := pgtest.New(t)
	filled.Exec(t, bigTable(100, 0))
	for _, m := range rewritten {
		dir := t.TempDir()
		writeFile(t, dir, "migration.sql", m.sql)
		writeFile(t, dir, "migguard.toml", largeTables+rewrites)
		through(filled.Copy(t).URL, dir).run(t).expect(t, 0, "rewritten ")
	}
	for _, h := range hazard.All {
		if h.Rewritten && !slices.ContainsFunc(rewritten, func(m stalling) bool { return m.hazard == h.ID }) {
			t.Errorf("no migration of %s", h.ID)
		}
	}
}

// usage is how the old code fared: how long its statements took, and how many
// failed.
type usage struct {
	sync.Mutex
	took   []time.Duration
	failed int
}

func (u *usage) longest() time.Duration { return slices.Max(u.took) }

func (u *usage) p99() time.Duration {
	return slices.Sorted(slices.Values(u.took))[len(u.took)*99/100]
}

// useBig has four sessions read and write the table, and read its view, 200 statements
// a second, until stop is called.
func useBig(b *testing.B, url string) (stop func() *usage) {
	ctx, cancel := context.WithCancel(b.Context())
	var u usage
	var all sync.WaitGroup
	for range 4 {
		conn, err := pgx.Connect(b.Context(), url)
		if err != nil {
			b.Fatal(err)
		}
		all.Go(func() {
			defer func() { _ = conn.Close(context.Background()) }()
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				sql := []string{"select note from big where id = $1", "update big set n = n + 1 where id = $1",
					"insert into big (id, ref_id, note, n) select nextval('fresh'), 1, 'fresh ' || currval('fresh'), $1",
					"select count from totals where ref_id = $1"}[n%4]
				began := time.Now()
				_, err := conn.Exec(b.Context(), sql, 1+rand.N(2_000_000))
				u.Lock()
				u.took = append(u.took, time.Since(began))
				if err != nil {
					u.failed++
				}
				u.Unlock()
			}
		})
	}
	return func() *usage {
		cancel()
		all.Wait()
		return &u
	}
}

// stallRounds is how often each migration runs either way.
const stallRounds = 3

// BenchmarkStalls measures the longest wait of old code under load while each
// migration runs, by itself and through the guard; the goal is 250 ms. "stall" is
// the wait as the code sees it, pauses of a busy machine included, which
// "nothing" shows by itself: three seconds in which a process computes and no
// migration runs. "lock" is the longest wait for a lock, as the server logs it,
// from 10 ms on, and "load" that of the machine, which other work raises. Medians of
// three.
func BenchmarkStalls(b *testing.B) {
	server := pgtest.StartFor(b, pgtest.Options{Settings: map[string]string{"log_lock_waits": "on", "deadlock_timeout": "10ms"}})
	filled := server.NewDB(b)
	filled.Exec(b, bigTable(2_000_000, 12))
	filled.Exec(b, "vacuum analyze big")
	admin := server.NewDB(b)
	count := 0
	measure := func(b *testing.B, way string, migrate func(b *testing.B, url string)) {
		var stalls, locks, took, loads []float64
		failed := 0
		for range stallRounds {
			count++
			name := fmt.Sprintf("stalls_%d", count)
			admin.Exec(b, "CREATE DATABASE "+name+" TEMPLATE "+filled.Name+" STRATEGY file_copy")
			url := server.URL(name)
			stop := useBig(b, url)
			took = append(took, timed(func() { migrate(b, url) }).Seconds())
			u := stop()
			admin.Exec(b, "DROP DATABASE "+name+" WITH (FORCE)")
			stalls = append(stalls, float64(u.longest().Milliseconds()))
			locks = append(locks, longestLockWait(b, server.Log(), name))
			loads = append(loads, machineLoad(b))
			failed += u.failed
		}
		b.ReportMetric(median(stalls), "ms/stall_"+way)
		b.ReportMetric(median(locks), "ms/lock_"+way)
		b.ReportMetric(float64(failed), "failed_"+way)
		b.ReportMetric(median(took), "s/"+way)
		b.ReportMetric(median(loads), "load_"+way)
	}
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			measure(b, "alone", func(*testing.B, string) {
				for began := time.Now(); time.Since(began) < 3*time.Second; {
				}
			})
		}
	})
	for _, m := range rewritten {
		b.Run(m.name, func(b *testing.B) {
			dir := b.TempDir()
			writeFile(b, dir, "migration.sql", m.sql)
			writeFile(b, dir, "migguard.toml", rewrites)
			for b.Loop() {
				measure(b, "bare", func(b *testing.B, url string) {
					cmd := exec.Command("sh", "-c", psqlLine)
					cmd.Dir, cmd.Env = dir, append(os.Environ(), "DATABASE_URL="+url)
					if out, err := cmd.CombinedOutput(); err != nil {
						b.Fatalf("%v\n%s", err, out)
					}
				})
				measure(b, "guarded", func(b *testing.B, url string) { through(url, dir).run(b).expect(b, 0, "rewritten ") })
			}
		})
	}
}

// machineLoad is how many processes ran or waited for a core, on the average of the
// last minute (proc(5)).
func machineLoad(b *testing.B) (load float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, err = fmt.Sscan(string(text), &load)
	}
	if err != nil {
		b.Fatal(err)
	}
	return load
}

var lockWait = regexp.MustCompile(`@(\S+) .* acquired \w+ on .* after ([0-9.]+) ms`)

// longestLockWait is that of a database's sessions, in ms.
func longestLockWait(b *testing.B, log, database string) (longest float64) {
	for _, m := range lockWait.FindAllStringSubmatch(log, -1) {
		if m[1] != database {
			continue
		}
		ms, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			b.Fatal(err)
		}
		longest = max(longest, ms)
	}
	return longest
}
