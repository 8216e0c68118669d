package javascript

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// drizzleUpsert reads onConflictDoUpdate and onConflictDoNothing, which name columns of
// the table as it was made (drizzle-orm 0.45, pg-core/query-builders/insert.js).
func (p *project) drizzleUpsert(f *File, call *syntax.Node, arguments []*syntax.Node) ([]needed, bool) {
	table := p.modelOf(drizzlePackage, f, f.begins(call, "insert"))
	options, ok := p.literal(f, arguments[0])
	if !ok {
		return anyOf(table), true
	}
	target, all := options.property("target")
	where, _ := options.property("where")
	targetWhere, _ := options.property("targetWhere")
	if target == nil && all && f.callee(call, "") == "onConflictDoNothing" {
		return nil, true
	}
	elements := []*syntax.Node{target}
	if target.Is("array") {
		elements = target.Children
	}
	var properties []string
	of := table
	for _, element := range elements {
		if element = bare(element); !element.Is("member_expression") || !all {
			return anyOf(table), true
		}
		m := p.modelOf(drizzlePackage, options.file, element.Child("object"))
		if of == nil {
			of = m
		}
		if table != nil && m != nil && m != table {
			return anyOf(table), true // a column of another table
		}
		properties = append(properties, options.file.text(element.Child("property")))
	}
	needs := p.among(drizzlePackage, of, properties, where != nil || targetWhere != nil)
	for i := range needs {
		needs[i].of = table // the column's may be another
	}
	return needs, true
}

// typeormUpsert reads upsert of a repository, an entity or an EntityManager, which name
// properties (typeorm 1.1, entity-manager/EntityManager.js).
func (p *project) typeormUpsert(f *File, call *syntax.Node, arguments []*syntax.Node) ([]needed, bool) {
	if len(arguments) < 2 {
		return nil, false
	}
	receiver := bare(bare(call.Child("function")).Child("object"))
	entity, paths := receiver, arguments[1]
	if len(arguments) > 2 {
		entity, paths = bare(arguments[0]), arguments[2]
	} else if v, ok := p.lookup(f, f.text(receiver)); ok && receiver.Is("identifier") && v.file == f {
		receiver = v.node
	}
	if of := f.begins(receiver, "getRepository"); of != nil && len(arguments) == 2 {
		entity = of
	}
	m := p.modelOf(typeormPackage, f, entity)
	partial := false
	if options, ok := p.literal(f, paths); ok {
		given, all := options.property("conflictPaths")
		where, _ := options.property("indexPredicate")
		if given == nil && all {
			return nil, false // no call of TypeORM's
		}
		f, paths, partial = options.file, given, where != nil
		if !all {
			return anyOf(m), true
		}
	}
	names, ok := p.texts(f, paths)
	if by := bare(paths); by.Is("object") { // { email: true }
		ok = true
		for _, child := range by.Children {
			ok = ok && child.Is("pair") && !child.Child("key").Is("computed_property_name")
			names = append(names, f.key(child.Child("key")))
		}
	}
	if !ok {
		return anyOf(m), true
	}
	return p.among(typeormPackage, m, names, partial), true
}

// typeormUpdate reads orUpdate of the query builder, which names columns or a constraint.
func (p *project) typeormUpdate(f *File, call *syntax.Node, arguments []*syntax.Node) ([]needed, bool) {
	m := p.modelOf(typeormPackage, f, f.begins(call, "into"))
	var target *syntax.Node
	partial := len(arguments) > 2 // its indexPredicate
	if options, ok := p.literal(f, arguments[0]); ok {
		var all bool
		if target, all = options.property("conflict_target"); !all {
			return anyOf(m), true
		}
		f, partial = options.file, true
	} else if len(arguments) > 1 {
		target = arguments[1]
	}
	if name, ok := p.string(f, target); ok && !f.shadows(target) {
		return []needed{{m, contract.Arbiter{Name: name}}, {m, contract.Arbiter{Columns: []string{name}, Partial: partial}}}, true
	}
	columns, ok := p.texts(f, target)
	return []needed{{m, contract.Arbiter{Any: !ok || len(columns) == 0, Columns: columns, Partial: partial}}}, true
}

// prismaUpsert reads upsert of a model: where names the fields of a unique index, or of
// the primary key (Prisma's reference, "Database upserts": one INSERT ... ON CONFLICT
// where nothing else is written, by the fields of where).
func (p *project) prismaUpsert(f *File, call *syntax.Node, arguments []*syntax.Node) (all []needed, ok bool) {
	delegate := f.text(bare(bare(call.Child("function")).Child("object")).Child("property"))
	var of *model
	for _, m := range p.models[prismaPackage] {
		if m.by != "" && strings.ToLower(m.by[:1])+m.by[1:] == delegate {
			of = m
		}
	}
	options, ok := p.literal(f, arguments[0])
	if len(arguments) != 1 || !ok {
		return anyOf(of), of != nil && len(arguments) == 1
	}
	given, whole := options.property("where")
	if given == nil && whole {
		return nil, false // no call of Prisma's
	}
	where, ok := p.literal(options.file, given)
	if !ok || !whole {
		return anyOf(of), true
	}
	for _, child := range where.node.Children {
		switch names := where.fields(child); {
		case child.Is("comment"):
		case names == nil:
			return anyOf(of), true
		default:
			all = append(all, p.among(prismaPackage, of, names, false)...)
		}
	}
	return all, all != nil
}

// fields are those that a part of where names: one, or those of a unique index of several.
func (v value) fields(n *syntax.Node) (names []string) {
	if n.Is("shorthand_property_identifier") {
		return []string{v.file.text(n)}
	}
	if !n.Is("pair") || n.Child("key").Is("computed_property_name") {
		return nil
	}
	of := bare(n.Child("value"))
	if !of.Is("object") {
		return []string{v.file.key(n.Child("key"))}
	}
	for _, child := range of.Children {
		if inner := (value{v.file, of}).fields(child); len(inner) == 1 {
			names = append(names, inner...)
		} else if !child.Is("comment") {
			return nil
		}
	}
	return names
}
