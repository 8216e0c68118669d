// Package locklab runs forms of statements on real servers and looks at what each
// does: which locks it takes, who has to wait, which relations it writes anew and
// which it reads from end to end, and how long others wait. It judges nothing.
package locklab

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A Form is a line of the forms' files: a statement, and behind it what a test has
// to know of it.
type Form struct {
	Group, SQL string
	// Since is the first major that knows the statement.
	Since int
	// Behind is what another session does, so that the statement, which cannot
	// run in a transaction block, waits with its locks.
	Behind string
	// Alone is why its locks are not looked at: it runs by itself, to its end.
	Alone string
	// Locks and Work are what is foretold otherwise than servers do.
	Locks, Work Difference
	// Fails is the SQLSTATE with which servers refuse it.
	Fails Difference
	// Unmeasured is why nothing was measured.
	Unmeasured string
}

// A Difference is what is otherwise on majors up to Until, and why.
type Difference struct {
	What, Why string
	Until     int
}

// On is what is different on a major; "none" if nothing is.
func (d Difference) On(major int) string {
	if d.What == "" || major > d.Until {
		return "none"
	}
	return d.What
}

// newestMajor is the newest of pgtest.
const newestMajor = 18

// Forms reads the forms of a folder, file by file; "-- # " begins a group.
func Forms(t testing.TB, dir string) []Form {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "[0-9]*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var forms []Form
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
			f := Form{Group: group, SQL: strings.TrimSuffix(sql, ";")}
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

func (f *Form) take(t testing.TB, note string) {
	t.Helper()
	var err error
	if major, ok := strings.CutPrefix(note, "since "); ok {
		f.Since, err = strconv.Atoi(major)
	} else if why, ok := strings.CutPrefix(note, "not measured: "); ok {
		f.Unmeasured = why
	} else if why, ok := strings.CutPrefix(note, "alone: "); ok {
		f.Alone = why
	} else if sql, ok := strings.CutPrefix(note, "behind "); ok {
		f.Behind = sql
	} else if difference, ok := strings.CutPrefix(note, "but "); ok {
		f.Locks, err = readDifference(difference)
	} else if state, ok := strings.CutPrefix(note, "fails "); ok {
		f.Fails, err = readDifference(state)
	} else if difference, ok := strings.CutPrefix(note, "work "); ok {
		f.Work, err = readDifference(difference)
	} else if note != "" {
		t.Fatalf("%s: what is %q?", f.SQL, note)
	}
	if err != nil {
		t.Fatalf("%s: %v", f.SQL, err)
	}
}

// readDifference reads "[until MAJOR ]WHAT: WHY".
func readDifference(text string) (Difference, error) {
	d := Difference{Until: newestMajor}
	var err error
	d.What, d.Why, _ = strings.Cut(text, ": ")
	if until, ok := strings.CutPrefix(d.What, "until "); ok {
		until, d.What, _ = strings.Cut(until, " ")
		d.Until, err = strconv.Atoi(until)
	}
	return d, err
}
