package contract

import "cmp"

// PathPlace is a place at which a build may choose for itself in which schemas the
// database looks for names, whatever its environment says.
type PathPlace struct {
	Why string   `json:"why"`
	At  Evidence `json:"at"`
}

func comparePaths(a, b PathPlace) int {
	return cmp.Or(compareEvidence(a.At, b.At), cmp.Compare(a.Why, b.Why))
}

// WithPaths is the contract with what was found of search paths by a source that
// has looked for them (Source.Paths).
func (c *Contract) WithPaths(places []PathPlace) *Contract {
	return Merge(c, &Contract{Paths: places})
}

// ChoosesPath tells whether the build chooses its search path itself. "No" needs
// that all scans of the whole build have looked for it, and found nothing; scans
// of earlier versions have not.
func (c *Contract) ChoosesPath() Answer {
	a := Answer{Verdict: No, Reasons: []Reason{{Text: "no place in the source sets a search path"}}}
	if !c.whole() {
		a = Answer{Verdict: Unknown, Reasons: []Reason{{Text: "its source has not been looked at"}}}
	}
	for _, s := range c.Sources {
		if s.Whole && !s.Paths {
			a = Answer{Verdict: Unknown, Reasons: []Reason{{Text: "its source has not been looked at for search paths: the scan was of an earlier version of migguard"}}}
		}
	}
	if len(c.Paths) == 0 {
		return a
	}
	a = Answer{Verdict: Yes}
	for _, p := range c.Paths {
		a.Reasons = append(a.Reasons, Reason{Text: p.Why, At: p.At})
	}
	return a
}
