// Package hazard is the catalogue of reasons why a change is unsafe for code
// that is running. Each hazard is a value with its documentation and examples
// in a file of its own. The package is pure: all it knows about the database
// is in the Pass it is given.
package hazard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// A Kind groups hazards by what goes wrong.
type Kind string

const (
	// BreaksCode: statements of running code fail, or mean something else.
	BreaksCode Kind = "breaks-code"
	// BlocksTraffic: statements of running code wait for a lock that is held
	// as long as a table is large.
	BlocksTraffic Kind = "blocks-traffic"
	// LosesData: rows are gone that running code reads.
	LosesData Kind = "loses-data"
)

// A Hazard is one reason why a change can be unsafe. Its documentation is what
// "migguard explain" prints and docs/hazards.md holds.
type Hazard struct {
	// ID names the danger, never the remedy; it is never used again for
	// another one.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Code is the SQLSTATE of a refusal for this hazard, class MG.
	Code string `json:"sqlstate"`
	// Title is the danger in one sentence.
	Title string `json:"title"`
	// Explanation says who breaks, how and for how long, in plain text.
	Explanation string `json:"explanation"`
	// Verdicts says what migguard does about it, and on what that depends.
	Verdicts string `json:"verdicts"`
	// Remedy says what to do instead.
	Remedy string `json:"remedy"`
	// AtCommit: what a statement takes away may be there again when its
	// transaction commits, so that only then it can be told.
	AtCommit bool `json:"at_commit,omitempty"`
	// Rewritten and Shimmed: migguard has a safer way for some of the
	// statements that have it, which policy can switch off.
	Rewritten bool `json:"rewritten,omitempty"`
	Shimmed   bool `json:"shimmed,omitempty"`
	// Tolerable: only some of what running code does would break, and policy may
	// let it pass everywhere.
	Tolerable bool `json:"tolerable,omitempty"`
	// Passing: it is no reason to refuse, because each session meets it once or it
	// passes with the statement, and said where nothing keeps code from it.
	Passing bool `json:"passing,omitempty"`
	// Parts: a finding may be about a column or constraint of the table, which an
	// exception names behind it, or about the table. IDs of columns' hazards say so.
	Parts bool `json:"-"`
	// Bad is SQL that has the hazard where users(id, notes, mood) exists, the
	// last an enum, and what Given makes; Good is SQL that has not.
	Given string `json:"given,omitempty"`
	Bad   string `json:"bad_example"`
	Good  string `json:"good_example"`

	Run func(*Pass) []Finding `json:"-"`
}

// A Pass is one change with the facts to judge it by.
type Pass struct {
	Change ddl.Change
	Lookup catalog.Lookup
	// Small is the size up to which a table is scanned or written anew in no
	// time; nil: SmallTable.
	Small *catalog.Size
}

// SmallTable is 10,000 rows and 10 MB, the size up to which pg_ha_migrations
// too takes a lock's time for nothing.
var SmallTable = catalog.Size{Rows: new(10_000.0), Bytes: 10 << 20}

// Large tells whether running code can know the relation of the pass, and it is
// not small.
func (p *Pass) Large() bool {
	_, ok := p.large()
	return ok
}

// large is known for a relation that is not small.
func (p *Pass) large() (catalog.Relation, bool) {
	r, ok := p.known()
	return r, ok && p.isLarge(r)
}

// isLarge tells a relation that is not small.
func (p *Pass) isLarge(r catalog.Relation) bool {
	small := SmallTable
	if p.Small != nil {
		small = *p.Small
	}
	return !r.Size.Within(small)
}

// A Finding is a hazard found in a change.
type Finding struct {
	Hazard   *Hazard `json:"-"`
	Relation string  `json:"relation"`         // schema.name, quoted where needed
	Column   string  `json:"column,omitempty"` // unquoted
	// Message says what breaks; Detail why it is believed that code is
	// there to break; Hint what to do.
	Message string `json:"message"`
	Detail  string `json:"evidence"`
	Hint    string `json:"hint"`
	// Needs is what the contract of the running code is asked: a build that it
	// does not break is in no danger. Nil: a contract cannot tell.
	Needs *contract.Change `json:"-"`
	// Shown: there is a danger only where the contract shows it, or a query. What
	// is not known of code is then no reason to refuse.
	Shown bool `json:"-"`
	// Doubted, with Shown: it is one, too, where a contract cannot rule the danger out,
	// or there is none. That a query does not show it says nothing.
	Doubted bool `json:"-"`
	// Direct: code that reaches the relation through a shim is in no danger.
	Direct bool `json:"-"`
	// Lasts, with Passing, is the Message and the Hint of what does not pass by itself: code
	// goes on failing until its sessions end. Lasting says that it is so here.
	Lasts   [2]string `json:"-"`
	Lasting bool      `json:"-"`
	// Unsteered: code whose sessions bring a search_path of their own is in no danger.
	Unsteered bool `json:"-"`
}

// All is the registry, sorted by ID.
var All = []*Hazard{
	BlockingAlter,
	BlockingConstraint,
	BlockingIndex,
	BlockingPartition,
	BlockingRefresh,
	ChangedSession,
	DetachedPartition,
	DroppedColumn,
	DroppedExtension,
	DroppedFunction,
	DroppedSequence,
	DroppedTable,
	DroppedType,
	DroppedView,
	ExplicitIdentity,
	HiddenRows,
	InterceptedWrite,
	LockedRows,
	LostArbiter,
	RefusedLogin,
	RejectedWrite,
	RenamedColumn,
	RenamedConstraint,
	RenamedLabel,
	RenamedTable,
	RequiredColumn,
	RetypedColumn,
	ReusedKeys,
	RevokedRight,
	StalePlan,
	TruncatedTable,
	UnfilledColumn,
	UnfitSession,
	VettedWrite,
}

var (
	idForm   = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)
	codeForm = regexp.MustCompile(`^MG[0-9A-Z]{3}$`)
)

// Validate says what is wrong with a registry: a hazard without documentation,
// examples or a Run, twice the same id or code, not in order.
func Validate(all []*Hazard) error {
	codes := map[string]string{}
	for i, h := range all {
		switch {
		case !idForm.MatchString(h.ID):
			return fmt.Errorf("hazard %q: id is not lower-case words joined by hyphens", h.ID)
		case i > 0 && all[i-1].ID >= h.ID:
			return fmt.Errorf("hazard %q: twice, or not in order", h.ID)
		case !codeForm.MatchString(h.Code) || codes[h.Code] != "":
			return fmt.Errorf("hazard %q: code %q is malformed or that of %q", h.ID, h.Code, codes[h.Code])
		case h.Title == "" || h.Explanation == "" || h.Verdicts == "" || h.Remedy == "":
			return fmt.Errorf("hazard %q: not documented", h.ID)
		case h.Bad == "" || h.Good == "":
			return fmt.Errorf("hazard %q: no examples", h.ID)
		case h.Run == nil:
			return fmt.Errorf("hazard %q: finds nothing", h.ID)
		}
		codes[h.Code] = h.ID
	}
	return nil
}

// Named returns the hazard that has an id, or refuses with one; its error names
// the nearest.
func Named(name string) (*Hazard, error) {
	ids := make([]string, len(All))
	for i, h := range All {
		if h.ID == name || strings.EqualFold(h.Code, name) {
			return h, nil
		}
		ids[i] = h.ID
	}
	if near := Nearest(name, ids); near != "" {
		return nil, fmt.Errorf("%q is no hazard; did you mean %s? \"migguard hazards\" lists them", name, near)
	}
	return nil, fmt.Errorf("%q is no hazard; there are %s", name, strings.Join(ids, ", "))
}

// Find runs all hazards over one change.
func Find(p *Pass) []Finding {
	var found []Finding
	for _, h := range All {
		for _, f := range h.Run(p) {
			f.Hazard = h
			found = append(found, f)
		}
	}
	return found
}

// known tells whether running code can know the relation of the pass. Until
// contracts are recorded, everything that was there before the run counts.
func (p *Pass) known() (catalog.Relation, bool) {
	return ifKnown(p.Lookup.Relation)
}

// ifKnown is a relation that running code can know.
func ifKnown(r *catalog.Relation) (catalog.Relation, bool) {
	if r == nil || r.Created || r.Temporary || !r.Kind.HasRows() {
		return catalog.Relation{}, false
	}
	return *r, true
}

// knownColumn is known for one column of it.
func (p *Pass) knownColumn(name string) (catalog.Relation, bool) {
	r, ok := p.known()
	if !ok {
		return r, false
	}
	c, ok := r.Column(name)
	return r, ok && !c.Created
}

// symbol is one that the running code can know, of some kinds, and that a statement
// has taken away or changed; as a relation it has its name.
func (p *Pass) symbol(kinds ...catalog.SymbolKind) (s catalog.Symbol, name catalog.Relation, ok bool) {
	if p.Lookup.Symbol == nil || p.Lookup.Symbol.Created || !slices.Contains(kinds, p.Lookup.Symbol.Kind) {
		return s, name, false
	}
	s = *p.Lookup.Symbol
	return s, catalog.Relation{Schema: s.Schema, Name: s.Name}, true
}

// moved says what name a symbol has now; empty if it is gone or has its name.
func (p *Pass) moved() string {
	was, is := p.Lookup.Symbol, p.Lookup.Found
	if is == nil || is.Schema == was.Schema && is.Name == was.Name {
		return ""
	}
	return display(ddl.Name{Schema: is.Schema, Name: is.Name})
}

func qualified(r catalog.Relation) string {
	return ddl.Name{Schema: r.Schema, Name: r.Name}.String()
}

// Display is a relation's name for people: without the schema public, which
// is where most apps have everything.
func Display(r catalog.Relation) string { return display(ddl.Name{Schema: r.Schema, Name: r.Name}) }

func display(n ddl.Name) string {
	if n.Schema == "public" {
		n.Schema = ""
	}
	return n.String()
}

// allow is the exception that lets a finding pass.
func allow(id string, r catalog.Relation, column string) string {
	object := Display(r)
	if column != "" {
		object += "." + ddl.Quote(column)
	}
	text := id + ":" + object
	if strings.Contains(text, `"`) { // for the shell
		text = "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return "--allow " + text
}

// needs is a question to the contract of the running code. Tables of a hierarchy are known
// by names of their own each: where these are not at hand, there is none.
func needs(kind contract.ChangeKind, r catalog.Relation, column string) *contract.Change {
	if r.InHierarchy() && r.Family == nil {
		return nil
	}
	change := contract.Change{Kind: kind, Relation: contract.Name{Schema: r.Schema, Name: r.Name}, Column: column}
	for _, m := range r.Family {
		change.Also = append(change.Also, contract.Name{Schema: m.Schema, Name: m.Name})
	}
	return &change
}

// existed is the evidence there is without a contract.
func existed(what string) string {
	return fmt.Sprintf("The %s was there before this run, so the code that is running counts as using it.", what)
}
