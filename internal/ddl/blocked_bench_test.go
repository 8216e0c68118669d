package ddl

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/locklab"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const (
	// blockedPagePath is written by "make bench BENCH=Blocked" with -update, and no
	// test holds it to anything: times are a machine's.
	blockedPagePath = "../../docs/blocked.md"
	blockedRounds   = 3
	// blockedLeast is the wait from which on a form is listed: what reads or writes
	// nothing is over in a few milliseconds, on a busy machine too.
	blockedLeast = 20 * time.Millisecond
)

// filledTables are 100,000 rows more in the tables that most forms are about.
const filledTables = `insert into teams select g, 't' || g, g from generate_series(4, 100000) g;
	insert into users (id, email, name, age, ident2, mood, mail, at, maybe, score, team_id, nullable)
		select g, 'm' || g, 'n' || g, g, g, 'ok', 'a@b', now(), g, g, 1, g from generate_series(4, 100000) g;
	insert into orders select g, 1, 1, 10, g, '[1,2)', 'n' || g from generate_series(4, 100000) g;
	insert into parts select g, 'n' || g, 1 from generate_series(100, 100000) g;
	insert into days select 1, 'n' || g from generate_series(1, 100000) g;
	insert into animals select g, 'n' || g from generate_series(4, 100000) g; insert into dogs select g, 'n' || g from generate_series(4, 100000) g;
	insert into untyped select g, 'n' || g from generate_series(4, 100000) g; analyze`

const blockedPageHead = `# Blocked time

How long others waited for statements on tables of 100,000 rows, in milliseconds: two
sessions read and wrote every 2 ms each table of which [docs/locks.md](locks.md) says that
somebody waits, while a third ran the statement by itself, without migguard, and ended its
transaction at once. Medians of %d, PostgreSQL %d. Each is the longest single read, or
write; a statement inside a longer transaction blocks until that ends. Listed are those with
a wait of %v or more, of %d that were measured: the others read and write
nothing, by docs/locks.md, or only little tables, or are quicker than that.
The times are one machine's, with other work on it, and only their order tells anything.
"make bench BENCH=Blocked" measures anew; no test holds this page to anything.

| statement | took | longest read | longest write |
| --- | --- | --- | --- |
`

// BenchmarkBlocked measures blocked time, form by form, and prints it as a page.
func BenchmarkBlocked(b *testing.B) {
	server, other := pgtest.StartFor(b, pgtest.Options{}), pgtest.StartFor(b, pgtest.Options{}) // the schema has roles
	filled, small := locklab.New(b, server.NewDB(b), lockForms), locklab.New(b, other.NewDB(b), lockForms)
	filled.Fill(b, filledTables)
	for b.Loop() {
		var rows bytes.Buffer
		measured := 0
		for _, f := range locklab.Forms(b, lockForms) {
			if f.Behind != "" || f.Alone != "" || f.Unmeasured != "" || f.Fails.What != "" || server.Major < f.Since {
				continue
			}
			did := small.Do(b, f)
			if did == nil || len(did.Writers) == 0 {
				continue
			}
			met, err := blocked(b, filled, f, append(did.Writers, did.Keys...))
			if err != nil {
				b.Logf("%s: %v", f.SQL, err)
				continue
			}
			measured++
			if max(met.Read, met.Write) >= blockedLeast {
				fmt.Fprintf(&rows, "| %s | %d | %d | %d |\n", code(f.SQL), met.Took.Milliseconds(), met.Read.Milliseconds(), met.Write.Milliseconds())
			}
		}
		b.ReportMetric(float64(measured), "forms")
		page := append(fmt.Appendf(nil, blockedPageHead, blockedRounds, server.Major, blockedLeast, measured), rows.Bytes()...)
		if !*update {
			b.Logf("%s", page)
		} else if err := os.WriteFile(blockedPagePath, page, 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// blocked is the median of each time.
func blocked(b *testing.B, l *locklab.Lab, f locklab.Form, tables []string) (locklab.Blocked, error) {
	var took, read, write []time.Duration
	for range blockedRounds {
		met, err := l.Meet(b, f, tables)
		if err != nil {
			return met, err
		}
		took, read, write = append(took, met.Took), append(read, met.Read), append(write, met.Write)
	}
	middle := func(d []time.Duration) time.Duration { slices.Sort(d); return d[len(d)/2] }
	return locklab.Blocked{Took: middle(took), Read: middle(read), Write: middle(write)}, nil
}
