package report

import (
	"strings"
	"time"
)

// An Exception is one that the policy held, and what became of it.
type Exception struct {
	Hazard    string     `json:"hazard"`
	Object    string     `json:"object"`
	By        string     `json:"by"`    // "--allow" or "[[allow]]"
	State     string     `json:"state"` // "used", "unused" or "expired"
	Reason    string     `json:"reason,omitempty"`
	Migration string     `json:"migration,omitempty"`
	Statement string     `json:"statement,omitempty"` // the only one it counts for
	Expires   *time.Time `json:"expires,omitempty"`   // from then on it does not count
}

// Exceptions writes which of them have expired, and, if wanted, which matched
// nothing.
func (r *Reporter) Exceptions(all []Exception, unused bool) {
	var none []string
	for _, e := range all {
		switch {
		case e.State == "expired":
			r.Line("an exception has expired: %s, which counted until %s: mend what it was for, or take it out", e, e.Expires.Format(time.DateOnly))
		case e.State == "unused":
			none = append(none, e.String())
		}
	}
	if unused && none != nil {
		r.Line("these exceptions matched nothing and can go: %s", strings.Join(none, ", "))
	}
}

// String is the exception as it was written, in short.
func (e Exception) String() string {
	text := e.By + " " + e.Hazard + ":" + e.Object
	if e.Migration != "" {
		text += " for " + e.Migration
	}
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text
}

// allowed writes what passed though it has a hazard, by what, and why.
func (r *Reporter) allowed(s Statement) {
	for _, h := range s.Hazards {
		if h.Unused {
			r.Line("unused   %s\n%s:%s %s", oneLine(s.Text), h.ID, objectName(h), h.Evidence)
		}
		if !h.Allowed {
			continue
		}
		why := ""
		if h.Reason != "" {
			why = ": " + h.Reason
		}
		r.Line("allowed  %s\n%s:%s by %s%s", oneLine(s.Text), h.ID, objectName(h), h.AllowedBy, why)
	}
}
