package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/syntax"
)

// typescriptColumns are the decorators of sequelize-typescript, 1 and 2, that make
// a column, or are put on one.
var typescriptColumns = strings.Fields("Column CreatedAt UpdatedAt DeletedAt PrimaryKey AutoIncrement")

// typescriptOthers are its other decorators.
var typescriptOthers = strings.Fields(`AllowNull Default Unique Index Comment ForeignKey BelongsTo BelongsToMany HasOne HasMany Is IsEmail IsUUID IsUrl IsIP IsIn NotIn IsInt IsDate IsDecimal IsFloat IsNumeric IsAlpha
	IsAlphanumeric IsLowercase IsUppercase IsArray IsAfter IsBefore IsCreditCard IsIPv4 IsIPv6 IsNull NotNull NotEmpty NotContains Contains Equals Length Len Max Min Not Validate
	BeforeCreate AfterCreate BeforeUpdate AfterUpdate BeforeSave AfterSave BeforeDestroy AfterDestroy BeforeValidate AfterValidate BeforeBulkCreate AfterBulkCreate BeforeBulkDestroy AfterBulkDestroy
	BeforeBulkUpdate AfterBulkUpdate BeforeFind AfterFind BeforeUpsert AfterUpsert BeforeRestore AfterRestore BeforeCount Scopes DefaultScope HookOptions Sequelize`)

// sequelizeClass notes a class with @Table.
func (p *project) sequelizeClass(c *class, arguments []*syntax.Node, all define) {
	d := define{values: make(map[string]*syntax.Node), file: c.file}
	if len(arguments) > 0 {
		options, ok := p.object(c.file, arguments[0])
		if ok {
			options.options(&d)
		}
		d.maybe = d.maybe || !ok
	}
	m := model{by: c.name, at: c.at, node: c.node, keys: sequelizeKeys{unknown: d.maybe}}
	d = d.of(all)
	primary := false
	for of, depth := c, 0; of != nil; depth++ {
		for _, member := range of.members {
			primary = p.typescriptMember(of, member, &m, d) || primary
		}
		if of.base == nil {
			break
		}
		name := of.file.text(of.base)
		if slices.Contains(sequelizePackages, of.file.module(name)) {
			break // Model
		}
		if of = p.base(of); of == nil || depth > 20 {
			m.why = "the class " + name + " was not found"
			break
		}
	}
	m.keys.unknown = m.keys.unknown || slices.ContainsFunc(c.decorators, func(d *syntax.Node) bool {
		name, _ := c.file.decorator(d, "sequelize-typescript")
		return name != "Table"
	})
	if !primary {
		m.serial()
	}
	p.sequelizeModel(&m, d, true)
}

// typescriptMember reads a member, and tells whether it is the primary key.
func (p *project) typescriptMember(c *class, of member, m *model, d define) (primary bool) {
	f, column := c.file, false
	var options []*syntax.Node
	for _, dec := range of.decorators {
		name, arguments := f.decorator(dec, "sequelize-typescript")
		from := f.from(dec)
		switch {
		case packageOf(from) == "sequelize-typescript" && slices.Contains(typescriptColumns, name):
			column = column || name != "PrimaryKey" && name != "AutoIncrement"
			primary = primary || name == "PrimaryKey"
			if name == "Column" {
				options = arguments
			}
			if strings.HasSuffix(name, "At") {
				d.values[strings.ToLower(name[:1])+name[1:]] = &syntax.Node{Kind: "false"} // it is this one
			}
		case packageOf(from) == "sequelize-typescript" && name == "BelongsToMany":
			p.through(f, arguments, f.at(dec))
		case packageOf(from) == "sequelize-typescript" && slices.Contains(typescriptOthers, name):
			m.keys.unknown = m.keys.unknown || name == "Unique" || name == "Index"
		case packageOf(from) == "sequelize-typescript", from == "", strings.HasPrefix(from, "."), p.tree.byName[packageOf(from)] != nil, !p.needed(packageOf(from)):
			m.why = "a decorator that may make a column: " + name
			column = true
		}
	}
	switch {
	case !column:
	case of.computed:
		m.why = "a column whose name is computed"
	case len(options) > 0:
		primary = p.keyed(f, of.name, options[0], m, d) || primary
	default:
		before := len(m.columns)
		p.column(of.name, m, d)
		m.made(of.name, before)
	}
	if column := m.properties[of.name]; primary && !slices.Contains(m.keys.primary, column) {
		m.keys.primary = append(m.keys.primary, column)
		m.keys.unknown = m.keys.unknown || column == ""
	}
	return primary
}
