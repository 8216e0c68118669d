package golang

import (
	"go/ast"
	"slices"

	"github.com/migguard/migguard/internal/contract"
)

// condition reads what GORM makes SQL of: a text, a struct, or a map whose keys
// are columns.
func (r *reader) condition(e ast.Expr, call ast.Node) {
	at := r.at(call)
	add := func(p placed) { r.file.conditions = append(r.file.conditions, p) }
	if t := r.textOf(e, 0); t.known() {
		add(placed{text: t, at: at})
		return
	}
	if t, ok := r.composite(e); ok {
		if named := typeName(t); named != "" && !isMap(t) && !basic[named] {
			add(placed{at: at, of: named})
			return
		}
		if keys, ok := r.keys(e); ok {
			for _, key := range keys {
				add(placed{text: key, at: at})
			}
			return
		}
	}
	switch e := e.(type) {
	case *ast.BasicLit, *ast.FuncLit:
		return // a number, or a function that is read itself
	case *ast.CallExpr:
		// A query inside, whose calls are read themselves.
		if name := called(e); conditionMethods[name] || behindMethods[name] || name == "Table" || name == "Model" || name == "Session" {
			return
		}
	case *ast.CompositeLit:
		return // clause.Eq and the like are read where they stand
	}
	add(placed{at: at})
}

// basic are types whose values may be SQL, or names of columns.
var basic = setOf(`any string H M Map bool int uint int64 uint64 int32 error byte JSON`)

func isMap(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.MapType, *ast.InterfaceType, *ast.FuncType, *ast.Ellipsis:
		return true
	case *ast.StarExpr:
		return isMap(e.X)
	case *ast.ArrayType:
		return basic[typeName(e)] || isMap(e.Elt)
	}
	return false
}

// keys are those of a map that is made, and set, in the function.
func (r *reader) keys(e ast.Expr) (keys []text, ok bool) { return r.keysOf(e, nil) }

func (r *reader) keysOf(e ast.Expr, seen []string) (keys []text, ok bool) {
	switch e := e.(type) {
	case *ast.UnaryExpr:
		return r.keysOf(e.X, seen)
	case *ast.CompositeLit:
		for _, element := range e.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if !ok {
				more, ok := r.keysOf(element, seen)
				if !ok {
					return nil, false
				}
				keys = append(keys, more...)
				continue
			}
			keys = append(keys, r.textOf(pair.Key, 0))
		}
		return keys, true
	case *ast.CallExpr:
		return nil, called(e) == "make"
	case *ast.Ident:
		values := r.locals[e.Name]
		if len(values) == 0 || slices.Contains(values, nil) || slices.Contains(seen, e.Name) {
			return nil, false
		}
		for _, value := range values {
			more, ok := r.keysOf(value, append(seen, e.Name))
			if !ok {
				return nil, false
			}
			keys = append(keys, more...)
		}
		for _, key := range r.indexed[e.Name] {
			keys = append(keys, r.textOf(key, 0))
		}
		return keys, true
	}
	return nil, false
}

// literal reads GORM's clauses, whose texts are columns, and its naming strategy.
func (r *reader) literal(n *ast.CompositeLit) {
	t, ok := n.Type.(*ast.SelectorExpr)
	if !ok {
		return
	}
	in, _ := t.X.(*ast.Ident)
	switch {
	case t.Sel.Name == "NamingStrategy":
		r.naming(n)
	case t.Sel.Name == "Config" && in != nil && r.file.imports[in.Name] == "gorm.io/gorm":
		r.file.configs = append(r.file.configs, hasTrue(n, "QueryFields"))
	case t.Sel.Name == "Config" && in != nil && r.file.imports[in.Name] == "gorm.io/driver/postgres":
		r.file.drivers = append(r.file.drivers, hasTrue(n, "PreferSimpleProtocol"))
	case t.Sel.Name == "Returning" && len(n.Elts) == 0:
		r.file.blind = append(r.file.blind, contract.Gap{Reach: contract.Anything, Why: "returns every column of a table that is not known", At: r.at(n)})
	case in != nil && r.file.imports[in.Name] == "gorm.io/gorm/clause":
		if t.Sel.Name == "OnConflict" {
			r.onConflict(n)
		}
		ast.Inspect(n, func(below ast.Node) bool {
			if text, ok := below.(*ast.BasicLit); ok {
				r.file.conditions = append(r.file.conditions, placed{text: r.textOf(text, 0), at: r.at(text)})
			}
			return true
		})
	}
}

// hasTrue tells whether a composite literal sets a field to true.
func hasTrue(n *ast.CompositeLit, field string) bool {
	return slices.ContainsFunc(n.Elts, func(e ast.Expr) bool {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		key, _ := pair.Key.(*ast.Ident)
		value, _ := pair.Value.(*ast.Ident)
		return key != nil && value != nil && key.Name == field && value.Name == "true"
	})
}
