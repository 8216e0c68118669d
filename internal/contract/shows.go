package contract

// Shows answers whether the contract has evidence that a change would break what
// uses the database. Unlike Breaks it asks for what there is, and not for what may
// be missing: No says that nothing shows it, and is no evidence of non-use. A Query
// that may not have been run since the code that runs was released is at most an
// Unknown: code that is gone may have sent it.
func (c *Contract) Shows(change Change) Answer {
	lately := c.sights(func(u Use) bool { return u.Origin != Query || u.Recent == Yes }).Breaks(change)
	if lately.Verdict != No {
		return lately
	}
	a := c.sights(func(Use) bool { return true }).Breaks(change)
	if a.Verdict == Yes {
		a.Verdict = Unknown
	}
	return a
}

// MayShow tells whether a query shows that a change would break what has sent it, of which
// it is not known whether it runs.
func (c *Contract) MayShow(change Change) bool {
	return c.sights(func(u Use) bool { return u.Origin == Query && u.Recent == Unknown }).Breaks(change).Verdict == Yes
}

// sights is a contract of some uses, of which it takes no others to exist.
func (c *Contract) sights(which func(Use) bool) *Contract {
	only := &Contract{Sources: []Source{{Whole: true, Upserts: true, Rows: true}}}
	for _, r := range c.Relations {
		some := Relation{Name: r.Name}
		for _, u := range r.Uses {
			if which(u) {
				some.Uses = append(some.Uses, u)
			}
		}
		only.Relations = append(only.Relations, some)
	}
	return only
}
