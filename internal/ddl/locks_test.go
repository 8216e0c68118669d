package ddl

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/migguard/migguard/internal/testkit/locklab"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// lockForms is the folder of the forms, and of the schema they run on.
const lockForms = "testdata/locks"

// A lockTaken is what one statement did on one server, and its locks, the strongest
// on each relation.
type lockTaken struct {
	*locklab.Taken
	locks map[int64]LockMode
	names map[int64]locklab.Relation
	// unread: the grammar does not know the statement, so nothing is foretold.
	unread bool
}

// TestLocks holds the locks that are foretold to those that servers take, and
// docs/locks.md to what was measured.
func TestLocks(t *testing.T) {
	t.Parallel()
	forms := locklab.Forms(t, lockForms)
	page := lockPage{forms: forms, seen: make(map[int][]*lockTaken)}
	var mu sync.Mutex
	t.Run("servers", func(t *testing.T) {
		pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
			l := locklab.New(t, db, lockForms)
			taken := make([]*lockTaken, len(forms))
			for i, f := range forms {
				if f.Unmeasured == "" && db.Major >= f.Since {
					taken[i] = measure(t, l, f, db.Major)
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
func measure(t *testing.T, l *locklab.Lab, f locklab.Form, major int) *lockTaken {
	t.Helper()
	statements := Parse(f.SQL)
	if len(statements) != 1 {
		t.Fatalf("%s: %d statements", f.SQL, len(statements))
	}
	home := l.Home(t, f)
	said := resolve(t, home, statements[0])
	names := home.Relations
	did := l.Do(t, f)
	if did == nil {
		return nil
	}
	taken := &lockTaken{Taken: did, names: names, locks: strongest(did.Modes), unread: statements[0].Class == Unparsed}
	if taken.unread || f.Alone != "" || did.Failed != "" {
		return taken
	}
	forgetFollowers(taken.locks, said, names)
	differ := difference(taken.locks, said)
	if got := lockText(differ, names); got != f.Locks.On(major) {
		t.Errorf("%s\n\ttakes %s\n\tsaid  %s", f.SQL, lockText(taken.locks, names), lockText(said, names))
	}
	for id := range differ {
		said[id] = taken.locks[id]
	}
	compareWaits(t, f, home, taken, said)
	return taken
}

// resolve tells which relations a statement is said to lock, each in the strongest
// mode, as oids.
func resolve(t *testing.T, l *locklab.Lab, s Statement) map[int64]LockMode {
	t.Helper()
	var constraints, columns []string
	for _, c := range s.Changes {
		switch c := c.(type) {
		case DropConstraint:
			constraints = append(constraints, c.Name)
		case ValidateConstraint:
			constraints = append(constraints, c.Name)
		case DropColumn:
			columns = append(columns, c.Column)
		case ChangeColumnType:
			columns = append(columns, c.Column)
		case SetIdentity:
			columns = append(columns, c.Column)
		case DropIdentity:
			columns = append(columns, c.Column)
		}
	}
	locks := make(map[int64]LockMode)
	for _, k := range s.Locks {
		for _, id := range l.Reach(t, locklab.Object{Name: k.Relation.String(), Bare: k.Relation.Name, Kind: string(k.Kind), Via: string(k.Via),
			Recurse: k.Recurse, Constraints: constraints, Columns: columns}) {
			if had, ok := locks[id]; !ok || k.Mode.Compare(had) > 0 {
				locks[id] = k.Mode
			}
		}
	}
	return locks
}

// strongest reads the modes of pg_locks.
func strongest(modes map[int64][]string) map[int64]LockMode {
	locks := make(map[int64]LockMode)
	for id, modes := range modes {
		for _, mode := range modes {
			m := ServerMode(mode)
			if had, ok := locks[id]; !ok || m.Compare(had) > 0 {
				locks[id] = m
			}
		}
	}
	return locks
}

// compareWaits: a reader waits for ACCESS EXCLUSIVE, a writer for SHARE and what
// is stronger, of a table or of one of its indexes, which planning locks. A row with
// a key is deleted when the tables that refer to it were read, FOR KEY SHARE, which
// waits for EXCLUSIVE (ri_triggers.c).
func compareWaits(t *testing.T, f locklab.Form, home *locklab.Lab, taken *lockTaken, said map[int64]LockMode) {
	t.Helper()
	with := make(map[int64]LockMode) // its indexes
	for id := range taken.names {
		with[id] = said[id]
	}
	for index, i := range taken.names {
		if i.Table != 0 && said[index].Compare(with[i.Table]) > 0 {
			with[i.Table] = said[index]
		}
	}
	var readers, writers, keys []string
	for id, r := range taken.names {
		if r.Kind != "r" && r.Kind != "p" {
			continue
		}
		if with[id] == AccessExclusive {
			readers = append(readers, r.Name)
		}
		switch {
		case with[id].Compare(Share) >= 0:
			writers = append(writers, r.Name)
		case slices.ContainsFunc(home.Referencing[id], func(from int64) bool { return with[from].Compare(Exclusive) >= 0 }):
			keys = append(keys, r.Name)
		}
	}
	for _, c := range []struct {
		who          string
		waited, said []string
	}{{"readers", taken.Readers, readers}, {"writers", taken.Writers, writers}, {"keys", taken.Keys, keys}} {
		if slices.Sort(c.said); !slices.Equal(c.waited, c.said) {
			t.Errorf("%s\n\t%s wait for %v, said %v", f.SQL, c.who, c.waited, c.said)
		}
	}
}

// forgetFollowers leaves out what nobody foretells: ACCESS SHARE, and indexes
// that only follow their table's lock.
func forgetFollowers(locks, said map[int64]LockMode, names map[int64]locklab.Relation) {
	maps.DeleteFunc(locks, func(id int64, m LockMode) bool {
		if said[id] != "" {
			return false
		}
		table := names[id].Table
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
func lockText(locks map[int64]LockMode, relations map[int64]locklab.Relation) string {
	var parts []string
	for _, m := range slices.Backward(lockModes[:]) {
		var names []string
		for id, mode := range locks {
			if mode == m {
				names = append(names, relations[id].Name)
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

// Every type of change has a form.
func TestLocksOfEveryChange(t *testing.T) {
	t.Parallel()
	measured := make(map[string]bool)
	for _, f := range locklab.Forms(t, lockForms) {
		for _, c := range Parse(f.SQL)[0].Changes {
			measured[c.ChangeType()] = true
		}
	}
	files, err := filepath.Glob("changes_*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	name := regexp.MustCompile(`ChangeType\(\) string \{ return "(\w+)" \}`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range name.FindAllSubmatch(text, -1) {
			if !measured[string(found[1])] {
				t.Errorf("%s: no form of %s", file, found[1])
			}
		}
	}
}
