package contract

import (
	"regexp"
	"slices"
	"strings"
)

// Reach is how far a gap goes.
type Reach string

// The reaches of gaps.
const (
	// Anything is a place that may use any column of any relation, as SQL that
	// is put together when the code runs; or the gap's column of any.
	Anything Reach = "anything"
	// Unclaimed is what may use any relation that no model of the build
	// claims, as libraries, which have tables of their own.
	Unclaimed Reach = "unclaimed"
	// Within is what may use the gap's relation, or its column only.
	Within Reach = "relation"
)

// Gap is something that was not understood.
type Gap struct {
	Reach Reach `json:"reach"`
	// Relation is set with Within only; Column is empty for all columns, and
	// always with Unclaimed. With Anything it is a column of a relation that is
	// not known; a migguard from before that takes such a gap for one of all
	// columns.
	Relation Name   `json:"relation,omitzero"`
	Column   string `json:"column,omitempty"`
	// Why says what was not understood, as "SQL that is built when the code
	// runs".
	Why string   `json:"why"`
	At  Evidence `json:"at"`
	// Spares are columns' names that the place cannot mean: the scan looked
	// for them in the whole source and found them nowhere but where a model
	// ignores them.
	Spares []string `json:"spares,omitempty"`
	// Worded says that the place can use a column only by one of the contract's
	// Words.
	Worded bool `json:"worded,omitempty"`
	// NoUpsert says that the place makes no INSERT ... ON CONFLICT: no word of the
	// source could be one of it.
	NoUpsert bool `json:"no_upsert,omitempty"`
	// OneInteger says that the place takes a bigint for the same kind of value as a
	// smaller integer, as Ruby and Python do. Older scans do not say it.
	OneInteger bool `json:"one_integer,omitempty"`
	// Introspects is Use's, of every relation that the place may use.
	Introspects bool `json:"introspects,omitempty"`
}

// reaches tells whether the gap may hide a use. An empty column asks for the
// relation, which nothing is spared for.
func (c *Contract) reaches(g Gap, name Name, column string, claimed bool) bool {
	if column != "" && (slices.Contains(g.Spares, column) || g.Worded && !c.mentions(column)) {
		return false
	}
	switch g.Reach {
	case Unclaimed:
		return !claimed
	case Within:
		return g.Relation.may(name) && (column == "" || g.Column == "" || g.Column == column)
	}
	// Anything, and what a newer migguard may have named.
	return column == "" || g.Column == "" || g.Column == column
}

// plain are the names that a scan looks for. Others are taken to stand in every
// source.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// mentions tells whether a column's name may be made of the contract's words.
func (c *Contract) mentions(column string) bool {
	if !plain.MatchString(column) {
		return true
	}
	if _, found := slices.BinarySearch(c.Words, column); found {
		return true
	}
	return slices.ContainsFunc(c.Words, func(word string) bool {
		before, after, goesOn := strings.Cut(word, "*")
		return goesOn && len(before)+len(after) <= len(column) && strings.HasPrefix(column, before) && strings.HasSuffix(column, after)
	})
}
