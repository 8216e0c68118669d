package javascript

import (
	"regexp"
	"slices"
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
		return
	}
	m := model{by: c.name, at: c.at, name: table}
	p.entityMembers(c, &m, nil, 0)
	m.note(p)
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

// customNames tells whether the application has names of its own for what is not
// named: of the package typeorm-naming-strategies they are known.
func (p *project) customNames() bool {
	return p.settings["namingStrategy"] && !p.snakeNames()
}

func (p *project) snakeNames() bool {
	_, used := p.used("typeorm-naming-strategies")
	return used && p.settings["namingStrategy"]
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
	if depth > 20 {
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
	if from := c.file.imports[name]; c.base.Is("identifier") && from.module == typeormPackage {
		return // BaseEntity
	}
	if parent := p.base(c); parent != nil {
		p.entityMembers(parent, m, prefixes, depth+1)
		return
	}
	m.why = "the class " + name + " that " + c.name + " extends was not found"
}

// columnOption is the name in column: "x" or column: { name: "x" }.
func (p *project) columnOption(f *File, given *syntax.Node, all bool, otherwise string, m *model) string {
	if given == nil && all {
		return otherwise
	}
	if t, ok := p.string(f, given); ok && given != nil {
		return t
	}
	if options, ok := p.object(f, given); ok {
		if name, all := options.property("name"); all && name != nil {
			if t, ok := p.string(options.file, name); ok {
				return t
			}
		} else if all {
			return otherwise
		}
	}
	m.why = "the name of a column is computed"
	return otherwise
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

// join notes a table without a class.
func (p *project) join(name contract.Name, by string, at contract.Evidence) {
	p.to.Use(name, contract.Use{Origin: contract.Table, By: by, At: at, Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every()})
}

// entityMember reads one member.
func (p *project) entityMember(c *class, of member, m *model, prefixes []string, depth int) {
	f := c.file
	if len(of.decorators) > 0 && of.computed {
		m.why = "a member of " + c.name + " has a name that is computed"
		return
	}
	for _, d := range of.decorators {
		name, arguments := f.decorator(d, typeormPackage)
		from := f.from(d)
		switch {
		case slices.Contains(typeormColumns, name) && packageOf(from) == typeormPackage:
			p.entityColumn(c, of, arguments, m, prefixes, depth)
		case packageOf(from) == typeormPackage && (name == "ManyToOne" || name == "OneToOne" || name == "TreeParent"):
			p.joinColumns(c, of, name, arguments, m, prefixes)
		case packageOf(from) == typeormPackage && name == "ManyToMany":
			p.joinTable(c, of, arguments, m)
		case packageOf(from) == typeormPackage && slices.Contains(typeormOthers, name):
		case packageOf(from) == typeormPackage:
			m.why = "a decorator that is not known: " + name
		case from == "" || strings.HasPrefix(from, ".") || p.tree.byName[packageOf(from)] != nil || !p.needed(packageOf(from)):
			m.why = "a decorator of the application's own may make a column: " + name
		}
	}
}

// entityColumn reads @Column and its like.
func (p *project) entityColumn(c *class, of member, arguments []*syntax.Node, m *model, prefixes []string, depth int) {
	given, embedded := "", (*syntax.Node)(nil)
	prefix, hasPrefix := of.name, true
	for i, argument := range arguments {
		argument = bare(argument)
		if _, ok := p.string(c.file, argument); ok {
			continue // the type
		}
		if i == 0 && argument.Is("arrow_function") {
			embedded = bare(argument.Child("body"))
			continue
		}
		options, ok := p.object(c.file, argument)
		if !ok {
			// A type that stands in a variable; options in one may have a name.
			if !argument.Is("member_expression") || i > 0 || len(arguments) == 1 && strings.EqualFold(c.file.text(argument), "options") {
				m.why = "a column of " + c.name + " has options that are computed: " + of.name
			}
			continue
		}
		name, all := options.property("name")
		if name != nil {
			if given, ok = p.string(options.file, name); !ok {
				all = false
			}
		}
		if !all {
			m.why = "a column of " + c.name + " has options that are computed: " + of.name
		}
		if by, _ := options.property("prefix"); by != nil {
			prefix, hasPrefix = p.string(options.file, by)
			if !hasPrefix && !by.Is("false") {
				m.why = "the prefix of an embedded class is computed: " + of.name
			}
			hasPrefix = hasPrefix && prefix != ""
		}
	}
	if embedded != nil {
		inner := p.classOf(c.file, c.file.text(embedded))
		if inner == nil || hasPrefix && len(prefixes) > 0 {
			m.why = "an embedded class is not understood: " + of.name
			return
		}
		if hasPrefix {
			prefixes = append(slices.Clone(prefixes), prefix)
		}
		p.entityMembers(inner, m, prefixes, depth+1)
		return
	}
	p.named(m, of.name, given, prefixes)
}

// named adds a column by its property and the name it is given.
func (p *project) named(m *model, property, given string, prefixes []string) {
	name := given
	if name == "" {
		name = property
	}
	plain := name
	if len(prefixes) > 0 {
		plain = typeormCamel(strings.Join(prefixes, "_")) + typeormTitle(name)
	}
	switch {
	case given != "" && len(prefixes) == 0 && !p.customNames():
		m.columns = append(m.columns, given)
	case p.settings["namingStrategy"]:
		snake := typeormSnake(name)
		if len(prefixes) > 0 {
			snake = typeormSnake(strings.Join(prefixes, "_")) + "_" + snake
		}
		if p.snakeNames() && (given == "" && len(prefixes) == 0 || snake == plain) {
			m.columns = append(m.columns, snake)
			return
		}
		m.maybe = append(m.maybe, plain, snake)
		m.why = "names of columns are made by a strategy of the application's own"
	default:
		m.columns = append(m.columns, plain)
	}
}

// targetOf is the class a relation leads to.
func (p *project) targetOf(c *class, arguments []*syntax.Node) *class {
	if len(arguments) == 0 {
		return nil
	}
	first := bare(arguments[0])
	if first.Is("arrow_function") {
		return p.classOf(c.file, c.file.text(bare(first.Child("body"))))
	}
	if t, ok := p.string(c.file, first); ok {
		var found []*class
		for _, f := range p.files {
			for _, other := range f.classes {
				if other.name == t {
					found = append(found, other)
				}
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return nil
}

// primaries are the primary columns' properties of a class.
func (p *project) primaries(c *class, depth int) (names []string) {
	for ; c != nil && depth < 20; depth++ {
		for _, of := range c.members {
			if _, arguments, ok := c.file.decorated(of.decorators, typeormPackage, "PrimaryColumn", "PrimaryGeneratedColumn", "ObjectIdColumn", "Column"); ok {
				primary := false
				if name, _, _ := c.file.decorated(of.decorators, typeormPackage, "PrimaryColumn", "PrimaryGeneratedColumn", "ObjectIdColumn", "Column"); name != "Column" {
					primary = true
				}
				for _, argument := range arguments {
					if options, ok := p.object(c.file, argument); ok {
						is, _ := options.property("primary")
						primary = primary || is.Is("true")
					}
				}
				if primary {
					names = append(names, of.name)
				}
			}
		}
		c = p.base(c)
	}
	return names
}

// joinColumns reads the columns of a relation to one.
func (p *project) joinColumns(c *class, of member, kind string, arguments []*syntax.Node, m *model, prefixes []string) {
	_, given, has := c.file.decorated(of.decorators, typeormPackage, "JoinColumn")
	if kind == "OneToOne" && !has {
		return // the other side has the column
	}
	if len(prefixes) > 0 {
		m.why = "a relation in an embedded class: " + of.name
		return
	}
	target := p.targetOf(c, arguments)
	if kind == "TreeParent" {
		target = c
	}
	var options []*syntax.Node
	for _, argument := range given {
		if argument = bare(argument); argument.Is("array") {
			options = append(options, argument.Children...)
		} else {
			options = append(options, argument)
		}
	}
	add := func(referenced string) {
		name := typeormCamel(of.name + "_" + referenced)
		if snake := typeormSnake(of.name + "_" + referenced); p.snakeNames() {
			name = snake
		} else if p.settings["namingStrategy"] {
			m.maybe = append(m.maybe, name, snake)
			m.why = "names of columns are made by a strategy of the application's own"
			return
		}
		m.columns = append(m.columns, name)
	}
	for _, option := range options {
		o, ok := p.object(c.file, option)
		if !ok {
			m.why = "the column of a relation is computed: " + of.name
			continue
		}
		name, all := o.property("name")
		referenced, _ := o.property("referencedColumnName")
		switch {
		case !all:
			m.why = "the column of a relation is computed: " + of.name
		case name != nil:
			if t, ok := p.string(o.file, name); ok {
				m.columns = append(m.columns, t)
			} else {
				m.why = "the column of a relation is computed: " + of.name
			}
		case referenced != nil:
			if t, ok := p.string(o.file, referenced); ok {
				add(t)
			} else {
				m.why = "the column of a relation is computed: " + of.name
			}
		default:
			options = nil
		}
	}
	if len(options) > 0 {
		return
	}
	keys := p.primaries(target, 0)
	if len(keys) == 0 {
		m.why = "the class that a relation leads to was not found: " + of.name
	}
	for _, key := range keys {
		add(key)
	}
}

// joinTable notes the table of a relation of many to many, where it is owned.
func (p *project) joinTable(c *class, of member, arguments []*syntax.Node, m *model) {
	_, given, has := c.file.decorated(of.decorators, typeormPackage, "JoinTable")
	if !has {
		return
	}
	by := "JoinTable " + c.name + "." + of.name
	name := contract.Name{Schema: m.name.Schema}
	if len(given) > 0 {
		options, ok := p.object(c.file, given[0])
		if t, isText := p.string(c.file, given[0]); isText {
			p.join(contract.Name{Schema: name.Schema, Name: t}, by, c.at)
			return
		}
		table, all := (*syntax.Node)(nil), false
		if ok {
			table, all = options.property("name")
		}
		if table != nil {
			t, isText := p.string(options.file, table)
			name.Name, all = t, all && isText
		}
		if schema, _ := options.optional("schema"); schema != nil {
			name.Schema = "" // any
		}
		if !all {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of " + c.name + "." + of.name + " is computed", At: c.at})
			return
		}
	}
	if name.Name == "" {
		target := p.targetOf(c, arguments)
		to, ok := contract.Name{}, false
		if target != nil {
			to, ok = p.entityTable(target, 0)
		}
		if !ok || p.customNames() {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of " + c.name + "." + of.name + " is not known", At: c.at})
			return
		}
		name.Name = typeormSnake(m.name.Name + "_" + of.name + "_" + to.Name)
	}
	p.join(name, by, c.at)
}

// optional is property of a value that may be none.
func (v value) optional(name string) (*syntax.Node, bool) {
	if v.node == nil {
		return nil, false
	}
	return v.property(name)
}

var (
	acronym = regexp.MustCompile(`([A-Z])([A-Z])([a-z])`)
	humped  = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	jointed = regexp.MustCompile(`^[A-Z]|[\s\-_]\w`)
	worded  = regexp.MustCompile(`\w\S*`)
)

// typeormSnake, typeormCamel and typeormTitle are those of typeorm/util/StringUtils,
// 1.1.1.
func typeormSnake(s string) string {
	return strings.ToLower(humped.ReplaceAllString(acronym.ReplaceAllString(s, "${1}_${2}${3}"), "${1}_${2}"))
}

func typeormCamel(s string) string {
	return jointed.ReplaceAllStringFunc(s, func(m string) string {
		if len(m) == 1 {
			return strings.ToLower(m)
		}
		return strings.ToUpper(m[1:])
	})
}

func typeormTitle(s string) string {
	return worded.ReplaceAllStringFunc(s, func(m string) string { return strings.ToUpper(m[:1]) + strings.ToLower(m[1:]) })
}
