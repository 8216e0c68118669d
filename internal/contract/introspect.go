package contract

// Introspects answers whether a model of a relation asks the catalogs for the
// relation's primary key and defaults. It does so when it is first used, which in a
// process that runs may be yet to come. A No is of models that were understood only.
func (c *Contract) Introspects(name Name) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if u.Introspects {
			a.add(Yes, Reason{"model " + u.By, u.At})
		}
	}
	if a.Verdict != Yes {
		a.add(No, Reason{Text: "no model of " + name.String() + " does"})
	}
	return a
}
