package contract

import "slices"

// A Need is a relation that a model of a build stands for, or a column that it
// names.
type Need struct {
	Relation Name     `json:"relation"`
	Column   string   `json:"column,omitempty"` // empty: the relation
	By       string   `json:"by"`
	At       Evidence `json:"at"`
}

// Needs lists what the models of the build name, each once. SQL in the source is
// left out: what it names may be made by itself, or be in another database.
func (c *Contract) Needs() []Need {
	var needs []Need
	seen := map[Need]bool{}
	add := func(n Need) {
		key := Need{Relation: n.Relation, Column: n.Column}
		if !seen[key] {
			seen[key] = true
			needs = append(needs, n)
		}
	}
	for _, r := range c.Relations {
		for _, u := range r.Uses {
			if u.Origin != Model {
				continue
			}
			add(Need{Relation: r.Name, By: u.By, At: u.At})
			for _, column := range slices.Concat(u.Reads.Names, u.Updates.Names, u.Inserts.Names) {
				add(Need{r.Name, column, u.By, u.At})
			}
		}
	}
	return needs
}

// Names tells whether the build names what another one needs.
func (c *Contract) Names(n Need) bool {
	return slices.ContainsFunc(c.usesOf(n.Relation), func(u Use) bool {
		return n.Column == "" || slices.Contains(u.Reads.Names, n.Column) ||
			slices.Contains(u.Updates.Names, n.Column) || slices.Contains(u.Inserts.Names, n.Column)
	})
}

// MetBy tells whether a relation, which has columns, is or has what is needed.
func (n Need) MetBy(relation Name, has func(column string) bool) bool {
	return n.Relation.may(relation) && (n.Column == "" || has(n.Column))
}
