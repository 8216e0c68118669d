package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

// ContractAnswer is the answer to whether a build uses a relation or a column.
type ContractAnswer struct {
	Relation contract.Name   `json:"relation"`
	Column   string          `json:"column,omitempty"`
	Used     contract.Answer `json:"used"`
	Read     contract.Answer `json:"read"`
	Written  contract.Answer `json:"written"`
	// Texts are queries of the source that use it and are known to the letter.
	Texts []contract.Text `json:"texts,omitempty"`
}

// NewContractAnswer asks a contract about a relation, or about a column of it.
func NewContractAnswer(c *contract.Contract, name contract.Name, column string) ContractAnswer {
	a := ContractAnswer{Relation: name, Column: column, Texts: c.TextsOf(name, column)}
	if column == "" {
		a.Used, a.Read, a.Written = c.Table(name), c.Table(name), c.Writes(name)
		return a
	}
	a.Used = c.Column(name, column, contract.AnyWay)
	a.Read = c.Column(name, column, contract.Reading)
	a.Written = c.Column(name, column, contract.Writing)
	return a
}

// Write writes the answer for people, with where to see it.
func (a ContractAnswer) Write(w io.Writer) error {
	subject := a.Relation.String()
	if a.Column != "" {
		subject += "." + a.Column
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: used: %s; written: %s\n", subject, a.Used.Verdict, a.Written.Verdict)
	for i, r := range a.Used.Reasons {
		if i == maxReasons {
			fmt.Fprintf(&b, "  and %d more; --format json has them all\n", len(a.Used.Reasons)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", r.Text)
		if r.At.File != "" {
			b.WriteString(strings.TrimRight("    "+place(r.At)+"  "+r.At.Text, " ") + "\n")
		}
	}
	a.writeTexts(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTexts shows the texts as they are, for people to see what is replayed.
func (a ContractAnswer) writeTexts(b *strings.Builder) {
	if len(a.Texts) == 0 {
		return
	}
	b.WriteString("  a transaction that changes it may not break these queries:\n")
	for i, t := range a.Texts {
		if i == maxReasons {
			fmt.Fprintf(b, "  and %d more; --format json has them all\n", len(a.Texts)-i)
			return
		}
		fmt.Fprintf(b, "    %s\n      %s\n", place(t.At), strings.ReplaceAll(t.SQL, "\n", "\n      "))
	}
}
