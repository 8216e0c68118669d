package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/hazard"
)

// Code is a build that runs, or may.
type Code struct {
	Name string // for people: "build 1a2b3c of v12"
	// Contract is what its code needs; nil: nobody has looked.
	Contract *contract.Contract
	// Overlay is the schema that every dyno of the build is proven to look into
	// before all others, whether it exists or not; "" when that is not proven.
	// What code names with a schema it does not look up there.
	Overlay string
	// Unsteered is why Overlay is "", in a clause.
	Unsteered string
}

// spoken bounds the reasons that a message gives of one build.
const spoken = 3

func rejected(f hazard.Finding) bool { return f.Hazard == hazard.RejectedWrite }

// consult asks the contracts of the code that runs about those of the findings that
// would break it. What none of it uses is no danger. Other findings get the evidence
// there is.
func (d *Decision) consult(facts Facts, asked func(hazard.Finding) bool) {
	var left []hazard.Finding
	for _, f := range d.Findings {
		if !asked(f) || f.Needs == nil || len(facts.Code) == 0 {
			left = append(left, f)
			continue
		}
		if facts.Doubt != "" {
			f.Detail += " Its contract is not asked: " + facts.Doubt + "."
			left = append(left, f)
			continue
		}
		if facts.settle(&f) == contract.No {
			d.Unused = append(d.Unused, f)
			continue
		}
		left = append(left, f)
	}
	d.Findings = left
}

// settle asks the contracts, and then what the database has seen, and puts the
// answer into the finding.
func (facts Facts) settle(f *hazard.Finding) contract.Verdict {
	if len(facts.Code) == 0 {
		return contract.Unknown
	}
	verdict, text := ask(facts.Code, *f.Needs)
	f.Detail = text
	if verdict != contract.Yes && facts.Seen != nil {
		needs := *f.Needs
		needs.Prepared = Unprepared(facts.Code)
		verdict = facts.Seen.correct(verdict, f, needs)
	}
	return verdict
}

// Unprepared tells whether all code is known to leave no prepared statement in its
// sessions. Then a query that the database has seen was sent as it is, unless its text
// says PREPARE: what drivers have prepared the database counts like all others.
func Unprepared(code []Code) bool {
	return len(code) > 0 && !slices.ContainsFunc(code, func(c Code) bool {
		return c.Contract == nil || c.Contract.Prepares().Verdict != contract.No
	})
}

// steered tells whether all that runs is proven to look into schemas of its own choice.
func (facts Facts) steered() bool {
	return len(facts.Code) > 0 && !slices.ContainsFunc(facts.Code, func(c Code) bool { return c.Overlay == "" })
}

// shows tells whether a contract or a query shows the danger of a finding. Where that is
// of the name that a query has, as in replay, one shows it that is not known to be gone.
func (facts Facts) shows(f *hazard.Finding) bool {
	if verdict := facts.settle(f); verdict == contract.Yes || f.Doubted && verdict != contract.No {
		return true
	}
	return f.Direct && facts.mayShow(*f.Needs)
}

// needsTable is why no view can take a table's place for the code that runs, where a
// contract or a query shows it.
func (facts Facts) needsTable(r catalog.Relation) string {
	if why := facts.onTable(contract.HideTable, r); why != "" {
		return "a view in its place does not take all that a table does. " + why
	}
	return ""
}

// onTable is what a contract or a query shows that fails on what takes a table's place;
// a query, too, of which it is not known whether code that runs has sent it.
func (facts Facts) onTable(kind contract.ChangeKind, r catalog.Relation) string {
	f := hazard.Finding{Needs: &contract.Change{Kind: kind, Relation: contract.Name{Schema: r.Schema, Name: r.Name}}}
	if facts.settle(&f) != contract.Yes && !facts.mayShow(*f.Needs) {
		return ""
	}
	return strings.TrimSuffix(f.Detail, ".")
}

// correct looks for a use that no source shows: code may make a query of what no
// scan understands. It adds what it finds to what the source says, which is No or
// Unknown. That a use was not seen makes nothing of an Unknown.
func (q *Queries) correct(source contract.Verdict, f *hazard.Finding, needs contract.Change) contract.Verdict {
	if needs.Kind == contract.WidenColumn && source == contract.Unknown {
		needs.Kind = contract.RetypeColumn // a query's text does not tell who reads it
	}
	a := q.Contract.Shows(needs)
	seen := "the database has seen a use: "
	switch {
	case a.Verdict == contract.No && source == contract.No:
		f.Detail += " " + q.Known
		return contract.No
	case a.Verdict == contract.No:
		return source
	case a.Verdict != contract.Yes:
		seen = "what the database has seen may be a use: "
	}
	seen += Spoken(a) + "."
	if source == contract.Unknown {
		f.Detail += " But " + seen
		return a.Verdict
	}
	f.Detail = "The source of the code that runs does not show it, but " + seen
	f.Hint += " If code that is gone has sent the query, let the database forget it: " + q.Forget + ". What is still sent is counted anew."
	return a.Verdict
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
	var said []string               // each reason once
	giving := map[string][]string{} // the names of the builds that give it
	for i, a := range answers {
		if a.Verdict != worst {
			continue
		}
		why := Spoken(a)
		if giving[why] == nil {
			said = append(said, why)
		}
		giving[why] = append(giving[why], code[i].Name)
	}
	for i, why := range said {
		said[i] = enumerate(giving[why]) + ": " + why
	}
	lead := map[contract.Verdict]string{
		contract.Yes:     "The code that runs needs it: ",
		contract.No:      "No code that runs needs it: ",
		contract.Unknown: "Whether the code that runs needs it is not known: ",
	}
	if change.Kind == contract.RetypeColumn || change.Kind == contract.WidenColumn { // that the column is used is no answer yet
		lead[contract.Unknown] = "Whether the code that runs takes both types is not known: "
	}
	if change.Kind == contract.WidenRow || change.Kind == contract.WidenResult {
		lead[contract.Yes] = "The code that runs returns it: "
	}
	return worst, lead[worst] + strings.Join(said, ". And ") + "."
}

// Spoken are an answer's reasons in a sentence.
func Spoken(a contract.Answer) string {
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

// enumerate is names in a sentence: "a, b and c".
func enumerate(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
