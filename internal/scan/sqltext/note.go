package sqltext

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan/found"
)

// The reasons of gaps.
const (
	whyHole     = "SQL that is put together when the code runs"
	whyUnparsed = "looks like SQL, and cannot be parsed"
	whyOpaque   = "SQL that runs code which is not in it"
)

// note turns what a parsed text needs into uses, and its holes into gaps.
func note(f *found.Findings, l Literal, uses ddl.Uses) {
	at := evidence(l)
	anything := ""
	if uses.Opaque {
		anything = whyOpaque
	}
	// A hole behind a relation can be a join with any other.
	if slices.ContainsFunc(uses.Aliases, isHole) || slices.ContainsFunc(uses.Loose, isHole) {
		anything = whyHole
	}
	for _, n := range uses.Needs {
		name := contract.Name{Schema: n.Relation.Schema, Name: n.Relation.Name}
		use := contract.Use{Origin: contract.SQL, At: at, Reads: columns(n.Reads), Updates: columns(n.Updates), Adds: n.Adds, Inserts: columns(n.Inserts),
			Arbiters: arbiters(n.Arbiters), TextBigint: l.TextBigint, Star: n.Star, Kept: l.Kept || uses.Prepares, Strict: l.Strict, OnTable: n.OnTable}
		holes := slices.ContainsFunc(slices.Concat(n.Reads.Names, n.Updates.Names, n.Inserts.Names), isHole)
		switch {
		case isHole(name.Name) || isHole(name.Schema):
			anything = whyHole
			if use.Inserts.All {
				// Values without names break when any column goes.
				f.Blind(contract.Gap{Reach: contract.Anything, Why: "inserts without names of columns into a table that is computed", At: at})
			}
			continue
		case name.Name == baseName && l.Base.Name == "":
			// Columns of which relation? They are words that queries name.
			f.Queried(at, withoutHoles(slices.Concat(n.Reads.Names, n.Updates.Names))...)
			if holes {
				anything = whyHole
			}
			for _, a := range use.Arbiters {
				f.Upsert(contract.Upsert{Arbiter: a, Why: "a part of SQL has ON CONFLICT", At: at})
			}
			continue
		case name.Name == baseName:
			name = l.Base
			if use.Reads.Empty() && use.Updates.Empty() && !use.Adds && use.OnTable == "" && !holes && use.Arbiters == nil {
				continue
			}
		}
		if slices.Contains(uses.Outside, n.Relation) {
			f.Qualified(name, use)
		} else {
			f.Use(name, use)
		}
		if holes {
			f.Gap(contract.Gap{Reach: contract.Within, Relation: name, Why: whyHole, At: at})
		}
	}
	if anything != "" {
		f.Gap(contract.Gap{Reach: contract.Anything, Why: anything, At: at})
	}
}

// unparsed makes a gap of each relation that a text seems to name, and of
// everything when it names none, or has a hole in the name's place.
func unparsed(f *found.Findings, l Literal) {
	at := evidence(l)
	named := false
	for _, match := range tables().FindAllStringSubmatch(l.Text, -1) {
		parts := strings.Split(strings.ReplaceAll(match[1], `"`, ""), ".")
		if strings.Contains(match[1], Hole) {
			named = false
			break
		}
		name := contract.Name{Name: parts[len(parts)-1]}
		if !strings.Contains(match[1], `"`) {
			name.Name = strings.ToLower(name.Name)
		}
		named = true
		f.Gap(contract.Gap{Reach: contract.Within, Relation: name, Why: whyUnparsed, At: at})
	}
	// What is in a hole may name other relations than the text does.
	if !named || strings.Contains(l.Text, Hole) {
		f.Gap(contract.Gap{Reach: contract.Anything, Why: whyUnparsed, At: at})
	}
}

// evidence is where the literal stands, with its text in one line.
func evidence(l Literal) contract.Evidence {
	at := l.At
	at.Text = strings.Join(strings.Fields(strings.ReplaceAll(l.Text, Hole, "…")), " ")
	return at
}

func columns(c ddl.ColumnSet) contract.Columns {
	if c.All {
		return contract.Every()
	}
	return contract.Named(withoutHoles(c.Names)...)
}

// arbiters are those that ON CONFLICT clauses ask for. A hole may be any.
func arbiters(found []ddl.Arbiter) (list []contract.Arbiter) {
	for _, a := range found {
		switch {
		case slices.ContainsFunc(a.Columns, isHole):
			list = append(list, contract.Arbiter{Any: true})
		case isHole(a.Name):
			list = append(list, contract.Arbiter{Name: contract.AnyName})
		default:
			list = append(list, contract.Arbiter{Name: a.Name, Columns: a.Columns, Expressions: a.Expressions, Partial: a.Partial})
		}
	}
	return list
}

func withoutHoles(names []string) []string {
	var plain []string
	for _, name := range names {
		if !isHole(name) {
			plain = append(plain, name)
		}
	}
	return plain
}

func isHole(name string) bool { return strings.Contains(name, holeName) }
