package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/hazard"
)

// A Choice is what the user lets be done about a hazard.
type Choice struct {
	// Most is the most intrusive verdict; the less intrusive ones that
	// remove the hazard come first. Refuse leaves nothing but that.
	Most Verdict
	// Only, unless it is nil, takes the place of Most: these verdicts, and
	// Refuse where none of them is possible.
	Only []Verdict
}

// unchosen is the Choice about a hazard that policy says nothing of: what goes
// on without downtime is done.
var unchosen = Choice{Most: Shim}

// permits tells whether a verdict other than Refuse may be given.
func (c Choice) permits(v Verdict) bool {
	switch {
	case c.Only != nil:
		return slices.Contains(c.Only, v)
	case c.Most == Allow, c.Most == Refuse:
		return v == c.Most
	}
	return v != Allow && c.Most.Over(v) == c.Most
}

// String is the Choice as migguard.toml has it.
func (c Choice) String() string {
	if c.Only == nil {
		return fmt.Sprintf("%q", c.Most)
	}
	return listed(c.Only)
}

func listed(verdicts []Verdict) string {
	return strings.ReplaceAll(fmt.Sprintf("%q", verdicts), `" "`, `", "`)
}

// Choices are the verdicts that policy may choose for a hazard. Code that breaks for
// certain is allowed only where it is known to be gone, object by object, which is an
// exception, unless it breaks but once; maintenance mode brings no rows back.
func Choices(h *hazard.Hazard) []Verdict {
	var choices []Verdict
	if h.Kind != hazard.BreaksCode || h.Tolerable || h.Passing {
		choices = append(choices, Allow)
	}
	if h.Rewritten {
		choices = append(choices, Rewrite)
	}
	if h.Shimmed {
		choices = append(choices, Shim)
	}
	if h.Kind != hazard.LosesData {
		choices = append(choices, Maintenance)
	}
	return append(choices, Refuse)
}

// check says what is wrong with a Choice about a hazard.
func (c Choice) check(h *hazard.Hazard) error {
	choices := Choices(h)
	if c.Only == nil {
		return among(c.Most, choices)
	}
	several := slices.DeleteFunc(slices.Clone(choices), func(v Verdict) bool { return v == Allow || v == Refuse })
	switch {
	case len(c.Only) == 0:
		return fmt.Errorf("an empty list; for none of %s write %q", listed(several), Refuse)
	case slices.Contains(c.Only, Allow), slices.Contains(c.Only, Refuse):
		return fmt.Errorf("%q and %q are no part of a list; write them alone", Allow, Refuse)
	}
	for _, v := range c.Only {
		if err := among(v, several); err != nil {
			return err
		}
	}
	return nil
}

// among refuses a verdict that is none of the choices.
func among(v Verdict, choices []Verdict) error {
	if slices.Contains(choices, v) {
		return nil
	}
	words := make([]string, len(order))
	for i, known := range order {
		words[i] = string(known)
	}
	if slices.Contains(order, v) {
		return fmt.Errorf("there is no %s for this hazard; choose one of %s", v, listed(choices))
	}
	if near := Verdict(hazard.Nearest(string(v), words)); slices.Contains(choices, near) {
		return fmt.Errorf("%q is no verdict; did you mean %q?", v, near)
	}
	return fmt.Errorf("%q is no verdict; choose one of %s", v, listed(choices))
}

// obstacle says that the choice about a finding keeps a verdict from being given.
func (c Choice) obstacle(wanted Verdict, f hazard.Finding, table bool) *Obstacle {
	why := &Obstacle{Wanted: wanted, Reason: fmt.Sprintf("the policy says %s = %s", f.Hazard.ID, c)}
	if table {
		why.Reason += " for " + f.Relation
	}
	return why
}
