package ddl

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/locklab"
)

// lockPagePath is made of what the servers of all majors did.
const lockPagePath = "../../docs/locks.md"

// A lockPage is what each form did on each major, nil where it is not known.
type lockPage struct {
	forms []locklab.Form
	seen  map[int][]*lockTaken
}

// check holds the page to what was measured, or writes it anew.
func (p lockPage) check(t *testing.T) {
	t.Helper()
	want := p.render()
	if *update {
		if err := os.WriteFile(lockPagePath, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(lockPagePath)
	if err != nil {
		t.Fatal(err)
	}
	if line := firstDifference(got, want); line != "" {
		t.Errorf("docs/locks.md is not what servers do: run \"make generate\"\n%s", line)
	}
}

const lockPageHead = `# Locks

What statements lock, write anew and read, measured on PostgreSQL %d to %d: each ran on
tables with rows while another session looked at pg_locks and tried to read and to
write each table. migguard foretells the same from the text, the catalogs and, for some,
an attempt on an empty copy: TestLocks compares the locks and who waits, and
TestWorkOfForms what is written and read, form by form. Where they differ, the row says
so and why, in brackets. "make generate" writes this page from what servers did. The
tables are those of
` + "`internal/ddl/testdata/locks/schema.sql`" + `.

*Locks* are those on relations that were there before, the strongest on each; left
out are ACCESS SHARE, system catalogs, and indexes whose table is locked as hard.
*Readers wait*, *writers wait*: SELECT, or DELETE, from another session has to wait. *Keys
wait*: of a table that can be written no row can be deleted that another table may refer to,
because the foreign key has that one read, which is locked; nor can its key be changed.
How long all these wait on larger tables, [blocked.md](blocked.md) tells.
*Written anew*: the relation has another file, which is not empty; an index goes with
its table. *Read*: its rows were read from end to end, and it was not written anew, which
reads it too; ANALYZE, which reads a sample, and VACUUM, which reads what has changed, are
not counted. The server was told to use no index scans, so that what is looked up for
every row counts as read. *Differs* names the versions on which one of these is different.

What cannot run in a transaction block was looked at while it waited for another session,
and then let go to its end: its locks are those at that moment. What takes its tables one
after the other ran by itself: of it the locks are not known. "fails" is how servers refuse
a form on these tables.
`

func (p lockPage) render() []byte {
	majors := slices.Sorted(maps.Keys(p.seen))
	newest := majors[len(majors)-1]
	var b bytes.Buffer
	fmt.Fprintf(&b, lockPageHead, majors[0], newest)
	group := ""
	var unmeasured []locklab.Form
	for i, f := range p.forms {
		if f.Unmeasured != "" {
			unmeasured = append(unmeasured, f)
			continue
		}
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "\n## %s\n\n| form | locks | readers wait | writers wait | keys wait | written anew | read | differs |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n", group)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code(f.SQL), strings.Join(p.seen[newest][i].cells(f), " | "), p.differs(i, majors))
	}
	b.WriteString("\n## Not measured\n\nWhat is said of these is from the server's source; the function is named.\n\n| form | why |\n| --- | --- |\n")
	for _, f := range unmeasured {
		fmt.Fprintf(&b, "| %s | %s |\n", code(f.SQL), f.Unmeasured)
	}
	return b.Bytes()
}

func code(sql string) string { return "`" + strings.ReplaceAll(sql, "|", "\\|") + "`" }

// cells are the columns of a row but the first and the last.
func (l *lockTaken) cells(f locklab.Form) []string {
	locks := lockText(l.locks, l.names)
	switch {
	case l.Failed != "":
		return []string{"fails, " + l.Failed, "", "", "", "", ""}
	case f.Alone != "":
		locks = "not known: " + f.Alone
	case f.Locks.What != "":
		locks += fmt.Sprintf(" (%s: %s)", f.Locks.What, f.Locks.Why)
	case l.unread:
		locks += " (not foretold: the grammar of PostgreSQL 17 does not know it)"
	}
	cells := []string{locks}
	for _, names := range [][]string{l.Readers, l.Writers, l.Keys, l.Written, l.Read} {
		cells = append(cells, strings.Join(names, ", "))
	}
	if f.Work.What != "" {
		cells[5] = strings.TrimSpace(cells[5] + fmt.Sprintf(" (%s: %s)", f.Work.What, f.Work.Why))
	}
	return cells
}

// differs tells on which majors a form did something else than on the newest.
func (p lockPage) differs(i int, majors []int) string {
	titles := []string{"locks", "readers wait", "writers wait", "keys wait", "written anew", "read"}
	f := p.forms[i]
	newest := p.seen[majors[len(majors)-1]][i].cells(f)
	var texts []string
	var who [][]string
	for _, major := range majors {
		text := ""
		if l := p.seen[major][i]; l == nil {
			text = "not known"
		} else {
			var parts []string
			for c, cell := range l.cells(f) {
				if cell != newest[c] {
					parts = append(parts, fmt.Sprintf("%s: %s", titles[c], cmp.Or(cell, "none")))
				}
			}
			text = strings.Join(parts, "; ")
		}
		if text == "" {
			continue
		}
		at := slices.Index(texts, text)
		if at < 0 {
			at = len(texts)
			texts, who = append(texts, text), append(who, nil)
		}
		who[at] = append(who[at], fmt.Sprint(major))
	}
	for at := range texts {
		texts[at] = strings.Join(who[at], ", ") + ": " + texts[at]
	}
	return strings.Join(texts, ". ")
}
