package release

import (
	"slices"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// rebuilt asks about what REINDEX reads: the table, if it names one, or all that
// are in a schema.
func rebuilt(c ddl.Reindex, n *pg.Names) ddl.Name {
	switch c.Kind {
	case ddl.KindTable:
		return c.Relation
	case ddl.KindIndex:
		n.Index = ddl.Literal(c.Relation.String())
	case ddl.KindSchema:
		n.Schema = ddl.Literal(c.Relation.Name)
	case ddl.KindDatabase:
		n.Schema = pg.EverySchema
	default: // SYSTEM
		n.Schema = ddl.Literal("pg_catalog")
	}
	return ddl.Name{}
}

// everyTable are those that a change is for which names none, as a pg.Names.Schema; empty
// where it names one, or writes nothing anew.
func everyTable(change ddl.Change) string {
	switch c := change.(type) {
	case ddl.Cluster:
		if c.Relation.Name == "" {
			return pg.Clustered
		}
	case ddl.Vacuum:
		if c.Relation.Name == "" && c.Full {
			return pg.EverySchema
		}
	case ddl.MoveAll:
		if c.From == c.To {
			return ""
		}
		var owners []string
		for _, role := range c.Owners {
			if !slices.Contains([]string{"current_user", "current_role", "session_user"}, role) {
				role = ddl.Literal(role)
			}
			owners = append(owners, role)
		}
		kind := map[ddl.Kind]string{ddl.KindTable: "r", ddl.KindIndex: "i", ddl.KindMaterializedView: "m"}[c.Kind]
		return pg.InTablespace(ddl.Literal(c.From), kind, owners)
	}
	return ""
}
