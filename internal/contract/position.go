package contract

import "fmt"

// ByPosition answers whether the build adds rows to a relation without the names of their
// columns, so that their order counts: INSERT INTO t VALUES, or COPY. Frameworks
// that write every column, a model's, name them. A query that was not run since the code that runs
// was released is not of that.
func (c *Contract) ByPosition(name Name) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if (u.Origin == SQL || u.Origin == Query && u.Recent != No) && u.Adds && u.Inserts.All && !u.Updates.All {
			a.add(Yes, Reason{describe(u) + ", by the order of its columns", u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.unused(name, "", fmt.Sprintf("nothing that was scanned adds rows to %s without the names of columns", name))
}
