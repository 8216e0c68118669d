package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

var sequelizePackages = []string{"sequelize", "sequelize-typescript"}

// define is a model's options, or those of all models; maybe says that some of them
// are not known.
type define struct {
	values map[string]*syntax.Node
	file   *File
	maybe  bool
}

// defineOptions change the names of a model's table and columns.
var defineOptions = strings.Fields("tableName modelName schema freezeTableName underscored timestamps paranoid createdAt updatedAt deletedAt version")

// sequelize notes the models. Sequelize selects each attribute of a model by name.
// But it hands on names that it does not know, and associations add columns: a
// model's table may have any column whose name stands in the source.
func (p *project) sequelize() {
	at, used := p.used(sequelizePackages...)
	if !used {
		return
	}
	all := p.allModels()
	models := 0
	for _, f := range p.files {
		for _, call := range f.calls {
			models += p.sequelizeCall(f, call, all)
		}
		for _, c := range f.classes {
			if _, arguments, ok := f.decorated(c.decorators, "sequelize-typescript", "Table"); ok {
				models++
				p.sequelizeClass(c, arguments, all)
			}
		}
	}
	if models == 0 {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "Sequelize is used, and no model was found", At: at})
	}
	// What associations call columns by themselves, and what has a name by default.
	p.to.Words("\x00Id", "\x00_id", "id", "version", "createdAt", "updatedAt", "deletedAt", "created_at", "updated_at", "deleted_at")
}

// allModels are the options that new Sequelize gives to all models.
func (p *project) allModels() define {
	d := define{values: make(map[string]*syntax.Node)}
	found := 0
	for _, f := range p.files {
		for _, call := range f.calls {
			if f.text(call.Child("constructor")) != "Sequelize" && f.callee(call, "") != "forRoot" {
				continue
			}
			found++
			arguments := call.Child("arguments").Children
			last := bare(arguments[len(arguments)-1])
			if _, isText := textOf(last, f.src); isText || len(arguments) == 1 && strings.HasPrefix(f.text(last), "process.env.") {
				continue
			}
			options, ok := p.object(f, last)
			if !ok {
				d.maybe = true
				continue
			}
			given, all := options.property("define")
			d.maybe = d.maybe || !all
			if given == nil {
				continue
			}
			if of, ok := p.object(options.file, given); ok {
				of.options(&d)
			} else {
				d.maybe = true
			}
		}
	}
	d.maybe = d.maybe || found == 0 || found > 1 && len(d.values) > 0
	return d
}

// options reads those of defineOptions that an object has.
func (v value) options(d *define) {
	d.file = v.file
	for _, name := range defineOptions {
		given, all := v.property(name)
		d.maybe = d.maybe || !all
		if given != nil {
			d.values[name] = given
		}
	}
}

// of joins a model's options with those of all.
func (d define) of(all define) define {
	joined := define{values: make(map[string]*syntax.Node), maybe: d.maybe || all.maybe, file: d.file}
	for name, given := range all.values {
		// Texts are read in their own file: flags only are the same everywhere.
		if given.Is("true", "false") {
			joined.values[name] = given
		} else {
			joined.maybe = true
		}
	}
	for name, given := range d.values {
		joined.values[name] = given
	}
	return joined
}

// flag is an option that is true or false; known is false if it cannot be told.
func (d define) flag(name string, otherwise bool) (is, known bool) {
	given := d.values[name]
	switch {
	case given == nil:
		return otherwise, !d.maybe
	case given.Is("true", "false"):
		return given.Is("true"), true
	}
	return otherwise, false
}

// sequelizeCall notes the model that a call makes, and counts it.
func (p *project) sequelizeCall(f *File, n *syntax.Node, all define) int {
	function, arguments := bare(n.Child("function")), n.Child("arguments").Children
	if n.Is("new_expression") || !function.Is("member_expression") {
		return 0
	}
	d := define{values: make(map[string]*syntax.Node), file: f}
	var attributes *syntax.Node
	name, known := "", true
	switch f.text(function.Child("property")) {
	case "define":
		if len(arguments) < 2 {
			return 0
		}
		name, known = p.string(f, arguments[0])
		attributes = arguments[1]
		arguments = arguments[2:]
	case "init":
		if len(arguments) < 2 {
			return 0
		}
		name = f.text(function.Child("object"))
		if name == "super" || name == "this" {
			name = f.around(n)
		}
		known = name != ""
		attributes = arguments[0]
		arguments = arguments[1:]
	case "belongsToMany":
		p.through(f, arguments, f.at(n))
		return 0
	default:
		return 0
	}
	if len(arguments) > 0 {
		options, ok := p.object(f, arguments[0])
		if ok {
			options.options(&d)
		}
		d.maybe = d.maybe || !ok
	}
	m := model{by: name, at: f.at(n)}
	p.attributes(f, attributes, &m, d.of(all))
	p.sequelizeModel(&m, d.of(all), known)
	return 1
}

// around is the class that a place stands in.
func (f *File) around(n *syntax.Node) string {
	for _, c := range f.classes {
		if c.node.Start <= n.Start && n.End <= c.node.End {
			return c.name
		}
	}
	return ""
}

// attributes reads an object of attributes.
func (p *project) attributes(f *File, n *syntax.Node, m *model, d define) {
	v, ok := p.object(f, n)
	if !ok {
		m.why = "attributes that are computed"
		return
	}
	primary := false
	for _, child := range v.node.Children {
		if child.Is("comment") {
			continue
		}
		if !child.Is("pair") || child.Child("key").Is("computed_property_name") {
			m.why = "an attribute that is computed: " + v.file.text(child)
			continue
		}
		primary = p.attribute(v.file, v.file.key(child.Child("key")), child.Child("value"), m, d) || primary
	}
	if !primary {
		m.columns = append(m.columns, "id")
	}
}

// attribute reads one attribute, and tells whether it is the primary key.
func (p *project) attribute(f *File, name string, given *syntax.Node, m *model, d define) (primary bool) {
	given = bare(given)
	if strings.HasSuffix(f.text(given), "VIRTUAL") || strings.Contains(f.text(given), ".VIRTUAL(") {
		return false
	}
	if given.Is("object", "identifier") {
		options, ok := p.object(f, given)
		if !ok {
			if given.Is("object") || f.imports[f.text(given)].module == "" {
				m.why = "an attribute that is computed: " + name
			}
			p.column(name, m, d)
			return false
		}
		field, all := options.property("field")
		kind, _ := options.property("type")
		key, _ := options.property("primaryKey")
		primary = key.Is("true")
		if kind != nil && strings.Contains(options.file.text(kind), "VIRTUAL") {
			return primary
		}
		if field != nil {
			if t, ok := p.string(options.file, field); ok && all {
				m.columns = append(m.columns, t)
			} else {
				m.why = "the name of a column is computed: " + name
			}
			return primary
		}
		if !all {
			m.why = "an attribute that is computed: " + name
		}
	}
	p.column(name, m, d)
	return primary
}

// column adds the column of an attribute without a field of its own.
func (p *project) column(name string, m *model, d define) {
	snake := underscored(name)
	is, known := d.flag("underscored", false)
	switch {
	case snake == name || known && !is:
		m.columns = append(m.columns, name)
	case known:
		m.columns = append(m.columns, snake)
	default:
		m.maybe = append(m.maybe, name, snake)
	}
}

// timestamps adds the columns that Sequelize adds by itself.
func (p *project) timestamps(m *model, d define) {
	has, known := d.flag("timestamps", true)
	paranoid, ofParanoid := d.flag("paranoid", false)
	for _, name := range []string{"createdAt", "updatedAt", "deletedAt"} {
		switch {
		case known && !has || name == "deletedAt" && ofParanoid && !paranoid:
			continue
		case d.values[name].Is("false"):
			continue
		}
		column := name
		if given := d.values[name]; given != nil && !given.Is("true") {
			t, ok := p.string(d.file, given)
			if !ok {
				m.why = "the name of a column is computed: " + name
				continue
			}
			column = t
		}
		if !known || name == "deletedAt" && !ofParanoid {
			m.maybe = append(m.maybe, column, underscored(column))
			continue
		}
		p.column(column, m, d)
	}
	if d.values["version"] != nil {
		m.maybe = append(m.maybe, "version")
	}
}

// sequelizeModel notes a model with its table.
func (p *project) sequelizeModel(m *model, d define, known bool) {
	p.timestamps(m, d)
	if given := d.values["modelName"]; given != nil {
		m.by, known = p.string(d.file, given)
	}
	if given := d.values["schema"]; given != nil {
		m.name.Schema, _ = p.string(d.file, given) // any, if it is computed
	}
	if given := d.values["tableName"]; given != nil {
		if m.name.Name, known = p.string(d.file, given); known {
			p.sequelizeNote(m)
			return
		}
	}
	freeze, ofFreeze := d.flag("freezeTableName", false)
	under, ofUnder := d.flag("underscored", false)
	plural := pluralOf(m.by)
	switch {
	case !known || d.values["tableName"] != nil:
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "a model of Sequelize has a table whose name is computed", At: m.at})
		return
	case freeze && ofFreeze:
		m.name.Name = m.by
	case ofFreeze && ofUnder && under:
		m.name.Name = underscored(plural)
	case ofFreeze && ofUnder, ofFreeze && underscored(plural) == plural:
		m.name.Name = plural
	default:
		for _, name := range []string{m.by, plural, underscored(plural)} {
			p.to.Blind(contract.Gap{Reach: contract.Within, Relation: contract.Name{Name: name}, Why: "may be the table of model " + m.by + ", whose options are not known", At: m.at})
		}
		return
	}
	p.sequelizeNote(m)
}

// sequelizeNote notes a model, and that names are handed on.
func (p *project) sequelizeNote(m *model) {
	m.note(p)
	p.to.Gap(contract.Gap{Reach: contract.Within, Relation: m.name, At: m.at,
		Why: "Sequelize takes names of columns that the model does not have from queries, and adds those of associations"})
}

// through notes the table of belongsToMany that has no model.
func (p *project) through(f *File, arguments []*syntax.Node, at contract.Evidence) {
	if len(arguments) < 2 {
		return
	}
	given := arguments[1]
	if options, ok := p.object(f, given); ok {
		if given, _ = options.property("through"); given == nil {
			return
		}
		f = options.file
		if inner, ok := p.object(f, given); ok {
			if given, _ = inner.property("model"); given == nil {
				return
			}
		}
	}
	// What is no text is a model with a table of its own.
	if t, ok := p.string(f, given); ok {
		p.join(contract.Name{Name: t}, "belongsToMany", at)
	}
}

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
	d = d.of(all)
	m := model{by: c.name, at: c.at}
	primary := false
	for of, depth := c, 0; of != nil; depth++ {
		for _, member := range of.members {
			primary = p.typescriptMember(of, member, &m, d) || primary
		}
		if of.base == nil {
			break
		}
		name := of.file.text(of.base)
		if slices.Contains(sequelizePackages, of.file.imports[name].module) {
			break // Model
		}
		if of = p.base(of); of == nil || depth > 20 {
			m.why = "the class " + name + " was not found"
			break
		}
	}
	if !primary {
		m.columns = append(m.columns, "id")
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
		primary = p.attribute(f, of.name, options[0], m, d) || primary
	default:
		p.column(of.name, m, d)
	}
	return primary
}
