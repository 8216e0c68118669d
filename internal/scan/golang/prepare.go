package golang

import (
	"go/ast"

	"github.com/migguard/migguard/internal/scan/sqltext"
)

// prepareMethods prepare a statement that the program goes on with: of database/sql, pgx
// and sqlx. pgx gives the same one to who prepares it again, and none of them prepares
// it anew when it has failed.
var prepareMethods = setOf(`Prepare PrepareContext Preparex PreparexContext PrepareNamed PrepareNamedContext`)

// closes notes which calls of a function prepare what it closes before it ends: nothing of
// it is there when the function is called again. One that may run for long, or that gives
// the statement away, goes on with it.
func (r *reader) closes(f *ast.FuncDecl) {
	if f.Body == nil || f.Name.Name == "main" {
		return
	}
	made, closed, escapes := map[string][]*ast.CallExpr{}, map[string]bool{}, map[string]bool{}
	forever := false
	inside := func(n ast.Node) { // what a function in it, or another, goes on with
		ast.Inspect(n, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				escapes[name.Name] = true
			}
			return true
		})
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			name, isName := n.Lhs[0].(*ast.Ident)
			call, isCall := n.Rhs[0].(*ast.CallExpr)
			if isName && isCall && prepareMethods[called(call)] {
				made[name.Name] = append(made[name.Name], call)
			} else {
				for _, value := range n.Rhs {
					if _, isCall := value.(*ast.CallExpr); !isCall {
						inside(value)
					}
				}
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Close" {
				if in, ok := s.X.(*ast.Ident); ok {
					closed[in.Name] = true
				}
			}
			for _, argument := range n.Args {
				inside(argument)
			}
		case *ast.FuncLit:
			inside(n.Body)
		case *ast.CompositeLit:
			inside(n)
		case *ast.ReturnStmt:
			for _, value := range n.Results {
				if _, isCall := value.(*ast.CallExpr); !isCall {
					inside(value)
				}
			}
		case *ast.ForStmt:
			forever = forever || n.Cond == nil
		}
		return true
	})
	for name, calls := range made {
		for _, call := range calls {
			r.closed[call] = closed[name] && !escapes[name] && !forever
		}
	}
}

// bound are the texts of what a file prepares, or takes no other rows from than there are
// now, with the place where it does so.
func (p *project) bound(f *File) map[string]sqltext.Literal {
	texts := map[string]sqltext.Literal{}
	for _, t := range f.sent {
		strict := !p.unsafe && (t.strict || t.into && f.scans && !f.lax)
		if s, ok := p.text(f, t.text, 0); (t.kept || strict) && ok && sqltext.IsStatement(s) {
			texts[s] = sqltext.Literal{Text: s, At: t.at, Kept: t.kept || texts[s].Kept, Strict: strict || texts[s].Strict, TextBigint: p.untyped}
		}
	}
	return texts
}
