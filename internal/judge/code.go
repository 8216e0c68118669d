package judge

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/hazard"
)

// Code is a build that runs, or may.
type Code struct {
	Name string // for people: "build 1a2b3c of v12"
	// Contract is what its code needs; nil: nobody has looked.
	Contract *contract.Contract
}

// spoken bounds the reasons that a message gives of one build.
const spoken = 3

// consult asks the contracts of the code that runs about what would break it.
// What none of it uses is no danger. Other findings get the evidence there is.
func (d *Decision) consult(facts Facts) {
	var left []hazard.Finding
	for _, f := range d.Findings {
		if f.Needs == nil || len(facts.Code) == 0 {
			left = append(left, f)
			continue
		}
		if facts.Doubt != "" {
			f.Detail += " Its contract is not asked: " + facts.Doubt + "."
			left = append(left, f)
			continue
		}
		verdict, text := ask(facts.Code, *f.Needs)
		if text != "" {
			f.Detail = text
		}
		if verdict == contract.No {
			d.Unused = append(d.Unused, f)
			continue
		}
		left = append(left, f)
	}
	d.Findings = left
}

// ask asks every build, and says what the worst answer is and why.
func ask(code []Code, change contract.Change) (contract.Verdict, string) {
	answers := make([]contract.Answer, len(code))
	for i, c := range code {
		if c.Contract == nil {
			answers[i] = contract.Answer{Verdict: contract.Unknown, Reasons: []contract.Reason{{
				Text: "no contract of it is recorded, so all that was there before this run counts as used"}}}
			continue
		}
		answers[i] = c.Contract.Breaks(change)
	}
	worst := contract.Worst(answers...).Verdict
	var said []string
	for i, a := range answers {
		if a.Verdict == worst {
			said = append(said, fmt.Sprintf("%s: %s", code[i].Name, reasons(a)))
		}
	}
	lead := map[contract.Verdict]string{
		contract.Yes:     "The code that runs needs it: ",
		contract.No:      "No code that runs needs it: ",
		contract.Unknown: "Whether the code that runs needs it is not known: ",
	}
	return worst, lead[worst] + strings.Join(said, ". And ") + "."
}

func reasons(a contract.Answer) string {
	var said []string
	for i, r := range a.Reasons {
		if i == spoken {
			said = append(said, fmt.Sprintf("and %d more", len(a.Reasons)-spoken))
			break
		}
		text := r.Text
		if r.At.File != "" {
			text += fmt.Sprintf(" (%s:%d)", r.At.File, r.At.Line)
		}
		said = append(said, text)
	}
	return strings.Join(said, "; ")
}
