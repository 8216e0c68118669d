package golang

import (
	"go/ast"
	"go/token"

	"github.com/migguard/migguard/internal/scan/sqltext"
)

// walk reads the texts and calls below a node.
func (r *reader) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			return false // tags are no SQL
		case *ast.SelectorExpr:
			r.value(n)
		case *ast.CallExpr:
			if function, ok := n.Fun.(*ast.SelectorExpr); ok {
				r.functions[function] = true
			}
			r.call(n)
			if name := called(n); name == "Sprintf" {
				r.note(n)
			}
		case *ast.BasicLit:
			r.note(n)
		case *ast.BinaryExpr:
			if n.Op == token.ADD {
				r.note(n)
				r.inside(n)
				return false
			}
		case *ast.CompositeLit:
			r.literal(n)
		case *ast.AssignStmt:
			r.conflictSet(n)
		}
		return true
	})
}

// inside walks what a sum is made of besides texts.
func (r *reader) inside(n *ast.BinaryExpr) {
	for _, part := range []ast.Expr{n.X, n.Y} {
		switch part := part.(type) {
		case *ast.BasicLit:
		case *ast.BinaryExpr:
			if part.Op == token.ADD {
				r.inside(part)
				continue
			}
			r.walk(part)
		default:
			r.walk(part)
		}
	}
}

func (r *reader) note(e ast.Expr) {
	if t := r.textOf(e, 0); t.is || t.parts != nil {
		if !t.is || sqltext.Is(t.literal) { // most texts are nothing of the kind
			r.file.texts = append(r.file.texts, placed{text: t, at: r.at(e)})
		}
	}
}
