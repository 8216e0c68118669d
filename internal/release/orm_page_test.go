package release_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/testkit/oldcode"
)

// ormFile is made of what the applications did.
const ormFile = "../../docs/orms.md"

// An ormPage is what each of oldcode.ORMs did with each of standIns.
type ormPage [][]met

const ormHead = `# ORMs behind shims

What ORMs need of what stands in for a table or column, by experiment. Seven small
applications (` + "`internal/testkit/oldcode/testdata/orm`" + `): ActiveRecord 6.1, Django 3.2,
SQLAlchemy 1.4 with declared classes and with those that automap makes of the tables it finds,
Sequelize 6, TypeORM 1 and Drizzle 0.45. Each creates, reads by id, updates, saves, upserts, adds
several rows, rolls back, locks, counts, groups by the key, joins, loads what belongs to a row, looks
into the catalogs, and deletes. One process runs when the migration commits, and another
boots after it: an old dyno that restarts.

` + "`accounts` or its column `score` is renamed, `name` dropped or set NOT NULL." + ` In the first
table what stands in is brought about, whatever the code; the cells say what fails. In the second
migguard has scanned the source, and the dynos are steered: the cells say what it chooses, where
pg_stat_statements has seen a round, for long enough, and where nobody could ask it. Nothing may fail there. A
table's rename is ` + "`refused`" + ` where a library's GROUP BY takes no view, and the upsert is by another
unique index than the primary key's, which takes no partitioned table: TypeORM's is. What automap finds may be
a library's table, by the source alone, and libraries' upserts are not read.

Prisma 7.9 with its adapter for node-postgres, which does not belong to the tests, was tried in the same way:
behind a view all works; a partitioned table does not take its upsert by another unique index; and
as it names each table with its schema it finds no overlay. migguard chooses the view and the copy.

Measured on PostgreSQL %d. "make generate" writes this page.

`

func (p ormPage) render() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ormHead, scenarioMajor)
	p.table(&b, func(s standIn) bool { return s.stands != "" }, met.cell)
	b.WriteString("\n")
	p.table(&b, func(s standIn) bool { return s.stands == "" }, func(m met) string { return m.stands })
	b.WriteString("\n## What fails\n\n")
	for i, name := range oldcode.ORMs {
		for j, m := range p[i] {
			for _, failed := range together(m.before, m.after) {
				fmt.Fprintf(&b, "* %s, %s: %s\n", name, standIns[j].name, failed)
			}
		}
	}
	return b.Bytes()
}

// table has a row for each application, and a column for some of standIns.
func (p ormPage) table(b *bytes.Buffer, which func(standIn) bool, cell func(met) string) {
	head, rule := "| |", "| --- |"
	for _, s := range standIns {
		if which(s) {
			head, rule = head+" "+s.name+" |", rule+" --- |"
		}
	}
	fmt.Fprintf(b, "%s\n%s\n", head, rule)
	for i, name := range oldcode.ORMs {
		fmt.Fprintf(b, "| %s |", name)
		for j, m := range p[i] {
			if which(standIns[j]) {
				fmt.Fprintf(b, " %s |", cell(m))
			}
		}
		b.WriteString("\n")
	}
}

// cell says which actions fail, and in which process, if not in both.
func (m met) cell() string {
	before, after := actionsOf(m.before), actionsOf(m.after)
	switch {
	case before == "" && after == "":
		return "works"
	case before == after:
		return before
	case before == "":
		return "once booted after: " + after
	case after == "":
		return "once booted before: " + before
	}
	return before + "; once booted after: " + after
}

func actionsOf(failed []string) string {
	var names []string
	for _, f := range failed {
		name, _, _ := strings.Cut(f, ":")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// together joins the actions that fail with one error, in whichever process.
func together(before, after []string) (lines []string) {
	var errors []string
	of := map[string][]string{}
	for _, f := range slices.Concat(before, after) {
		action, text, _ := strings.Cut(f, ": ")
		if of[text] == nil {
			errors = append(errors, text)
		}
		if !slices.Contains(of[text], action) {
			of[text] = append(of[text], action)
		}
	}
	for _, text := range errors {
		lines = append(lines, fmt.Sprintf("%s: `%s`", strings.Join(of[text], ", "), strings.ReplaceAll(text, "`", "'")))
	}
	return lines
}
