package golang

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// text is an expression that may be a text when names of other files are known.
// The zero text is unknown.
type text struct {
	literal string
	is      bool
	// ref is a name of the package, or of another as "pkg.Name".
	ref string
	// parts are joined; of a format the first is it and the others go into it.
	parts  []text
	format bool
}

func plain(s string) text { return text{literal: s, is: true} }

// textOf reads an expression. Names of the function are put in where they are
// set once.
func (r *reader) textOf(e ast.Expr, depth int) text {
	if depth > 20 {
		return text{}
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			if s, err := strconv.Unquote(e.Value); err == nil {
				return plain(s)
			}
		}
	case *ast.ParenExpr:
		return r.textOf(e.X, depth)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return text{parts: []text{r.textOf(e.X, depth+1), r.textOf(e.Y, depth+1)}}
		}
	case *ast.Ident:
		if values, local := r.locals[e.Name]; local {
			if len(values) == 1 && values[0] != nil {
				return r.textOf(values[0], depth+5)
			}
			return text{}
		}
		return text{ref: e.Name}
	case *ast.SelectorExpr:
		if in, ok := e.X.(*ast.Ident); ok && r.file.imports[in.Name] != "" {
			return text{ref: in.Name + "." + e.Sel.Name}
		}
	case *ast.CallExpr:
		switch name := called(e); {
		case len(e.Args) == 0:
		case name == "Sprintf" || name == "sprintf":
			t := text{format: true}
			for _, argument := range e.Args {
				t.parts = append(t.parts, r.textOf(argument, depth+1))
			}
			return t
		case name == "Rebind" || name == "TrimSpace" || name == "string" || name == "Expr":
			return r.textOf(e.Args[0], depth+1)
		}
	}
	return text{}
}

// called is the last part of the name of what is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr:
		if s, ok := f.X.(*ast.SelectorExpr); ok {
			return s.Sel.Name
		}
	}
	return ""
}

var verb = found.Expression(`%(%|[-+# 0]*(?:\[\d+\])?[\d*]*(?:\.[\d*]+)?[a-zA-Z])`)

// text is what an expression says, with sqltext.Hole for what is put in when the
// program runs; ok says that a part of it is known.
func (p *project) text(f *File, t text, depth int) (s string, ok bool) {
	switch {
	case t.is:
		return t.literal, true
	case depth > 20:
	case t.ref != "":
		if in, value := p.constant(f, t.ref); value != nil {
			return p.text(in, *value, depth+1)
		}
	case t.format:
		format, ok := p.text(f, t.parts[0], depth+1)
		if !ok {
			break
		}
		at := 0
		return verb().ReplaceAllStringFunc(format, func(mark string) string {
			if mark == "%%" {
				return "%"
			}
			at++
			if (mark == "%s" || mark == "%v" || mark == "%q") && at < len(t.parts) {
				if s, ok := p.text(f, t.parts[at], depth+1); ok && mark != "%q" {
					return s
				}
			}
			return sqltext.Hole
		}), true
	case t.parts != nil:
		var b strings.Builder
		for _, part := range t.parts {
			s, known := p.text(f, part, depth+1)
			ok = ok || known
			b.WriteString(s)
		}
		return b.String(), ok
	}
	return sqltext.Hole, false
}
