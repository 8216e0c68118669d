package cli_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// bigTable is what the old code of BenchmarkStalls uses: two million rows.
const bigTable = `create table ref (id int primary key); insert into ref select generate_series(1, 1000);
	create table big (id int primary key, ref_id int not null, note text, n int);
	insert into big select g, 1 + g % 1000, 'note ' || g, g from generate_series(1, 2000000) g;
	create sequence fresh start 3000000; vacuum analyze big`

// rewritten are migrations that migguard rewrites, as psql sends them.
var rewritten = []struct{ name, sql string }{
	{"index", "CREATE INDEX big_note ON big (note);"},
	{"unique_index", "CREATE UNIQUE INDEX big_note ON big (note);"},
	{"check", "ALTER TABLE big ADD CONSTRAINT short CHECK (length(note) < 1000);"},
	{"not_null", "ALTER TABLE big ALTER COLUMN note SET NOT NULL;"},
	{"foreign_key", "ALTER TABLE big ADD FOREIGN KEY (ref_id) REFERENCES ref;"},
	{"inline_check", "ALTER TABLE big ADD COLUMN rank int NOT NULL DEFAULT 1 CHECK (rank > 0);"},
	{"in_a_block", "BEGIN; ALTER TABLE big ADD COLUMN rank int; CREATE INDEX big_note ON big (note); ALTER TABLE big ADD CHECK (n > 0); COMMIT;"},
}

// usage is how the old code fared: its longest wait, and how many of its
// statements failed.
type usage struct {
	sync.Mutex
	longest time.Duration
	failed  int
}

// useBig has four sessions read and write the table, 200 statements a second,
// until stop is called.
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
					"insert into big (id, ref_id, note, n) select nextval('fresh'), 1, 'fresh ' || currval('fresh'), $1"}[n%3]
				began := time.Now()
				_, err := conn.Exec(b.Context(), sql, 1+rand.N(2_000_000))
				u.Lock()
				u.longest = max(u.longest, time.Since(began))
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

// BenchmarkStalls measures the longest wait of old code under load while each
// migration runs, by itself and through the guard. The goal is 250 ms.
func BenchmarkStalls(b *testing.B) {
	server := pgtest.StartFor(b, pgtest.Options{})
	for _, m := range rewritten {
		b.Run(m.name, func(b *testing.B) {
			dir := b.TempDir()
			writeFile(b, dir, "migration.sql", m.sql)
			line := `psql "$DATABASE_URL" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=migration.sql`
			for b.Loop() {
				for way, migrate := range map[string]func(url string){
					"bare": func(url string) {
						cmd := exec.Command("sh", "-c", line)
						cmd.Dir, cmd.Env = dir, append(os.Environ(), "DATABASE_URL="+url)
						if out, err := cmd.CombinedOutput(); err != nil {
							b.Fatalf("%v\n%s", err, out)
						}
					},
					"guarded": func(url string) { on(url, "run", "--", line).in(dir).run(b).expect(b, 0) },
				} {
					db := server.NewDB(b)
					db.Exec(b, bigTable)
					stop := useBig(b, db.URL)
					took := timed(func() { migrate(db.URL) })
					u := stop()
					b.ReportMetric(float64(u.longest.Milliseconds()), "ms/stall_"+way)
					b.ReportMetric(float64(u.failed), "failed_"+way)
					b.ReportMetric(took.Seconds(), "s/"+way)
				}
			}
		})
	}
}
