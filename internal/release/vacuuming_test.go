package release_test

import (
	"testing"
	"time"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// slowlyVacuumed is a table whose autovacuum takes minutes: 0.1 s a block.
const slowlyVacuumed = `alter table a set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
		autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
	insert into a select g, repeat('x', 1000) from generate_series(1, 20000) g; update a set id = -id`

// An autovacuum is not what a lock is given up for: the server cancels it for one that
// waits for longer than a strong lock may.
func TestAutovacuumGivesWay(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		s := pgtest.StartFor(t, pgtest.Options{Major: shared.Major, Settings: map[string]string{"autovacuum_naptime": "1s"}})
		for name, c := range map[string]struct{ given, text string }{
			"alone":     {"", "alter table a rename to b"},
			"block":     {"", "begin; alter table a rename to b; commit"},
			"task":      {"", "alter table a rename name to label"},
			"partition": {"create table p (id int, name text) partition by range (id); alter table p attach partition a default", "alter table p add more int"},
			"drop":      {"", ""},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := s.NewDB(t)
				b := setup(t, db, options{lockWait: 20 * time.Second}, "create table a (id int primary key, name text)", c.given)
				if c.text == "" {
					b.run(t, "alter table a rename name to label")
					b.end(t, ledger.Succeeded)
				}
				db.Exec(t, slowlyVacuumed)
				await(t, db, "select count(*) > 0 from pg_stat_progress_vacuum where relid = 'a'::regclass")
				if c.text == "" {
					run, id := b.later(t, 0)
					if err := run.Prepare(t.Context(), id); err != nil {
						t.Fatal(err)
					}
					if left := db.Value(t, "select count(*) from pg_attribute where attrelid = 'a'::regclass and attnum > 0 and not attisdropped"); left != "2" {
						t.Errorf("%s columns", left)
					}
					return
				}
				b.run(t, c.text)
			})
		}
	}
}
