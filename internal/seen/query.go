package seen

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/runner"
)

// A Query is a text that code sends, with what it uses.
type Query struct {
	Text string
	Use  contract.Use // where it is known from, of no relation
	Uses ddl.Uses
	// Relations are those it uses, each by a copy of Use: not the server's, and none of
	// a query that uses one of migguard's own.
	Relations []contract.Relation
}

// QueryOf reads a text. That of the evidence is made of it: in one line, without
// passwords. The error is ddl.NeedsOf's, and then this is all there is.
func QueryOf(text string, use contract.Use) (Query, error) {
	// Before PostgreSQL 16 the counted texts of DECLARE keep their constants.
	use.At.Text = runner.Masked(strings.Join(strings.Fields(text), " "))
	uses, err := ddl.NeedsOf(text)
	if err != nil {
		return Query{Text: text, Use: use}, err
	}
	use.Prepared = uses.Prepares
	return Query{Text: text, Use: use, Uses: uses, Relations: relationsOf(uses, use)}, nil
}

// relationsOf says what a query uses, of all but the server's and migguard's own
// tables. It reads the columns it names: SELECT * works without any of them, if it
// is prepared anew.
func relationsOf(uses ddl.Uses, use contract.Use) (relations []contract.Relation) {
	for _, n := range uses.Needs {
		switch n.Relation.Schema {
		case "migguard":
			return nil
		case "pg_catalog", "information_schema":
			continue
		}
		use.Reads, use.Updates = contract.Named(n.Reads.Names...), columnsOf(n.Updates)
		use.Adds, use.Inserts, use.Arbiters = n.Adds, columnsOf(n.Inserts), nil
		for _, a := range n.Arbiters {
			use.Arbiters = append(use.Arbiters, contract.Arbiter{Name: a.Name, Columns: a.Columns, Expressions: a.Expressions, Partial: a.Partial})
		}
		use.Star, use.OnTable = n.Star, n.OnTable
		relations = append(relations, contract.Relation{Name: contract.Name{Schema: n.Relation.Schema, Name: n.Relation.Name}, Uses: []contract.Use{use}})
	}
	return relations
}

func columnsOf(c ddl.ColumnSet) contract.Columns {
	if c.All {
		return contract.Every()
	}
	return contract.Named(c.Names...)
}
