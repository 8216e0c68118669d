package ddl

import (
	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Renames are what is called otherwise than when a statement was written.
type Renames struct {
	// Table is what the statement's own table was called, in front of its columns.
	Table string
	// Columns are its columns' names now, by those then.
	Columns map[string]string
	// Parent is the table that a foreign key refers to; as it was if that has no name.
	Parent        Name
	ParentColumns map[string]string
}

// Renamed writes an ALTER TABLE that adds a constraint, or a CREATE INDEX, with the names
// that there are now, but for those of its table. The error is ErrUnfaithful where the
// result would not mean the same.
func Renamed(sql string, r Renames) (string, error) {
	if err := checkText(sql); err != nil {
		return "", err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return "", syntaxError(sql, 0, err)
	}
	r.apply(tree.ProtoReflect())
	return writeBack(tree)
}

func (r Renames) apply(m protoreflect.Message) {
	switch n := m.Interface().(type) {
	case *pg.AlterTableCmd:
		rename(&n.Name, r.Columns)
	case *pg.Constraint:
		for _, names := range [][]*pg.Node{n.GetKeys(), n.GetIncluding(), n.GetFkAttrs(), n.GetFkDelSetCols()} {
			renameAll(names, r.Columns)
		}
		renameAll(n.GetPkAttrs(), r.ParentColumns)
		if parent := n.GetPktable(); parent != nil && r.Parent.Name != "" {
			parent.Schemaname, parent.Relname = r.Parent.Schema, r.Parent.Name
		}
	case *pg.IndexElem:
		rename(&n.Name, r.Columns)
	case *pg.ColumnRef:
		fields := n.GetFields()
		if len(fields) == 2 && fields[0].GetString_().GetSval() == r.Table {
			fields = fields[1:] // which may be called otherwise, too
		}
		if n.Fields = fields; len(fields) == 1 {
			renameAll(fields, r.Columns)
		}
	}
	below(m, r.apply)
}

func renameAll(names []*pg.Node, now map[string]string) {
	for _, n := range names {
		if s := n.GetString_(); s != nil {
			rename(&s.Sval, now)
		}
	}
}

func rename(name *string, now map[string]string) {
	if to := now[*name]; to != "" {
		*name = to
	}
}
