package replay

import (
	"fmt"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/guard"
)

// Fared is how queries fared that a transaction may have changed.
type Fared struct {
	// Unsure counts those that were not asked about, or are not known to have passed.
	Unsure    int
	Broken    []Broken
	Excused   []Broken // a change of what they name is allowed
	Weak      []Broken // which code that is gone has sent
	Returning []*Query // other columns than before, and sent since the last release
}

// Allowed is what is known of what a transaction may do.
type Allowed interface {
	// Excuses tells a query that a change may break which is allowed.
	Excuses(q *Query) bool
	// HasTold tells a query of a relation of which it was said that its prepared
	// statements fail once.
	HasTold(q *Query) bool
}

// hear takes what the server says of a query by the i-th path.
func (f *Fared) hear(allowed Allowed, q *Query, i int, path, returns string, err *guard.ServerError) {
	switch {
	case err == nil && returns != q.before[i].returns:
		if q.use.Recent == contract.Yes && !allowed.Excuses(q) && !allowed.HasTold(q) {
			f.Returning = append(f.Returning, q)
		}
	case err == nil:
	case undecided(err.SQLState()):
		f.Unsure++
	case !q.refuses():
		f.Weak = append(f.Weak, Broken{q, path, err})
	case allowed.Excuses(q):
		f.Excused = append(f.Excused, Broken{q, path, err})
	default:
		f.Broken = append(f.Broken, Broken{q, path, err})
	}
}

// asIs tells that every query does what it did.
func (f *Fared) asIs() bool {
	return len(f.Broken)+len(f.Excused)+len(f.Weak)+len(f.Returning) == 0
}

// A Broken query is one that passed before, and why it does not now.
type Broken struct {
	*Query
	path string
	why  *guard.ServerError
}

// Reason is the server's, or what that means for a query that was asked in another
// form.
func (b Broken) Reason() string {
	if code := b.why.SQLState(); b.byRule && code != codeUndefinedTable && code != codeUndefinedColumn {
		return "what it names is no table any more"
	}
	return fmt.Sprintf("%s (%s)", b.why.Response.Message, b.why.SQLState())
}

func (b Broken) String() string {
	return b.Seen() + ": " + b.Reason() + ofPath(b.path)
}
