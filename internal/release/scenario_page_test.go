package release_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// scenarioFile is made of what the scenarios did.
const scenarioFile = "../../docs/scenarios.md"

// scenarioMajor is the server of which the page tells.
const scenarioMajor = 18

var update = flag.Bool("update", false, "write the generated page anew")

// A scenarioPage is what all scenarios did on one server.
type scenarioPage []played

// check holds the page to what was seen, or writes it anew.
func (p scenarioPage) check(t *testing.T, major int) {
	t.Helper()
	var longest time.Duration
	for _, x := range p {
		longest = max(longest, x.took)
	}
	fmt.Printf("PostgreSQL %d, the longest took %v\n%s", major, longest.Round(time.Millisecond), p.table())
	if major != scenarioMajor {
		return
	}
	checkPage(t, scenarioFile, []byte(scenarioHead+p.table()))
}

// checkPage holds a generated page to what was seen, or writes it anew.
func checkPage(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what was seen: run \"make generate\"\n%s", file, difference(string(got), string(want)))
	}
}

const scenarioHead = `# Scenarios

Deploys under load, without migguard and with it. Of each build that runs five sessions
work all the time, one of each kind: a prepared SELECT * by key, an upsert, an INSERT with
RETURNING, a transaction of SELECT FOR UPDATE, UPDATE and INSERT, and an UPDATE of all
columns, as ORMs write it. Rows go from one session to another, also of another build.
When the migration has committed the new build starts beside the old one, and both go on.
Where a scenario is about a constraint, old code then writes what the constraint does not
take.

* **alone**: what fails of old code when another session migrates, by SQLSTATE; 42P01 and
  42703 are names that are gone, 0A000 is "cached plan must not change result type", 23xxx
  a constraint. *Newer* is code that came with an earlier of several migrations; *rows*
  are wrong where code read what nobody wrote.
* **migguard**: what ` + "`migguard run`" + ` did with the same migration: the kind of
  [shim](shims.md), *refused* with the hazard (then nothing is changed, and old code goes
  on), or *allowed*.
* **fails**: what fails of any build's code then, as *alone*. What does is
  [not judged yet](hazards.md#what-is-not-judged).
* **lost**: rows that the server has acknowledged and some build does not see, or sees with
  other values than were written.
* **left**: what the schema has too much or too little of after the next release, when the
  old build is gone, compared with what the migrations alone make of an empty database.

Measured on PostgreSQL 18; "make matrix" does it on all majors, "make crash" kills 100 runs
at a random instant, "make generate" writes this page.

`

func (p scenarioPage) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| scenario | alone: %s | newer | rows | migguard | fails | lost | left |\n| --- %s| --- | --- | --- | --- | --- | --- |\n",
		strings.Join(kindNames[:], " | "), strings.Repeat("| --- ", int(kindsOfWork)))
	for _, x := range p {
		fmt.Fprintf(&b, "| %s |", x.name)
		for _, states := range x.bare.failed {
			fmt.Fprintf(&b, " %s |", failures(states))
		}
		fmt.Fprintf(&b, " %s | %s | %s | %s | %d | %s |\n", failures(x.bare.newer), wrong(x.bare.unlike), x.guarded.verdict, x.guarded.fails(), len(x.guarded.unlike), left(x.guarded.left))
	}
	return b.String()
}

// wrong tells whether code read values that nobody wrote.
func wrong(unlike []string) string {
	if len(unlike) == 0 {
		return "right"
	}
	return "wrong"
}

// failures are the SQLSTATEs of what fails.
func failures(states map[string]int) string {
	if len(states) == 0 {
		return "works"
	}
	return strings.Join(slices.Sorted(maps.Keys(states)), ", ")
}

// fails is what fails of all code.
func (o outcome) fails() string {
	if o.failures() == 0 {
		return "0"
	}
	var said []string
	for kind, states := range o.failed {
		if len(states) > 0 {
			said = append(said, kindNames[kind]+" "+failures(states))
		}
	}
	if len(o.newer) > 0 {
		said = append(said, "newer code "+failures(o.newer))
	}
	return "**" + strings.Join(said, ", ") + "**"
}

func left(difference string) string {
	if difference == "" {
		return "nothing"
	}
	return "**" + strings.ReplaceAll(difference, "\n", "; ") + "**"
}
