package golang

import (
	"go/ast"
	"go/token"
	"slices"
)

// scope gathers the names that a function, or the functions in a declaration, set.
func (r *reader) scope(d ast.Node) {
	r.locals, r.types, r.indexed = make(map[string][]ast.Expr), make(map[string]ast.Expr), make(map[string][]ast.Expr)
	parameters := func(list *ast.FieldList) {
		if list == nil {
			return
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				r.locals[name.Name] = append(r.locals[name.Name], nil)
				r.types[name.Name] = field.Type
			}
		}
	}
	if f, ok := d.(*ast.FuncDecl); ok {
		parameters(f.Recv)
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			parameters(n.Params)
			parameters(n.Results)
		case *ast.AssignStmt:
			r.assigned(n)
		case *ast.RangeStmt:
			r.set(n.Key, nil)
			r.set(n.Value, nil)
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if n.Type != nil {
					r.types[name.Name] = n.Type
				}
				switch {
				case len(n.Values) == len(n.Names):
					r.set(name, n.Values[i])
				case len(n.Values) > 0 || n.Type == nil:
					r.set(name, nil)
				case r.locals[name.Name] == nil:
					r.locals[name.Name] = []ast.Expr{} // var q string, set later
				}
			}
		case *ast.UnaryExpr:
			// What a pointer goes to may be set by others.
			name, ok := n.X.(*ast.Ident)
			if ok && n.Op == token.AND {
				r.file.set[name.Name] = true
			}
			if ok && n.Op == token.AND && r.locals[name.Name] != nil {
				if _, composite := r.composite(n.X); !composite {
					r.set(name, nil)
				}
			}
		}
		return true
	})
}

// composite is the type of a struct that an expression makes, or that its name is
// declared with.
func (r *reader) composite(e ast.Expr) (ast.Expr, bool) { return r.compositeOf(e, nil) }

// compositeOf leaves out the names it has been at: a = b, b = a.
func (r *reader) compositeOf(e ast.Expr, seen []string) (ast.Expr, bool) {
	switch e := e.(type) {
	case *ast.UnaryExpr:
		return r.compositeOf(e.X, seen)
	case *ast.ParenExpr:
		return r.compositeOf(e.X, seen)
	case *ast.CompositeLit:
		return e.Type, e.Type != nil
	case *ast.CallExpr:
		if name, ok := e.Fun.(*ast.Ident); ok && (name.Name == "new" || name.Name == "make") && len(e.Args) > 0 {
			return e.Args[0], true
		}
	case *ast.Ident:
		if t := r.types[e.Name]; t != nil {
			return t, true
		}
		for _, value := range r.locals[e.Name] {
			if value == nil || slices.Contains(seen, e.Name) {
				continue
			}
			if t, ok := r.compositeOf(value, append(seen, e.Name)); ok {
				return t, true
			}
		}
	}
	return nil, false
}

func (r *reader) set(target, value ast.Expr) {
	if name, ok := target.(*ast.Ident); ok && name.Name != "_" {
		r.locals[name.Name] = append(r.locals[name.Name], value)
	}
}

func (r *reader) assigned(n *ast.AssignStmt) {
	for i, target := range n.Lhs {
		if index, ok := target.(*ast.IndexExpr); ok {
			if name, ok := index.X.(*ast.Ident); ok {
				r.indexed[name.Name] = append(r.indexed[name.Name], index.Index)
			}
		}
		if name, ok := target.(*ast.Ident); ok && n.Tok != token.DEFINE {
			r.file.set[name.Name] = true
		}
		switch {
		case n.Tok != token.ASSIGN && n.Tok != token.DEFINE:
			r.set(target, nil)
		case len(n.Lhs) == len(n.Rhs):
			r.set(target, n.Rhs[i])
		case i == 0 && len(n.Rhs) == 1 && rewrites(n.Rhs[0]) != nil:
			r.set(target, rewrites(n.Rhs[0]))
		default:
			r.set(target, nil)
		}
	}
}

// rewrites is the text that sqlx.In and sqlx.Named put other marks into.
func rewrites(e ast.Expr) ast.Expr {
	if call, ok := e.(*ast.CallExpr); ok && slices.Contains([]string{"In", "Named"}, called(call)) && len(call.Args) > 0 {
		return call.Args[0]
	}
	return nil
}
