package ddl

import (
	pg "github.com/pganalyze/pg_query_go/v6"
)

// WriteAttach writes the ALTER TABLE that attaches a partition to a parent with the
// bounds of a statement, which attaches another one or creates it.
func WriteAttach(sql string, parent, partition Name) (string, error) {
	tree, err := parseTree(sql)
	if err != nil {
		return "", err
	}
	if len(tree.GetStmts()) != 1 {
		return "", ErrUnfaithful
	}
	bound := boundOf(tree.GetStmts()[0].GetStmt())
	if bound == nil {
		return "", ErrUnfaithful
	}
	cmd := &pg.AlterTableCmd{Subtype: pg.AlterTableType_AT_AttachPartition, Behavior: pg.DropBehavior_DROP_RESTRICT,
		Def: &pg.Node{Node: &pg.Node_PartitionCmd{PartitionCmd: &pg.PartitionCmd{Name: rangeVar(partition), Bound: bound}}}}
	return writeBack(&pg.ParseResult{Version: tree.GetVersion(), Stmts: []*pg.RawStmt{{
		Stmt: &pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: &pg.AlterTableStmt{
			Relation: rangeVar(parent), Objtype: pg.ObjectType_OBJECT_TABLE,
			Cmds: []*pg.Node{{Node: &pg.Node_AlterTableCmd{AlterTableCmd: cmd}}}}}}}}})
}

func boundOf(n *pg.Node) *pg.PartitionBoundSpec {
	if create := n.GetCreateStmt(); create != nil {
		return create.GetPartbound()
	}
	for _, c := range n.GetAlterTableStmt().GetCmds() {
		if part := c.GetAlterTableCmd().GetDef().GetPartitionCmd(); part != nil {
			return part.GetBound()
		}
	}
	return nil
}

func rangeVar(n Name) *pg.RangeVar {
	return &pg.RangeVar{Schemaname: n.Schema, Relname: n.Name, Inh: true, Relpersistence: "p"}
}
