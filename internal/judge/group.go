package judge

import (
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// groups tells whether code may group by the relation's primary key, which a view has
// none of (42803), though no text shows it: what one does is asked by needsTable. A
// library makes such a query of any model. Where the database would have seen one, and has
// not, what has a key is only better than a view; where it might not have, why says that a
// view may not be.
func (facts Facts) groups(r catalog.Relation) (may bool, why string) {
	if !r.Keyed {
		return false, ""
	}
	known := facts
	known.Code = nil
	for _, c := range facts.Code {
		if c.Contract != nil { // nobody has looked: as for ActiveRecord
			known.Code = append(known.Code, c)
		}
	}
	needs := contract.Change{Kind: contract.HideKey, Relation: contract.Name{Schema: r.Schema, Name: r.Name}}
	if known.Code == nil || known.settle(&hazard.Finding{Needs: &needs}) == contract.No {
		return false, ""
	}
	if why = known.may(needs); why != "" {
		why = "a view in its place has no primary key for GROUP BY. " + why
	}
	return true, why
}

// copyFirst tells that code may do what does not go under an overlay, with a table of
// which a column is renamed: to group by its key, or to make tables when it boots, which
// fails behind IF NOT EXISTS, too. (Sequelize 6.37 looks before whether they are there,
// in public.) An overlay is the second choice then.
func (facts Facts) copyFirst(change ddl.Change) bool {
	if _, ok := change.(ddl.RenameColumn); !ok || facts.Lookup.Relation == nil {
		return false
	}
	if may, _ := facts.groups(*facts.Lookup.Relation); may {
		return true
	}
	return slices.ContainsFunc(facts.Code, func(c Code) bool { return c.Contract != nil && c.Contract.Creates() })
}
