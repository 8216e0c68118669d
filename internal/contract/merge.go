package contract

import (
	"cmp"
	"slices"
)

// Merge joins what is known of one build. It changes neither contract; nil
// stands for one that has seen nothing. In whichever order and grouping
// contracts are merged, the result is the same.
//
// Different builds are not merged: ask each, and join the answers with Worst.
// A model of one build says nothing about what another build's libraries use.
func Merge(a, b *Contract) *Contract {
	merged := &Contract{Version: Version}
	for _, c := range []*Contract{a, b} {
		if c == nil {
			continue
		}
		merged.Sources = append(merged.Sources, c.Sources...)
		merged.Relations = append(merged.Relations, c.Relations...)
		merged.Gaps = append(merged.Gaps, c.Gaps...)
		merged.Paths = append(merged.Paths, c.Paths...)
		merged.Upserts = append(merged.Upserts, c.Upserts...)
		merged.Drivers = append(merged.Drivers, c.Drivers...)
		merged.Texts = append(merged.Texts, c.Texts...)
		merged.Words = append(merged.Words, c.Words...)
	}
	merged.normalize()
	return merged
}

// normalize sorts everything, joins relations of one name and drops what is
// there twice. It changes no slice that others may hold.
func (c *Contract) normalize() {
	c.Sources = slices.Clone(c.Sources)
	slices.SortFunc(c.Sources, compareSources)
	c.Sources = slices.Compact(c.Sources)

	byName := make(map[Name][]Use)
	for _, r := range c.Relations {
		byName[r.Name] = append(byName[r.Name], r.Uses...)
	}
	c.Relations = make([]Relation, 0, len(byName))
	for name, uses := range byName {
		uses = slices.Clone(uses)
		for i := range uses {
			uses[i].normalize()
		}
		slices.SortFunc(uses, compareUses)
		uses = slices.CompactFunc(uses, func(a, b Use) bool { return compareUses(a, b) == 0 })
		c.Relations = append(c.Relations, Relation{name, uses})
	}
	slices.SortFunc(c.Relations, func(a, b Relation) int { return compareNames(a.Name, b.Name) })

	c.Words = sorted(c.Words)
	c.Gaps = slices.Clone(c.Gaps)
	for i := range c.Gaps {
		c.Gaps[i].Worded = c.Gaps[i].Worded && c.Words != nil
		c.Gaps[i].At.Text = short(c.Gaps[i].At.Text)
		c.Gaps[i].Spares = sorted(c.Gaps[i].Spares)
	}
	slices.SortStableFunc(c.Gaps, compareGaps)
	c.Gaps = joinGaps(c.Gaps)

	c.Paths = slices.Clone(c.Paths)
	for i := range c.Paths {
		c.Paths[i].At.Text = short(c.Paths[i].At.Text)
	}
	slices.SortFunc(c.Paths, comparePaths)
	c.Paths = slices.Compact(c.Paths)

	c.Upserts = slices.Clone(c.Upserts)
	for i := range c.Upserts {
		c.Upserts[i].At.Text = short(c.Upserts[i].At.Text)
		c.Upserts[i].Arbiter.Columns = sorted(c.Upserts[i].Arbiter.Columns)
	}
	slices.SortFunc(c.Upserts, compareUpserts)
	c.Upserts = slices.CompactFunc(c.Upserts, func(a, b Upsert) bool { return compareUpserts(a, b) == 0 })

	c.Drivers = slices.Clone(c.Drivers)
	for i := range c.Drivers {
		c.Drivers[i].At.Text = short(c.Drivers[i].At.Text)
	}
	slices.SortFunc(c.Drivers, compareDrivers)
	c.Drivers = slices.Compact(c.Drivers)

	c.Texts = joinTexts(c.Texts)
}

func (u *Use) normalize() {
	u.At.Text = short(u.At.Text)
	u.Arbiters = arbiters(u.Arbiters)
	for _, set := range []*Columns{&u.Reads, &u.Updates, &u.Inserts} {
		set.Except, set.Names = sorted(set.Except), sorted(set.Names)
		if set.All {
			set.Names = nil
		} else {
			set.Except = nil
		}
	}
}

// joinGaps makes one of equal gaps. What one of them does not spare, by its list
// or by the words, is not spared.
func joinGaps(gaps []Gap) []Gap {
	joined := make([]Gap, 0, len(gaps))
	for _, g := range gaps {
		if n := len(joined); n > 0 && compareGaps(joined[n-1], g) == 0 {
			joined[n-1].Spares = intersection(joined[n-1].Spares, g.Spares)
			joined[n-1].Worded = joined[n-1].Worded && g.Worded
			joined[n-1].NoUpsert = joined[n-1].NoUpsert && g.NoUpsert
			joined[n-1].OneInteger = joined[n-1].OneInteger && g.OneInteger
			joined[n-1].Introspects = joined[n-1].Introspects || g.Introspects
			continue
		}
		joined = append(joined, g)
	}
	return joined
}

func intersection(a, b []string) []string {
	var both []string
	for _, s := range a {
		if slices.Contains(b, s) {
			both = append(both, s)
		}
	}
	return both
}

// Shortened is evidence whose text is no longer than a contract has it.
func (e Evidence) Shortened() Evidence {
	e.Text = short(e.Text)
	return e
}

// short cuts a text to MaxText bytes, between two characters.
func short(text string) string {
	if len(text) <= MaxText {
		return text
	}
	end := MaxText - len("...")
	for end > 0 && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end] + "..."
}

func compareSources(a, b Source) int {
	return cmp.Or(cmp.Compare(a.Scanner, b.Scanner), compareBools(a.Whole, b.Whole),
		cmp.Compare(a.Files, b.Files), cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Models, b.Models), compareBools(a.Paths, b.Paths), compareBools(a.Upserts, b.Upserts),
		compareBools(a.Rows, b.Rows), cmp.Compare(a.TextsLeft, b.TextsLeft), compareBools(a.Groups, b.Groups),
		compareBools(a.Unprepared, b.Unprepared))
}

func compareNames(a, b Name) int {
	return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
}

func compareUses(a, b Use) int {
	return cmp.Or(cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.By, b.By), cmp.Compare(b.Calls, a.Calls), compareEvidence(a.At, b.At),
		a.Since.Compare(b.Since), cmp.Compare(a.Recent, b.Recent), a.Reads.compare(b.Reads), a.Updates.compare(b.Updates), compareBools(a.Adds, b.Adds), a.Inserts.compare(b.Inserts),
		slices.CompareFunc(a.Arbiters, b.Arbiters, Arbiter.compare), compareBools(a.TextBigint, b.TextBigint),
		compareBools(a.Introspects, b.Introspects), compareBools(a.Star, b.Star), compareBools(a.Prepared, b.Prepared), compareBools(a.Kept, b.Kept), compareBools(a.Strict, b.Strict), cmp.Compare(a.OnTable, b.OnTable))
}

// compareGaps leaves Spares, Worded, NoUpsert, OneInteger and Introspects out: see joinGaps.
func compareGaps(a, b Gap) int {
	return cmp.Or(cmp.Compare(a.Reach, b.Reach), compareNames(a.Relation, b.Relation),
		cmp.Compare(a.Column, b.Column), compareEvidence(a.At, b.At), cmp.Compare(a.Why, b.Why))
}

func compareEvidence(a, b Evidence) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
