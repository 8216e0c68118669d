package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// customNames tells whether the application has names of its own for what is not
// named: of the package typeorm-naming-strategies they are known.
func (p *project) customNames() bool {
	return p.settings["namingStrategy"] && !p.snakeNames()
}

func (p *project) snakeNames() bool {
	_, used := p.used("typeorm-naming-strategies")
	return used && p.settings["namingStrategy"]
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
			before := len(m.columns)
			p.joinColumns(c, of, name, arguments, m, prefixes)
			if len(m.columns) == before+1 {
				m.property(of.name, m.columns[before])
			}
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
	column := plain
	if given == "" || len(prefixes) > 0 || p.customNames() {
		column = p.strategic(m, name, given, plain, prefixes)
	}
	if len(prefixes) == 0 {
		m.property(property, column)
	}
	if column != "" {
		m.columns = append(m.columns, column)
	}
}

// strategic is the name of a column by the naming strategy, "" if that is not known.
func (p *project) strategic(m *model, name, given, plain string, prefixes []string) string {
	if !p.settings["namingStrategy"] {
		return plain
	}
	snake := typeormSnake(name)
	if len(prefixes) > 0 {
		snake = typeormSnake(strings.Join(prefixes, "_")) + "_" + snake
	}
	if p.snakeNames() && (given == "" && len(prefixes) == 0 || snake == plain) {
		return snake
	}
	m.maybe = append(m.maybe, plain, snake)
	m.why = "names of columns are made by a strategy of the application's own"
	return ""
}

var (
	acronym = found.Expression(`([A-Z])([A-Z])([a-z])`)
	humped  = found.Expression(`([a-z0-9])([A-Z])`)
	jointed = found.Expression(`^[A-Z]|[\s\-_]\w`)
	worded  = found.Expression(`\w\S*`)
)

// typeormSnake, typeormCamel and typeormTitle are those of typeorm/util/StringUtils,
// 1.1.1.
func typeormSnake(s string) string {
	return strings.ToLower(humped().ReplaceAllString(acronym().ReplaceAllString(s, "${1}_${2}${3}"), "${1}_${2}"))
}

func typeormCamel(s string) string {
	return jointed().ReplaceAllStringFunc(s, func(m string) string {
		if len(m) == 1 {
			return strings.ToLower(m)
		}
		return strings.ToUpper(m[1:])
	})
}

func typeormTitle(s string) string {
	return worded().ReplaceAllStringFunc(s, func(m string) string { return strings.ToUpper(m[:1]) + strings.ToLower(m[1:]) })
}
