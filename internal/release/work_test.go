package release_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/testkit/locklab"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// lockForms is the folder of the forms that docs/locks.md shows.
const lockForms = "../ddl/testdata/locks"

// TestWorkOfForms holds what is foretold of relations that are written anew, and read
// from end to end, to what servers do.
func TestWorkOfForms(t *testing.T) {
	t.Parallel()
	forms := locklab.Forms(t, lockForms)
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locklab.New(t, db, lockForms)
		b := setup(t, db, options{large: true})
		asks := db.Connect(t)
		for _, f := range forms {
			if f.Unmeasured != "" || db.Major < f.Since || ddl.Parse(f.SQL)[0].Class == ddl.Unparsed {
				continue
			}
			written, read, err := foretell(t, l, b, asks, f.SQL)
			taken := l.Do(t, f)
			if taken == nil || taken.Failed != "" {
				continue
			}
			if err != nil {
				t.Errorf("%s: %s", f.SQL, explain(err))
			}
			differ := slices.Concat(differences("writes", written, taken.Written), differences("reads", read, taken.Read))
			got := "none"
			if len(differ) > 0 {
				got = strings.Join(differ, ", ")
			}
			if got != f.Work.On(db.Major) {
				t.Errorf("%s\n\twrites %v, said %v\n\treads %v, said %v\n\t%s", f.SQL, taken.Written, written, taken.Read, read, got)
			}
		}
	})
}

// foretell names the relations of which work is foretold: what is written anew is
// read, too, and an index with its table. A statement that is refused may make the
// gate's own questions fail.
func foretell(t *testing.T, l *locklab.Lab, b *bundle, conn *pgx.Conn, sql string) (written, read []string, err error) {
	t.Helper()
	run := func(sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	run("begin")
	defer run("rollback")
	work, err := b.Work(t.Context(), conn, sql)
	if err != nil {
		return nil, nil, err
	}
	rewritten, scanned := map[int64]bool{}, map[int64]bool{}
	for _, w := range work {
		o := locklab.Object{Name: w.Relation.String(), Bare: w.Relation.Name, Kind: string(w.Kind), Via: string(w.Via), Recurse: w.Recurse, Valid: w.Valid}
		if w.Column != "" {
			o.Columns = []string{w.Column}
		}
		if w.Constraint != "" {
			o.Constraints = []string{w.Constraint}
		}
		for _, id := range l.Reach(t, o) {
			if r := l.Relations[id]; r.HasFile() && r.Kind != "S" {
				rewritten[id] = rewritten[id] || w.Rewrites
				scanned[id] = scanned[id] || w.Scans
			}
		}
	}
	for id := range scanned {
		switch r := l.Relations[id]; {
		case rewritten[id] && !rewritten[r.Table]:
			written = append(written, r.Name)
		case !rewritten[id] && r.Table == 0:
			read = append(read, r.Name)
		}
	}
	slices.Sort(written)
	slices.Sort(read)
	return written, read, nil
}

// differences are what only one of two lists holds.
func differences(does string, foretold, seen []string) (differ []string) {
	for _, name := range foretold {
		if !slices.Contains(seen, name) {
			differ = append(differ, fmt.Sprintf("foretold %s %s", does, name))
		}
	}
	for _, name := range seen {
		if !slices.Contains(foretold, name) {
			differ = append(differ, fmt.Sprintf("not foretold %s %s", does, name))
		}
	}
	return differ
}
