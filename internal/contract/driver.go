package contract

import "cmp"

// Driver is something of a build that tells whether it leaves prepared statements in
// its sessions with the server.
type Driver struct {
	// Prepares is Yes where it does unless it is told not to, Unknown where it may, and
	// No where it never does.
	Prepares Verdict  `json:"prepares"`
	Why      string   `json:"why"`
	At       Evidence `json:"at"`
}

func compareDrivers(a, b Driver) int {
	return cmp.Or(cmp.Compare(a.Prepares, b.Prepares), compareEvidence(a.At, b.At), cmp.Compare(a.Why, b.Why))
}

// WithDrivers is the contract with what was found of drivers. Without Source.Unprepared
// none of it makes a No.
func (c *Contract) WithDrivers(drivers []Driver) *Contract {
	return Merge(c, &Contract{Drivers: drivers})
}

// Prepares answers whether the build leaves prepared statements in its sessions. No
// needs that each source has seen all of the build and says so, and that nothing found
// besides may do it: of what sends the queries that a database has seen nothing is known.
func (c *Contract) Prepares() Answer {
	var yes, unknown, no Answer
	for _, d := range c.Drivers {
		switch reason := (Reason{d.Why, d.At}); d.Prepares {
		case Yes:
			yes.add(Yes, reason)
		case No:
			no.add(No, reason)
		default: // also a word of a newer migguard
			unknown.add(Unknown, reason)
		}
	}
	for _, s := range c.Sources {
		if unknown.Verdict == "" && !(s.Whole && s.Unprepared) {
			unknown.add(Unknown, Reason{Text: "not all that talks to the database is known never to prepare"})
		}
	}
	switch {
	case yes.Verdict == Yes:
		return yes
	case unknown.Verdict == Unknown:
		return unknown
	case len(c.Sources) == 0:
		return Answer{Unknown, []Reason{{Text: "the build's source was not scanned"}}}
	case no.Verdict == No:
		return no
	}
	return Answer{No, []Reason{{Text: "nothing that was scanned prepares statements"}}}
}
