package javascript

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

const typeormPackage = "typeorm"

// The decorators of TypeORM, 0.2 to 1.1, whose members are columns, and those
// whose are none.
var (
	typeormColumns = strings.Fields("Column PrimaryColumn PrimaryGeneratedColumn CreateDateColumn UpdateDateColumn DeleteDateColumn VersionColumn ObjectIdColumn ViewColumn TreeLevelColumn")
	typeormOthers  = strings.Fields("OneToMany ManyToOne OneToOne ManyToMany JoinColumn JoinTable RelationId RelationCount TreeChildren TreeParent VirtualColumn Index Unique Check Exclusion Generated ForeignKey " +
		"BeforeInsert AfterInsert BeforeUpdate AfterUpdate BeforeRemove AfterRemove BeforeSoftRemove AfterSoftRemove BeforeRecover AfterRecover AfterLoad")
)

// typeorm notes the entities. TypeORM names each column of an entity in what it
// sends, so an entity uses those it has and no others.
func (p *project) typeorm() {
	entities := 0
	for _, f := range p.files {
		for _, c := range f.classes {
			if _, _, ok := f.decorated(c.decorators, typeormPackage, "Entity", "ViewEntity", "ChildEntity"); ok && p.ofTypeORM(c) {
				entities++
				p.entity(c)
			}
		}
		for _, call := range f.calls {
			if f.text(call.Child("constructor")) == "EntitySchema" {
				entities++
				p.unsure[typeormPackage] = true
				p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "an entity of TypeORM that is no class is not understood", At: f.at(call)})
			}
		}
	}
	at, used := p.used(typeormPackage)
	if used && entities == 0 {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "TypeORM is used, and no entity was found", At: at})
	}
	if used && p.settings["entityPrefix"] {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "TypeORM puts something before the names of tables", At: at})
	}
}

// ofTypeORM tells entities from those of other libraries.
func (p *project) ofTypeORM(c *class) bool {
	for _, d := range c.decorators {
		switch name, _ := c.file.decorator(d, typeormPackage); name {
		case "Entity", "ViewEntity", "ChildEntity":
			return packageOf(c.file.from(d)) == typeormPackage
		}
	}
	return false
}

// entity notes the table of an entity, and those that join it with others.
func (p *project) entity(c *class) {
	table, known := p.entityTable(c, 0)
	if !known {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "entity " + c.name + " has a table whose name is not known", At: c.at})
		p.unsure[typeormPackage] = true
		return
	}
	m := model{by: c.name, at: c.at, node: c.node, name: table, onTable: contract.Creates}
	p.entityMembers(c, &m, nil, 0)
	m.note(p, typeormPackage)
}

// entityTable is an entity's table: its own, or its parent's for a ChildEntity.
func (p *project) entityTable(c *class, depth int) (contract.Name, bool) {
	kind, arguments, ok := c.file.decorated(c.decorators, typeormPackage, "Entity", "ViewEntity", "ChildEntity")
	if kind == "ChildEntity" || !ok {
		if parent := p.base(c); parent != nil && depth < 20 {
			return p.entityTable(parent, depth+1)
		}
		return contract.Name{}, false
	}
	var name contract.Name
	for _, argument := range arguments {
		if t, ok := p.string(c.file, argument); ok {
			name.Name = t
			continue
		}
		options, ok := p.object(c.file, argument)
		if !ok {
			return name, false
		}
		for key, to := range map[string]*string{"name": &name.Name, "schema": &name.Schema} {
			given, all := options.property(key)
			t, isText := "", given == nil
			if given != nil {
				t, isText = p.string(options.file, given)
			}
			if !all || !isText {
				return name, false
			}
			if given != nil {
				*to = t
			}
		}
	}
	if name.Name == "" {
		name.Name = typeormSnake(c.name)
		return name, c.name != "" && !p.customNames()
	}
	if schema, rest, dotted := strings.Cut(name.Name, "."); dotted {
		name = contract.Name{Schema: schema, Name: rest}
	}
	return name, true
}

func (p *project) base(c *class) *class {
	if !c.base.Is("identifier") {
		return nil
	}
	return p.classOf(c.file, c.file.text(c.base))
}

// entityMembers reads the columns of a class and of those it extends. prefixes are
// the properties that embed it.
func (p *project) entityMembers(c *class, m *model, prefixes []string, depth int) {
	if depth > 20 || !m.step() {
		m.why = "classes are nested too deeply"
		return
	}
	if _, arguments, ok := c.file.decorated(c.decorators, typeormPackage, "TableInheritance"); ok {
		column := "type"
		if len(arguments) == 1 {
			if options, ok := p.object(c.file, arguments[0]); ok {
				given, all := options.property("column")
				column = p.columnOption(options.file, given, all, column, m)
			} else {
				m.why = "the column of an inheritance is computed"
			}
		}
		m.columns = append(m.columns, column)
	}
	if _, arguments, ok := c.file.decorated(c.decorators, typeormPackage, "Tree"); ok {
		p.treeKind(c, arguments, m)
	}
	for _, member := range c.members {
		p.entityMember(c, member, m, prefixes, depth)
	}
	if c.base == nil {
		return
	}
	name := c.file.text(c.base)
	if from, _ := c.file.imported(name); c.base.Is("identifier") && from.module == typeormPackage {
		return // BaseEntity
	}
	if parent := p.base(c); parent != nil {
		p.entityMembers(parent, m, prefixes, depth+1)
		return
	}
	m.why = "the class " + name + " that " + c.name + " extends was not found"
}

// treeKind notes what @Tree adds.
func (p *project) treeKind(c *class, arguments []*syntax.Node, m *model) {
	kind := ""
	if len(arguments) > 0 {
		kind, _ = p.string(c.file, arguments[0])
	}
	switch {
	case len(arguments) > 1:
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "a tree of TypeORM with options is not understood", At: c.at})
	case kind == "materialized-path":
		m.columns = append(m.columns, "mpath")
	case kind == "nested-set":
		m.columns = append(m.columns, "nsleft", "nsright")
	case kind == "closure-table":
		p.join(contract.Name{Schema: m.name.Schema, Name: m.name.Name + "_closure"}, "closure of "+c.name, c.at)
	default:
		m.why = "a tree of a kind that is not known"
	}
}
