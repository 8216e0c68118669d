package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
)

// Hazards writes a line for each hazard, for people.
func Hazards(w io.Writer, all []*hazard.Hazard) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSQLSTATE\tKIND\tDANGER")
	for _, h := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", h.ID, h.Code, h.Kind, h.Title)
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, `For more of one: migguard explain ID`)
	return t.Flush()
}

// Explain writes one hazard's documentation for people.
func Explain(w io.Writer, h *hazard.Hazard) error {
	_, err := fmt.Fprintf(w, `%s (%s, SQLSTATE %s): %s

%s

What migguard does
%s

Policy
%s

What to do
%s

Dangerous
%s

Safe
%s
`, h.ID, h.Kind, h.Code, h.Title, h.Explanation, indented(h.Verdicts), indented(choices(h)), indented(h.Remedy), indented(given(h)+h.Bad), indented(h.Good))
	return err
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// HazardPage writes docs/hazards.md.
func HazardPage(w io.Writer, all []*hazard.Hazard) error {
	var b strings.Builder
	b.WriteString(`# Hazards

Each is a reason why a change is unsafe. ` + "`migguard hazards`" + ` lists them, ` + "`migguard explain ID`" + `
shows one. "make generate" writes this page from what the binary says. What is not
judged is at its end; what is done about each in short is in [remedies.md](remedies.md), and what
migguard cannot do today in [limits.md](limits.md).

| id | SQLSTATE | kind | danger |
| --- | --- | --- | --- |
`)
	for _, h := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | `%s` | %s | %s |\n", h.ID, h.ID, h.Code, h.Kind, h.Title)
	}
	for _, h := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n%s\n\n**What migguard does.** %s\n\n**Policy.** %s\n\n**What to do.** %s\n\nDangerous, where `users (id, notes, mood)` is a table that was there, and `mood` an enum:\n\n```sql\n%s%s\n```\n\nSafe:\n\n```sql\n%s\n```\n",
			h.ID, sentence(h.Title), h.Explanation, h.Verdicts, choices(h), h.Remedy, given(h), h.Bad, h.Good)
	}
	b.WriteString(unjudged)
	_, err := io.WriteString(w, b.String())
	return err
}

// choices is what migguard.toml may say about a hazard, and its default.
func choices(h *hazard.Hazard) string {
	may := judge.Choices(h)
	words := make([]string, len(may))
	usual := judge.Refuse
	for i, v := range may {
		words[i] = fmt.Sprintf("%q", v)
		if v == judge.Rewrite || v == judge.Shim {
			usual = v
		}
	}
	without := fmt.Sprintf("%q", usual)
	if h.Passing && usual == judge.Refuse {
		without = "it passes, and is said"
	}
	last := len(words) - 1
	return fmt.Sprintf("[policy] %s = %s or %s; without it, %s.", h.ID, strings.Join(words[:last], ", "), words[last], without)
}

// given is what an example needs before it.
func given(h *hazard.Hazard) string {
	if h.Given == "" {
		return ""
	}
	return h.Given + " -- was there too\n"
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
