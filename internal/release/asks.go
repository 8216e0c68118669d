package release

import (
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/pg"
)

// asks tells what the catalogs have to be asked about a change, if anything.
func (g *gate) asks(change ddl.Change) (n pg.Names, needed bool) {
	n, needed = g.asksNames(change)
	if table := mayWork(change); table.Name != "" && !g.hasMade(table) {
		n.Relation, n.Size, needed = ddl.Literal(table.String()), true, true
	}
	return n, needed
}

// mayWork is the table of a change that may take as long as it is large.
func mayWork(change ddl.Change) ddl.Name {
	switch c := change.(type) {
	case ddl.AddConstraint:
		if c.InCreate || c.NotValid {
			return ddl.Name{}
		}
	case ddl.Vacuum:
		if !c.Full {
			return ddl.Name{}
		}
	case ddl.SetLogged, ddl.SetTablespace, ddl.SetAccessMethod, ddl.Cluster, ddl.ValidateConstraint:
	default:
		if !hazard.TriedOnCopy(change) {
			return ddl.Name{}
		}
	}
	if named := change.Relations(); len(named) > 0 {
		return named[0]
	}
	return ddl.Name{}
}

func (g *gate) asksNames(change ddl.Change) (n pg.Names, needed bool) {
	if relation, column, size := columnOf(change); column != "" {
		return pg.Names{Relation: ddl.Literal(relation.String()), Column: ddl.Literal(column), Size: size}, !g.hasMade(relation)
	}
	var relation ddl.Name
	switch c := change.(type) {
	case ddl.CreateIndex:
		if c.Concurrently || g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Size = c.Relation, true
		n.Target = ddl.Literal(c.Name)
	case ddl.RenameTable:
		relation = c.Relation
		n.Target = ddl.Literal(c.To)
	case ddl.SetSchema:
		relation = c.Relation
	case ddl.RenameColumn:
		relation = c.Relation
	case ddl.DropTable:
		relation = c.Relation
	case ddl.DropView:
		relation, n.Writable = c.Relation, true
	case ddl.DropColumn:
		relation = c.Relation
	case ddl.DropIndex:
		n.Index, n.Arbiters = ddl.Literal(c.Index.String()), true
	case ddl.DropConstraint:
		if g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Arbiters = c.Relation, true
	case ddl.AddColumn:
		return g.newColumn(c)
	case ddl.AlterSequence:
		if !c.Restart {
			return n, false
		}
		relation, n.Sequence = c.Relation, true
	case ddl.Truncate:
		if g.hasMade(c.Relation) && !c.Cascade {
			return n, false
		}
		relation, n.Size, n.Referencing = c.Relation, true, c.Cascade
	case ddl.SetRowSecurity, ddl.CreatePolicy, ddl.AlterPolicy, ddl.DropPolicy:
		relation = change.Relations()[0]
		if g.hasMade(relation) {
			return n, false
		}
	case ddl.Revoke:
		return g.revoked(c)
	case ddl.RenameEnumValue:
		n.Type = ddl.Literal(c.TypeName.String())
	case ddl.DropSchema:
		n.Schema = ddl.Literal(c.Schema)
	case ddl.RenameSchema:
		n.Schema = ddl.Literal(c.Schema)
	default:
		if relation, needed = mayExist(change); !needed {
			return n, false
		}
	}
	if relation.Name != "" {
		n.Relation = ddl.Literal(relation.String())
	}
	return n, true
}

// columnOf is the column whose definition a change is judged by, and whether by
// its table's size too.
func columnOf(change ddl.Change) (relation ddl.Name, column string, size bool) {
	switch c := change.(type) {
	case ddl.DropDefault:
		return c.Relation, c.Column, false
	case ddl.SetDefault:
		if ddl.IsNull(c.Default) {
			return c.Relation, c.Column, false
		}
	case ddl.DropIdentity:
		return c.Relation, c.Column, false
	case ddl.DropExpression:
		return c.Relation, c.Column, false
	case ddl.ChangeColumnType:
		return c.Relation, c.Column, false
	case ddl.SetNotNull:
		return c.Relation, c.Column, false
	case ddl.SetIdentity:
		return c.Relation, c.Column, true
	case ddl.AddIdentity:
		return c.Relation, c.Column, true
	}
	return ddl.Name{}, "", false
}

// newColumn asks about a column that is there perhaps, or that running code would
// have to fill. Whether a type of the application's is a domain only the
// catalogs tell.
func (g *gate) newColumn(c ddl.AddColumn) (n pg.Names, needed bool) {
	_, own := ddl.ServerTypeOf(c.Type)
	required := !c.Fills() && (c.NotNull || !own) && c.Kind != ddl.KindType && !g.hasMade(c.Relation)
	if !required && !c.IfNotExists {
		return n, false
	}
	n.Relation = ddl.Literal(c.Relation.String())
	if required && !own {
		n.Type = ddl.Literal(c.Type)
	}
	return n, true
}

// revoked asks about what a privilege is taken from. A function that the run has
// made itself needs no question: who may call it is decided with it.
func (g *gate) revoked(c ddl.Revoke) (n pg.Names, needed bool) {
	switch c.Kind {
	case ddl.KindSchema:
		n.Schema = ddl.Literal(c.Object.Name)
	case ddl.KindFunction, ddl.KindProcedure, ddl.KindRoutine:
		if c.InSchema {
			n.Schema = ddl.Literal(c.Object.Name)
			break
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		return n, !g.functions[c.Object.Name]
	case ddl.KindTable, ddl.KindSequence:
		if c.InSchema {
			n.Schema = ddl.Literal(c.Object.Name)
			break
		}
		n.Relation = ddl.Literal(c.Object.String())
		return n, !g.hasMade(c.Object)
	default:
		return n, false
	}
	return n, true
}

// mayExist is what a change creates unless, or although, it is there.
func mayExist(change ddl.Change) (ddl.Name, bool) {
	switch c := change.(type) {
	case ddl.CreateTable:
		return c.Relation, c.IfNotExists
	case ddl.CreateView:
		return c.Relation, c.Replace
	case ddl.CreateMaterializedView:
		return c.Relation, c.IfNotExists
	}
	return ddl.Name{}, false
}
