package contract

import "fmt"

// GroupsByKey is the OnTable of a query that groups by a table's primary key, and
// returns or sorts by other columns. Of a view the server does not take it (42803).
const GroupsByKey = "GROUP BY the primary key"

// groups answers whether the build may group a relation's rows by its primary key: Yes
// where a text does; Unknown where the source has words of GROUP BY, for a library that
// makes a query of them names the relation by its model.
func (c *Contract) groups(name Name) Answer {
	a := c.onTable(name, []string{GroupsByKey})
	if a.Verdict == Yes {
		return a
	}
	for _, s := range c.Sources {
		if s.Groups && c.Table(name).Verdict != No {
			return Answer{Unknown, []Reason{{Text: fmt.Sprintf("the source has words of GROUP BY, and a library may make a query of %s of them", name)}}}
		}
	}
	return Answer{No, []Reason{{Text: fmt.Sprintf("nothing that was scanned groups rows of %s", name)}}}
}
