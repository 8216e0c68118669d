package ddl

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A lockForm is a line of testdata/locks: a statement, and behind it what the
// test has to know of it.
type lockForm struct {
	group, sql string
	// since is the first major that knows the statement.
	since int
	// behind is what another session does, so that the statement, which cannot
	// run in a transaction block, waits with its locks.
	behind string
	// but is a lock that is taken and not foretold, or the other way round, on
	// majors up to until, and why.
	but, why string
	until    int
	// unmeasured is why nothing was measured.
	unmeasured string
}

// newestMajor is the newest of pgtest.
const newestMajor = 18

// lockForms reads the forms, file by file; "-- # " begins a group.
func lockForms(t *testing.T) []lockForm {
	t.Helper()
	files, err := filepath.Glob("testdata/locks/[0-9]*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var forms []lockForm
	group := ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if title, ok := strings.CutPrefix(line, "-- # "); ok {
				group = title
				continue
			}
			sql, notes, _ := strings.Cut(line, "; -- ")
			f := lockForm{group: group, sql: strings.TrimSuffix(sql, ";")}
			for note := range strings.SplitSeq(notes, "; ") {
				f.take(t, note)
			}
			forms = append(forms, f)
		}
	}
	if len(forms) < 300 {
		t.Fatalf("found only %d forms", len(forms))
	}
	return forms
}

func (f *lockForm) take(t *testing.T, note string) {
	t.Helper()
	var err error
	if major, ok := strings.CutPrefix(note, "since "); ok {
		f.since, err = strconv.Atoi(major)
	} else if why, ok := strings.CutPrefix(note, "not measured: "); ok {
		f.unmeasured = why
	} else if sql, ok := strings.CutPrefix(note, "behind "); ok {
		f.behind = sql
	} else if difference, ok := strings.CutPrefix(note, "but "); ok {
		f.but, f.why, _ = strings.Cut(difference, ": ")
		f.until = newestMajor
		if until, ok := strings.CutPrefix(f.but, "until "); ok {
			until, f.but, _ = strings.Cut(until, " ")
			f.until, err = strconv.Atoi(until)
		}
	} else if note != "" {
		t.Fatalf("%s: what is %q?", f.sql, note)
	}
	if err != nil {
		t.Fatalf("%s: %v", f.sql, err)
	}
}
