package javascript

import (
	"strings"

	"github.com/migguard/migguard/internal/scan/syntax"
)

// define is a model's options, or those of all models; maybe says that some of them
// are not known.
type define struct {
	values map[string]*syntax.Node
	file   *File
	maybe  bool
}

// defineOptions change the names of a model's table and columns.
var defineOptions = strings.Fields("tableName modelName schema freezeTableName underscored timestamps paranoid createdAt updatedAt deletedAt version indexes")

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
