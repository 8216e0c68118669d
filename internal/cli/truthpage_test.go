package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/oldcode"
)

// truthFile is made of what old code did.
const truthFile = "../../docs/ground-truth.md"

// A truthPage is what all pairs did on one server.
type truthPage []pair

// check holds the page to what was seen, or writes it anew. What old code says on
// another major is not in it.
func (p truthPage) check(t *testing.T, major int) {
	t.Helper()
	t.Logf("\n%s", p.totals())
	for _, c := range changes {
		if c.passes != "" && !slices.ContainsFunc(p, func(x pair) bool { return x.change.name == c.name && x.falselySafe(len(evidences)-1) }) {
			t.Errorf("%s: breaks nothing, and need not be said to", c.name)
		}
	}
	if major != truthMajor {
		return
	}
	got := p.render()
	if *update {
		if err := os.WriteFile(truthFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(truthFile)
	if err != nil {
		t.Fatal(err)
	}
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("docs/ground-truth.md is not what old code did: run \"make generate\"; line %d:\n%s\nwant\n%s", i+1, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
		}
	}
}

// truthMajor is the server of which the page tells.
const truthMajor = 18

const truthHead = `# Ground truth

What migrations do to code that is running, by experiment. Five small applications
(` + "`internal/testkit/oldcode/testdata`" + `), all on the same tables, each in its own way:
Rails 6.1, Django 3.2, SQLAlchemy 1.4, node-postgres and pgx. Each
application has a connection open and has done all it does once: its ORM has looked up
columns, its driver has prepared statements. Then another session migrates, and
the application does it all again. *Breaks* is what failed then, not what ought to.

The same with ` + "`migguard run`" + ` in the place of the other session, three times: with a
contract from the application's **source** alone; with pg_stat_statements alone and
no source (**queries**); with **both**. After each, whatever the verdict, the
application does it all again, and nothing may fail.

* **falsely safe**: something failed although migguard was there.
* **said**: the log says that prepared statements may fail once in each session
  (stale-plan), and lets it pass. What then fails with that error counts as falsely safe all the same, and
  is counted in brackets. *In vain* is what did not fail.
* **steered**: what is only said is played again with both, by builds that [look into their overlay
  first](steering.md), as those are that the buildpack makes. What is counted is what was falsely safe and then still
  fails. **refused**: the same, not steered, with ` + "`" + `[policy] stale-plan = "refuse"` + "`" + ` in migguard.toml.
* **seen**: a query that pg_stat_statements has counted shows the use. Queries alone
  never show that there is none, so without a source all that may break is refused.
* **stays**: what is dropped [stays](shims.md#dropped-columns-and-tables) while code runs
  that may use it. That counts as safe if nothing failed, and never as needless.
* **needless**: refused, though without migguard nothing failed. That is so in this
  application: what it does not do, another one may.

Measured on PostgreSQL %d; "make matrix" does it on all majors. "make generate" writes this page.

`

func (p truthPage) render() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, truthHead, truthMajor)
	b.WriteString(p.totals())
	p.falselySafe(&b)
	p.needless(&b)
	for _, app := range oldcode.Names {
		fmt.Fprintf(&b, "\n## All of %s\n\n| migration | alone | source | queries | both |\n| --- | --- | --- | --- | --- |\n", title(app))
		for _, x := range p {
			if x.app == app {
				fmt.Fprintf(&b, "| %s: `%s` | %s | %s |\n", x.change.name, escape(strings.Join(x.change.sql, "; ")), escape(x.did()), strings.Join(x.cells(), " | "))
			}
		}
	}
	return b.Bytes()
}

// totals counts, for each application and all, what the page is about.
func (p truthPage) totals() string {
	var b strings.Builder
	b.WriteString("| application | pairs | break | falsely safe (said): source, queries, both | steered | refused | work | said in vain | needless: source, queries, both |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	row := func(name string, pairs []pair) {
		var breaks, works, steered, strict int
		var falsely, said, vain, needless [3]int
		for _, x := range pairs {
			if x.alone == "" {
				works++
			} else {
				breaks++
			}
			if last := len(evidences) - 1; x.falselySafe(last) {
				steered += count(x.steered == nil || x.steered.broke != "")
				strict += count(x.strict == nil || x.strict.broke != "")
			}
			for i := range evidences {
				switch {
				case x.said(i):
					falsely[i]++
					said[i]++
				case x.falselySafe(i):
					falsely[i]++
				case x.given[i].said:
					vain[i]++
				}
				if x.needless(i) {
					needless[i]++
				}
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d (%d), %d (%d), %d (%d) | %d | %d | %d | %d, %d, %d | %d, %d, %d (%.0f %%) |\n", name, len(pairs), breaks,
			falsely[0], said[0], falsely[1], said[1], falsely[2], said[2], steered, strict, works, vain[0], vain[1], vain[2], needless[0], needless[1], needless[2], 100*float64(needless[2])/float64(works))
	}
	for _, app := range oldcode.Names {
		row(title(app), slices.DeleteFunc(slices.Clone(p), func(x pair) bool { return x.app != app }))
	}
	row("all", p)
	return b.String()
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// falselySafe lists what migguard does not judge yet.
func (p truthPage) falselySafe(b *bytes.Buffer) {
	b.WriteString("\n## Falsely safe\n\nWhat [is not judged yet](hazards.md#what-is-not-judged), or is only said, and nothing else:\n\n| migration | in | why it passes | what fails | steered | refused |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, c := range changes {
		var apps, errors, steered, strict []string
		for _, x := range p {
			if broke := x.given[len(evidences)-1].broke; x.change.name == c.name && broke != "" {
				name := title(x.app)
				if x.said(len(evidences) - 1) {
					name += " (said)"
				}
				apps, errors = append(apps, name), append(errors, broke)
				if x.steered != nil {
					steered, strict = append(steered, title(x.app)+": "+x.steered.did()), append(strict, title(x.app)+": "+x.strict.did())
				}
			}
		}
		if apps != nil {
			fmt.Fprintf(b, "| %s: `%s` | %s | %s | %s | %s | %s |\n", c.name, escape(strings.Join(c.sql, "; ")), strings.Join(apps, ", "), c.passes, escape(errors[0]),
				strings.Join(steered, "; "), strings.Join(strict, "; "))
		}
	}
}

// needless lists what is refused with both sources and breaks nothing, by reason.
func (p truthPage) needless(b *bytes.Buffer) {
	b.WriteString("\n## Needless, with both\n\n| application | migration | hazard | why |\n| --- | --- | --- | --- |\n")
	for _, x := range p {
		if g := x.given[len(evidences)-1]; x.needless(len(evidences) - 1) {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", title(x.app), x.change.name, g.hazard, escape(reasonOf(g.why)))
		}
	}
}

// seenWhen are times and counts in the evidence, which are others each time.
var seenWhen = regexp.MustCompile(` (Nor does any of .*|[Bb]ut (the database has seen|what the database).*)$`)

func reasonOf(evidence string) string {
	return strings.ReplaceAll(seenWhen.ReplaceAllString(evidence, ""), "build old of run 1: ", "")
}

// did is what old code did without migguard.
func (p pair) did() string {
	if p.alone == "" {
		return "works"
	}
	return "breaks: " + p.alone
}

// cells tell what migguard did, by each evidence.
func (p pair) cells() (cells []string) {
	for i, g := range p.given {
		text := g.verdict
		if g.stays {
			text += ", stays"
		}
		if g.said {
			text += ", said"
		}
		switch {
		case p.falselySafe(i):
			text += ", **falsely safe**"
		case p.needless(i):
			text += ", needless"
		}
		if g.seen() {
			text += ", seen"
		}
		cells = append(cells, text)
	}
	return cells
}

func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func title(app string) string {
	return map[string]string{"rails": "Rails", "django": "Django", "sqlalchemy": "SQLAlchemy", "node": "node", "go": "Go"}[app]
}
