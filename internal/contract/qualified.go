package contract

import "fmt"

// Qualified answers whether the build names a relation with its schema, so that it
// finds that one whatever its search_path is. What is not known of the source may.
func (c *Contract) Qualified(name Name) Answer {
	var a Answer
	for _, r := range c.Relations {
		if r.Name != name || name.Schema == "" {
			continue
		}
		for _, u := range r.Uses {
			a.add(Yes, Reason{describe(u), u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.unused(name, "", fmt.Sprintf("nothing that was scanned names %s with its schema", name))
}
