package release_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What the rename of a column of manyRows may take under an overlay: it copies none.
const (
	manyRows     = 10_000_000
	renameLock   = 50 * time.Millisecond
	renameBudget = time.Second
)

// BenchmarkOverlayOfManyRows renames a column of a large table again and again while
// code works on it, and tells what a run takes, from when its lock is asked for to the
// commit, and how long that code waits at most; the median and the worst of each. What
// it copies nothing of makes no difference: 22 to 35 ms of lock with 10,000 rows, too.
func BenchmarkOverlayOfManyRows(b *testing.B) {
	server := pgtest.StartFor(b, pgtest.Options{Durable: true})
	db := server.NewDB(b)
	db.Exec(b, scenarioSchema, "alter table users drop constraint users_key_key",
		fmt.Sprintf("insert into users (key, team) select 'many' || g, 1 from generate_series(1, %d) g", manyRows),
		"alter table users add constraint users_key_key unique (key)", "vacuum analyze users")
	renamed := func(n int) code {
		return code{build: fmt.Sprint("build", n), knows: fmt.Sprintf("key name=name%d amount email note team at", n)}
	}
	st := &stage{db: db, crowd: newCrowd(b, db), dynos: map[string][]*session{}, codes: map[string]code{}}
	last := renamed(0)
	if ended := st.run(b, last, "alter table users rename name to name0"); ended.Exit != 0 {
		b.Fatal(ended.Report.Reason)
	}
	var runs, locks, waits []time.Duration
	for n := 1; b.Loop(); n++ {
		st.starts(b, last)
		st.crowd.goesOn(b)
		next := renamed(n)
		d := deploy{sql: []string{fmt.Sprintf("alter table users rename name%d to name%d", n-1, n)}}
		ended := st.run(b, next, d.messages(n)...)
		if ended.Exit != 0 || len(ended.Report.Shims) != 1 || ended.Report.Shims[0].Kind != "overlay" {
			b.Fatalf("%d, %+v", ended.Exit, ended.Report.Shims)
		}
		runs = append(runs, ended.Report.Duration)
		for _, s := range ended.Report.Statements {
			for _, l := range s.Locks {
				if l.Mode == "ACCESS EXCLUSIVE" {
					locks = append(locks, l.Held)
				}
			}
		}
		st.crowd.goesOn(b)
		for _, s := range st.dynos[last.build] {
			if s.first != "" {
				b.Error(s.first)
			}
			waits = append(waits, s.longest)
		}
		st.stops(last.build)
		last = next
	}
	for unit, took := range map[string][]time.Duration{"run": runs, "lock": locks, "waited": waits} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, unit+"-ms")
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "worst-"+unit+"-ms")
	}
	if lock, run := locks[0], runs[0]; lock > renameLock || run > renameBudget {
		b.Errorf("a run takes %v at best and its lock %v, want at most %v and %v", run, lock, renameBudget, renameLock)
	}
}
