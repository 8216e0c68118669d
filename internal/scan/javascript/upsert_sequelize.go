package javascript

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// sequelizeUpsert reads upsert of a model: its conflictFields are columns. Without them
// it is by the primary key, or one of the model's unique keys.
func (p *project) sequelizeUpsert(f *File, call *syntax.Node, arguments []*syntax.Node) ([]needed, bool) {
	m := p.modelOf(sequelizePackage, f, bare(call.Child("function")).Child("object"))
	if len(arguments) > 2 || len(arguments) == 2 && bare(arguments[1]).Is("array") {
		return nil, false
	}
	if len(arguments) == 2 {
		options, ok := p.literal(f, arguments[1])
		if !ok {
			return anyOf(m), true
		}
		given, all := options.property("conflictFields")
		where, _ := options.property("conflictWhere")
		if given != nil || !all {
			columns, ok := p.texts(options.file, given)
			return []needed{{m, contract.Arbiter{Any: !ok || !all || len(columns) == 0, Columns: columns, Partial: where != nil}}}, true
		}
	}
	return p.sequelizeKey(m, func(keys sequelizeKeys) [][]string {
		all := [][]string{keys.primary}
		for _, unique := range keys.uniques {
			all = append(all, unique)
		}
		return all
	}), true
}

// sequelizeBulk reads bulkCreate with updateOnDuplicate: its conflictAttributes are
// properties. Without them it is by the model's unique key, and by the primary key only
// where it has none.
func (p *project) sequelizeBulk(f *File, call *syntax.Node, arguments []*syntax.Node) ([]needed, bool) {
	m := p.modelOf(sequelizePackage, f, bare(call.Child("function")).Child("object"))
	options := value{f, bare(arguments[1])}
	if !options.node.Is("object") {
		return anyOf(m), true
	}
	given, all := options.property("conflictAttributes")
	where, _ := options.property("conflictWhere")
	if !all || len(arguments) > 2 {
		return anyOf(m), true
	}
	if given != nil {
		names, ok := p.texts(f, given)
		if !ok {
			return anyOf(m), true
		}
		needs := p.among(sequelizePackage, m, names, where != nil)
		if m == nil {
			// An association may add the attribute to a model that does not name it.
			needs = append(needs, needed{nil, contract.Arbiter{Columns: names, Partial: where != nil}},
				needed{nil, contract.Arbiter{Columns: underscoredAll(names), Partial: where != nil}})
		}
		return needs, true
	}
	return p.sequelizeKey(m, func(keys sequelizeKeys) (all [][]string) {
		for _, unique := range keys.uniques {
			all = append(all, unique)
		}
		switch len(all) {
		case 0:
			all = append(all, keys.primary)
		case 1:
		default:
			return [][]string{nil} // which one, versions of Sequelize differ about
		}
		return all
	}), true
}

// sequelizeKey is what a call needs that names no columns: of its model, or of all.
func (p *project) sequelizeKey(of *model, choose func(sequelizeKeys) [][]string) (all []needed) {
	models := p.models[sequelizePackage]
	if of != nil {
		models = []*model{of}
	}
	for _, m := range models {
		if m.keys.unknown || m.why != "" {
			all = append(all, anyOf(of)...)
			continue
		}
		for _, columns := range choose(m.keys) {
			all = append(all, needed{of, contract.Arbiter{Columns: columns, Any: slices.Contains(columns, "") || len(columns) == 0}})
		}
	}
	if of == nil && (models == nil || p.unsure[sequelizePackage]) {
		return anyOf(nil)
	}
	return all
}

func underscoredAll(names []string) (all []string) {
	for _, name := range names {
		all = append(all, underscored(name))
	}
	return all
}
