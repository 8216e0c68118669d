package contract

import (
	"slices"
	"strings"
)

// Columns is a set of a relation's columns. The zero Columns is empty.
type Columns struct {
	// All is every column the relation has when the code runs, whatever their
	// names: SELECT *, or an ORM that caches the column list.
	All bool `json:"all,omitempty"`
	// Except are the columns that All leaves out: those a model ignores.
	Except []string `json:"except,omitempty"`
	// Names are the columns without All.
	Names []string `json:"names,omitempty"`
}

// Every is the set of all columns but some.
func Every(except ...string) Columns {
	return Columns{All: true, Except: sorted(except)}
}

// Named is the set of some columns.
func Named(names ...string) Columns {
	return Columns{Names: sorted(names)}
}

// Empty tells whether there is no column in the set.
func (c Columns) Empty() bool { return !c.All && len(c.Names) == 0 }

// Has tells whether a column is in the set.
func (c Columns) Has(column string) bool {
	if c.All {
		return !slices.Contains(c.Except, column)
	}
	return slices.Contains(c.Names, column)
}

// String says the set in words.
func (c Columns) String() string {
	switch {
	case c.All && len(c.Except) > 0:
		return "every column but " + strings.Join(c.Except, ", ")
	case c.All:
		return "every column"
	}
	return strings.Join(c.Names, ", ")
}

func (c Columns) compare(d Columns) int {
	switch {
	case c.All != d.All && c.All:
		return -1
	case c.All != d.All:
		return 1
	}
	if order := slices.Compare(c.Except, d.Except); order != 0 {
		return order
	}
	return slices.Compare(c.Names, d.Names)
}

// sorted is a sorted copy without what is there twice, nil when empty.
func sorted(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}
