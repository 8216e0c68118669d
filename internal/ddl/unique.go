package ddl

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// UniqueName is the name of the UNIQUE constraint or primary key that an action adds, and of its
// index: what the server would choose, if no other relation has it; empty where
// that cannot be told.
func (a *Alter) UniqueName(action int, table string) string {
	def := a.actions[action].cmd.GetDef().GetConstraint()
	if def.GetConname() != "" {
		return def.GetConname()
	}
	if def.GetContype() == pg.ConstrType_CONSTR_PRIMARY {
		return joinedName(table, "", "pkey")
	}
	columns := append(stringsOf(def.GetKeys()), stringsOf(def.GetIncluding())...)
	if slices.Sort(columns); len(slices.Compact(slices.Clone(columns))) < len(columns) {
		return ""
	}
	return joinedName(table, addition(append(stringsOf(def.GetKeys()), stringsOf(def.GetIncluding())...)), "key")
}

// Keys are the columns of the UNIQUE constraint or primary key that an action adds.
func (a *Alter) Keys(action int) []string {
	return stringsOf(a.actions[action].cmd.GetDef().GetConstraint().GetKeys())
}

// WriteUniqueIndex writes the CREATE UNIQUE INDEX CONCURRENTLY of an index for
// the UNIQUE constraint or primary key that an action adds.
func (a *Alter) WriteUniqueIndex(action int, on Name, index string) (string, error) {
	def := a.actions[action].cmd.GetDef().GetConstraint()
	if t := def.GetContype(); t != pg.ConstrType_CONSTR_UNIQUE && t != pg.ConstrType_CONSTR_PRIMARY || def.GetIndexname() != "" {
		return "", ErrUnfaithful
	}
	stmt := &pg.IndexStmt{
		Idxname: index, Relation: proto.Clone(a.stmt.GetRelation()).(*pg.RangeVar), AccessMethod: "btree",
		Unique: true, Concurrent: true, NullsNotDistinct: def.GetNullsNotDistinct(),
		IndexParams: indexColumns(def.GetKeys()), IndexIncludingParams: indexColumns(def.GetIncluding()),
		Options: def.GetOptions(), TableSpace: def.GetIndexspace(),
	}
	stmt.Relation.Schemaname, stmt.Relation.Relname, stmt.Relation.Inh = on.Schema, on.Name, true
	return a.text(&pg.Node{Node: &pg.Node_IndexStmt{IndexStmt: stmt}})
}

func indexColumns(names []*pg.Node) []*pg.Node {
	var columns []*pg.Node
	for _, name := range stringsOf(names) {
		columns = append(columns, &pg.Node{Node: &pg.Node_IndexElem{IndexElem: &pg.IndexElem{Name: name,
			Ordering: pg.SortByDir_SORTBY_DEFAULT, NullsOrdering: pg.SortByNulls_SORTBY_NULLS_DEFAULT}}})
	}
	return columns
}

// WriteUsingIndex writes the action that adds such a constraint so that it
// takes an index that is there, and its name.
func (a *Alter) WriteUsingIndex(action int, on Name, index string) (string, error) {
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	def := cmd.GetDef().GetConstraint()
	if def == nil {
		return "", ErrUnfaithful
	}
	def.Conname, def.Indexname = index, index
	def.Keys, def.Including, def.Options, def.Indexspace, def.NullsNotDistinct = nil, nil, nil, "", false
	return a.write(on, []*pg.AlterTableCmd{cmd})
}
