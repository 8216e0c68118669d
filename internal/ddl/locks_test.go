package ddl

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestLocks holds the locks that are foretold to those that servers take, and
// docs/locks.md to what was measured.
func TestLocks(t *testing.T) {
	t.Parallel()
	forms := lockForms(t)
	schema, err := os.ReadFile("testdata/locks/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	page := lockPage{forms: forms, seen: make(map[int][]*lockTaken)}
	var mu sync.Mutex
	t.Run("servers", func(t *testing.T) {
		pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
			l := newLockLab(t, db, string(schema))
			// What waits leaves something behind that is not rolled back.
			waiting := &lockLab{}
			waiting.open(t, db.Server.NewDB(t), string(schema))
			taken := make([]*lockTaken, len(forms))
			for i, f := range forms {
				if f.unmeasured != "" || db.Major < f.since {
					continue
				}
				if f.behind != "" {
					waiting.relations = waiting.look(t, waiting.other)
					taken[i] = waiting.measure(t, f, db.Major, waiting.behind)
				} else {
					taken[i] = l.measure(t, f, db.Major, l.inBlock)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			page.seen[db.Major] = taken
		})
	})
	if len(page.seen) == 5 && !t.Failed() {
		page.check(t)
	}
}

// measure runs a form and compares.
func (l *lockLab) measure(t *testing.T, f lockForm, major int, run func(*testing.T, lockForm) *lockTaken) *lockTaken {
	t.Helper()
	statements := Parse(f.sql)
	if len(statements) != 1 {
		t.Fatalf("%s: %d statements", f.sql, len(statements))
	}
	said, err := resolve(t.Context(), l.other, statements[0])
	if err != nil {
		t.Fatalf("%s: %v", f.sql, err)
	}
	taken := run(t, f)
	if taken == nil {
		return nil
	}
	l.forgetFollowers(taken.locks, said)
	if taken.unread = statements[0].Class == Unparsed; taken.unread {
		return taken
	}
	but := "none"
	if f.but != "" && major <= f.until {
		but = f.but
	}
	differ := difference(taken.locks, said)
	if got := lockText(differ, l.relations); got != but {
		t.Errorf("%s\n\ttakes %s\n\tsaid  %s", f.sql, lockText(taken.locks, l.relations), lockText(said, l.relations))
	}
	for id := range differ {
		said[id] = taken.locks[id]
	}
	if f.behind == "" {
		l.compareWaits(t, f, taken, said)
	}
	return taken
}

// compareWaits: a reader waits for ACCESS EXCLUSIVE, a writer for SHARE and what
// is stronger, of a table or of one of its indexes, which planning locks.
func (l *lockLab) compareWaits(t *testing.T, f lockForm, taken *lockTaken, said map[int64]LockMode) {
	t.Helper()
	var readers, writers []string
	for id, r := range l.relations {
		if r.kind != "r" && r.kind != "p" {
			continue
		}
		mode := said[id]
		for index, i := range l.relations {
			if i.table == id && said[index].Compare(mode) > 0 {
				mode = said[index]
			}
		}
		if mode == AccessExclusive {
			readers = append(readers, r.name)
		}
		if mode.Compare(Share) >= 0 {
			writers = append(writers, r.name)
		}
	}
	slices.Sort(readers)
	slices.Sort(writers)
	if !slices.Equal(readers, taken.readers) || !slices.Equal(writers, taken.writers) {
		t.Errorf("%s\n\treaders wait for %v, said %v\n\twriters wait for %v, said %v", f.sql, taken.readers, readers, taken.writers, writers)
	}
}

// forgetFollowers leaves out what nobody foretells: ACCESS SHARE, and indexes
// that only follow their table's lock.
func (l *lockLab) forgetFollowers(locks, said map[int64]LockMode) {
	maps.DeleteFunc(locks, func(id int64, m LockMode) bool {
		if said[id] != "" {
			return false
		}
		table := l.relations[id].table
		return m == AccessShare || table != 0 && locks[table].Compare(m) >= 0
	})
}

// difference are the locks of the relations on whose mode the two disagree, the
// stronger.
func difference(a, b map[int64]LockMode) map[int64]LockMode {
	differ := make(map[int64]LockMode)
	for _, locks := range []map[int64]LockMode{a, b} {
		for id, m := range locks {
			if a[id] != b[id] && m.Compare(differ[id]) > 0 {
				differ[id] = m
			}
		}
	}
	return differ
}

// lockText is "MODE on RELATION, RELATION; MODE on ...", strongest first.
func lockText(locks map[int64]LockMode, relations map[int64]lockRelation) string {
	var parts []string
	for _, m := range slices.Backward(lockModes[:]) {
		var names []string
		for id, mode := range locks {
			if mode == m {
				names = append(names, relations[id].name)
			}
		}
		if slices.Sort(names); len(names) > 0 {
			parts = append(parts, fmt.Sprintf("%s on %s", m, strings.Join(names, ", ")))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, "; ")
}
