package contract

// Introspects answers whether a model of a relation asks the catalogs for the
// relation's primary key and defaults. It does so when it is first used, which in a
// process that runs may be yet to come; a library that makes its models of the tables
// it finds does when the process boots. A No is of what was understood only.
func (c *Contract) Introspects(name Name) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if u.Introspects {
			a.add(Yes, Reason{"model " + u.By, u.At})
		}
	}
	for _, g := range c.Gaps {
		if g.Introspects && c.reaches(g, name, "", false) {
			a.add(Yes, Reason{g.Why, g.At})
		}
	}
	if a.Verdict != Yes {
		a.add(No, Reason{Text: "no model of " + name.String() + " does"})
	}
	return a
}
