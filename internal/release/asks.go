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
		if _, ok := change.(ddl.SetTablespace); ok { // of an index, too
			n.Relation, n.TableOf = "", ddl.Literal(table.String())
		}
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
		_, sets := change.(ddl.SetDefault)
		return pg.Names{Relation: ddl.Literal(relation.String()), Column: ddl.Literal(column), Size: size, Arbiters: sets}, !g.hasMade(relation)
	}
	if c, ok := change.(ddl.CreateTable); ok && c.PartitionOf.Name != "" && !c.Default {
		return pg.Names{Relation: ddl.Literal(c.Relation.String()), Size: true, Parent: ddl.Literal(c.PartitionOf.String())}, true
	}
	var relation ddl.Name
	switch c := change.(type) {
	case ddl.CreateIndex:
		if c.Concurrently && !c.Unique || g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Size, n.Arbiters = c.Relation, true, c.Unique
		n.Target = ddl.Literal(c.Name)
	case ddl.AddConstraint:
		if c.InCreate || g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Arbiters = c.Relation, true
	case ddl.Reindex:
		if c.Concurrently || c.Kind == ddl.KindTable && g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Size = rebuilt(c, &n), true
	case ddl.Cluster, ddl.Vacuum, ddl.MoveAll:
		n.Schema, n.Size = everyTable(change), true
		return n, n.Schema != ""
	case ddl.RefreshMaterializedView:
		if c.Concurrently || g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Query, n.Arbiters = c.Relation, true, true
	case ddl.RenameTable:
		relation, n.Sequence, n.Indexed, n.Arbiters = c.Relation, true, true, true // it may be a sequence or an index, whatever it is called
		n.Target = ddl.Literal(c.To)
	case ddl.SetSchema:
		relation, n.Sequence = c.Relation, true
		n.Target, n.TargetIn = ddl.Literal(c.Relation.Name), ddl.Literal(c.Schema)
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
	case ddl.DropConstraint, ddl.RenameConstraint:
		if relation = change.Relations()[0]; g.hasMade(relation) {
			return n, false
		}
		n.Arbiters = true
	case ddl.AttachPartition:
		relation, n.Size = c.Partition, true
		n.Parent = ddl.Literal(c.Relation.String())
	case ddl.SetInherit:
		return pg.Names{Relation: ddl.Literal(c.Relation.String()), Parent: ddl.Literal(c.Parent.String())}, c.Remove
	case ddl.DetachPartition:
		relation = c.Partition
		n.Parent = ddl.Literal(c.Relation.String())
	case ddl.AddColumn:
		return g.newColumn(c)
	case ddl.AlterSequence:
		if !c.Restart && c.Increment == nil {
			return n, false
		}
		relation, n.Sequence = c.Relation, true
	case ddl.Truncate:
		if g.hasMade(c.Relation) && !c.Cascade {
			return n, false
		}
		relation, n.Size, n.Referencing = c.Relation, true, c.Cascade
	case ddl.SetRowSecurity, ddl.CreatePolicy, ddl.AlterPolicy, ddl.DropPolicy, ddl.CreateTrigger, ddl.CreateRule:
		relation = change.Relations()[0]
		if g.hasMade(relation) {
			return n, false
		}
	case ddl.Revoke:
		return g.revoked(c)
	case ddl.SetOwner:
		named := c.Relations()
		if len(named) == 0 || g.hasMade(named[0]) {
			return n, false
		}
		relation = named[0]
	case ddl.RenameEnumValue:
		n.Type = ddl.Literal(c.TypeName.String())
	case ddl.AddDomainConstraint:
		n.Domain, n.Size = ddl.Literal(c.Domain.String()), true
	case ddl.ValidateDomainConstraint:
		n.Domain, n.Size = ddl.Literal(c.Domain.String()), true
	case ddl.SetDomainNotNull:
		n.Domain, n.Size = ddl.Literal(c.Domain.String()), true
		n.Type = n.Domain
	case ddl.DropSchema:
		n.Schema = ddl.Literal(c.Schema)
	case ddl.RenameSchema:
		n.Schema = ddl.Literal(c.Schema)
	case ddl.RevokeRole:
		return n, !c.OptionOnly
	case ddl.DropOwned:
		return n, true
	case ddl.AlterRole, ddl.AlterDatabase, ddl.SetSessionDefault, ddl.RenameObject:
		_, _, needed = ofSessions(change)
		return n, needed
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
	case ddl.SetDefault:
		if ddl.IsNull(c.Default) || ddl.IsConstant(c.Default) {
			column = c.Column
		}
	case ddl.DropDefault:
		column = c.Column
	case ddl.DropIdentity:
		column = c.Column
	case ddl.DropExpression:
		column = c.Column
	case ddl.ChangeColumnType:
		column = c.Column
	case ddl.SetNotNull:
		column = c.Column
	case ddl.SetIdentity:
		column, size = c.Column, true
	case ddl.AddIdentity:
		column, size = c.Column, true
	}
	if column != "" {
		relation = change.Relations()[0]
	}
	return relation, column, size
}

// newColumn asks about a column that is there perhaps, or that running code would
// have to fill. Whether a type of the application's is a domain only the
// catalogs tell.
func (g *gate) newColumn(c ddl.AddColumn) (n pg.Names, needed bool) {
	_, own := ddl.ServerTypeOf(c.Type)
	if len(g.code) > 0 && !g.idle && c.Kind != ddl.KindType && !g.hasMade(c.Relation) {
		n.Relation, needed = ddl.Literal(c.Relation.String()), true // what code prepares
	}
	required := !c.Fills() && (c.NotNull || !own) && c.Kind != ddl.KindType && !g.hasMade(c.Relation)
	if !required && !c.IfNotExists {
		return n, needed
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
	case ddl.KindFunction, ddl.KindProcedure, ddl.KindRoutine, ddl.KindTable, ddl.KindSequence, ddl.KindSchema:
	default:
		return n, false
	}
	if c.InSchema || c.Kind == ddl.KindSchema {
		n.Schema = ddl.Literal(c.Object.Name)
		return n, true
	}
	if c.Kind == ddl.KindTable || c.Kind == ddl.KindSequence {
		n.Relation = ddl.Literal(c.Object.String())
		return n, !g.hasMade(c.Object)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return n, !g.functions[c.Object.Name]
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
