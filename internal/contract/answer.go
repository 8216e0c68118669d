package contract

import "fmt"

// Verdict is an answer without its reasons.
type Verdict string

// The verdicts. Unknown is never taken as safe.
const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	Unknown Verdict = "unknown"
)

// Answer is a verdict and why. A Yes has the uses that show it, an Unknown the
// gaps that stand in the way, a No what is known instead: the models that do
// not use the column, and the gaps that were ruled out.
type Answer struct {
	Verdict Verdict  `json:"verdict"`
	Reasons []Reason `json:"reasons"`
}

// Reason is one sentence, and where to see it.
type Reason struct {
	Text string   `json:"text"`
	At   Evidence `json:"at,omitzero"`
}

// Ways are ways to use a column; they can be joined with |.
type Ways int

// The ways to use a column.
const (
	Reading Ways = 1 << iota
	Updating
	Inserting

	Writing = Updating | Inserting
	AnyWay  = Reading | Writing
)

// Table answers whether the build uses a relation at all.
func (c *Contract) Table(name Name) Answer {
	if uses := c.usesOf(name); len(uses) > 0 {
		var a Answer
		for _, u := range uses {
			a.add(Yes, Reason{describe(u), u.At})
		}
		return a
	}
	return c.unused(name, "", "nothing that was scanned names "+name.String())
}

// Column answers whether the build uses a column in one of the ways asked for.
func (c *Contract) Column(name Name, column string, ways Ways) Answer {
	var a Answer
	uses := c.usesOf(name)
	for _, u := range uses {
		if u.covers(column, ways) {
			a.add(Yes, Reason{describe(u), u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	a = c.unused(name, column, fmt.Sprintf("nothing that was scanned %s %s of %s", ways, column, name))
	if a.Verdict != No {
		return a
	}
	for _, u := range uses {
		if u.Origin == Model {
			a.add(No, Reason{describe(u), u.At})
		}
	}
	return a
}

// Writes answers whether the build writes a relation's rows.
func (c *Contract) Writes(name Name) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if u.Adds || !u.Updates.Empty() {
			a.add(Yes, Reason{describe(u), u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.unused(name, "", "nothing that was scanned writes "+name.String())
}

// unused is No, unless the build was not seen whole or a gap may hide a use.
func (c *Contract) unused(name Name, column, no string) Answer {
	var a Answer
	if !c.whole() {
		a.add(Unknown, Reason{Text: "the build's source was not scanned"})
	}
	claimed := c.claims(name)
	// The gaps of the relation itself come first: they say most.
	for _, within := range []bool{true, false} {
		for _, g := range c.Gaps {
			if (g.Reach == Within) == within && c.reaches(g, name, column, claimed) {
				a.add(Unknown, Reason{g.Why, g.At})
			}
		}
	}
	if a.Verdict == Unknown {
		return a
	}
	a.add(No, Reason{Text: no})
	return a
}

// claims tells whether a model stands for the relation.
func (c *Contract) claims(name Name) bool {
	for _, u := range c.usesOf(name) {
		if u.Origin == Model {
			return true
		}
	}
	return false
}

// covers tells whether the use is one of a column.
func (u Use) covers(column string, ways Ways) bool {
	return ways&Reading != 0 && u.Reads.Has(column) ||
		ways&Updating != 0 && u.Updates.Has(column) ||
		ways&Inserting != 0 && u.Adds && u.Inserts.Has(column)
}

func (a *Answer) add(v Verdict, r Reason) {
	a.Verdict = v
	a.Reasons = append(a.Reasons, r)
}

// Worst joins the answers of several builds: no when all say no, yes when one
// says yes. Without an answer nothing is known.
func Worst(answers ...Answer) Answer {
	worst := Answer{Verdict: No}
	if len(answers) == 0 {
		worst.add(Unknown, Reason{Text: "no build was asked"})
	}
	for _, a := range answers {
		if a.Verdict == Yes || a.Verdict != No && worst.Verdict == No {
			worst.Verdict = a.Verdict
		}
	}
	for _, a := range answers {
		if a.Verdict == worst.Verdict {
			worst.Reasons = append(worst.Reasons, a.Reasons...)
		}
	}
	return worst
}
