package ddl

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// builder collects the changes of one statement.
type builder struct {
	// text is the statement's source, version the grammar's that read it.
	text    string
	version int32
	// schema is where objects created without a schema go, inside CREATE
	// SCHEMA.
	schema  string
	changes []Change
	alone   bool
	// only is set by ALTER TABLE ONLY; kind is what ALTER called its object,
	// target the object itself.
	only   bool
	kind   Kind
	target Name
}

func (b *builder) add(changes ...Change) { b.changes = append(b.changes, changes...) }

// locks merges the locks of all changes. ALTER names the object's kind once for
// all its actions, and its ONLY keeps all of them from the children.
func (b *builder) locks() []Lock {
	var locks []Lock
	for _, c := range b.changes {
		for _, l := range c.Locks() {
			if l.Relation == b.target && l.Via == Itself {
				l.Recurse = l.Recurse && !b.only
			}
			if l.Relation == b.target && l.Kind == KindTable && b.kind != "" {
				l.Kind = b.kind
			}
			l.Recurse = l.Recurse && l.Kind.hasChildren()
			locks = append(locks, l)
		}
	}
	return mergeLocks(locks)
}

// created names a new object, which goes to the schema of a CREATE SCHEMA
// around it.
func (b *builder) created(n Name) Name {
	if n.Schema == "" {
		n.Schema = b.schema
	}
	return n
}

func rangeName(r *pg.RangeVar) Name {
	return Name{Schema: r.GetSchemaname(), Name: r.GetRelname()}
}

func rangeNames(nodes []*pg.Node) []Name {
	var names []Name
	for _, n := range nodes {
		names = append(names, rangeName(n.GetRangeVar()))
	}
	return names
}

// stringsOf reads a list of identifiers or labels.
func stringsOf(nodes []*pg.Node) []string {
	var words []string
	for _, n := range nodes {
		words = append(words, n.GetString_().GetSval())
	}
	return words
}

// nameOf reads a dotted name.
func nameOf(nodes []*pg.Node) Name { return dotted(stringsOf(nodes)) }

func dotted(parts []string) Name {
	switch n := len(parts); n {
	case 0:
		return Name{}
	case 1:
		return Name{Name: parts[0]}
	default:
		return Name{Schema: parts[n-2], Name: parts[n-1]}
	}
}

// typeNameOf reads the name of a user's type where the grammar has a full type.
func typeNameOf(t *pg.TypeName) Name { return nameOf(t.GetNames()) }

// objectName reads the name of whatever COMMENT, DROP and the like point to.
func objectName(n *pg.Node) Name {
	switch o := n.GetNode().(type) {
	case *pg.Node_String_:
		return Name{Name: o.String_.GetSval()}
	case *pg.Node_List:
		return nameOf(o.List.GetItems())
	case *pg.Node_TypeName:
		return typeNameOf(o.TypeName)
	case *pg.Node_ObjectWithArgs:
		return nameOf(o.ObjectWithArgs.GetObjname())
	case *pg.Node_RangeVar:
		return rangeName(o.RangeVar)
	}
	return Name{}
}

// partOf splits a dotted name of a part of a relation (column, constraint,
// trigger) into relation and part.
func partOf(n *pg.Node) (relation Name, part string) {
	words := stringsOf(n.GetList().GetItems())
	if len(words) == 0 {
		return Name{}, ""
	}
	last := len(words) - 1
	return dotted(words[:last]), words[last]
}

func roleName(r *pg.RoleSpec) string {
	switch r.GetRoletype() {
	case pg.RoleSpecType_ROLESPEC_CURRENT_ROLE:
		return "current_role"
	case pg.RoleSpecType_ROLESPEC_CURRENT_USER:
		return "current_user"
	case pg.RoleSpecType_ROLESPEC_SESSION_USER:
		return "session_user"
	case pg.RoleSpecType_ROLESPEC_PUBLIC:
		return "public"
	}
	return r.GetRolename()
}

func roleNames(nodes []*pg.Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, roleName(n.GetRoleSpec()))
	}
	return names
}

// optionNames lists the names of WITH and SET options, e.g. "fillfactor" or
// "toast.autovacuum_enabled".
func optionNames(nodes []*pg.Node) []string {
	var names []string
	for _, n := range nodes {
		def := n.GetDefElem()
		name := def.GetDefname()
		if ns := def.GetDefnamespace(); ns != "" {
			name = ns + "." + name
		}
		names = append(names, name)
	}
	return names
}

// option finds an option by name.
func option(nodes []*pg.Node, name string) *pg.DefElem {
	for _, n := range nodes {
		if def := n.GetDefElem(); def.GetDefname() == name {
			return def
		}
	}
	return nil
}

// isOn reads a Boolean option as the server's defGetBoolean does. What it would
// refuse counts as on: the option that was named is the heavier case.
func isOn(def *pg.DefElem) bool {
	if def == nil {
		return false
	}
	switch arg := def.GetArg().GetNode().(type) {
	case *pg.Node_Integer:
		return arg.Integer.GetIval() != 0
	case *pg.Node_Boolean:
		return arg.Boolean.GetBoolval()
	case *pg.Node_String_:
		word := strings.ToLower(arg.String_.GetSval())
		return word != "false" && word != "off"
	}
	return true
}

// numberOf reads an option's number, nil if it has none. What is too large for an
// integer of 32 bits the grammar calls a float.
func numberOf(def *pg.DefElem) *int64 {
	switch arg := def.GetArg().GetNode().(type) {
	case *pg.Node_Integer:
		return new(int64(arg.Integer.GetIval()))
	case *pg.Node_Float:
		if n, err := strconv.ParseInt(arg.Float.GetFval(), 10, 64); err == nil {
			return &n
		}
	}
	return nil
}

func isCascade(b pg.DropBehavior) bool { return b == pg.DropBehavior_DROP_CASCADE }
