package golang

import (
	"go/ast"
	"reflect"
	"strconv"
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

// A structure is a struct, and may be a model of GORM.
type structure struct {
	name   string
	at     contract.Evidence
	fields []field
	// other is the kind of a type that is no struct.
	other string
	// generic types have fields that are not known.
	generic bool
}

// A field is one of a struct.
type field struct {
	name string
	// kind is the type's name, from another package as "pkg.Name".
	kind  string
	slice bool
	// embedded fields are those without a name.
	embedded bool
	gorm     map[string]string // nil without a tag
}

func (r *reader) typed(spec *ast.TypeSpec) {
	s := &structure{name: spec.Name.Name, at: r.at(spec), generic: spec.TypeParams != nil}
	s.at.Text = "type " + s.name + " struct"
	switch t := spec.Type.(type) {
	case *ast.StructType:
		for _, f := range t.Fields.List {
			s.fields = append(s.fields, r.fields(f)...)
		}
	case *ast.InterfaceType:
		s.other = "interface"
	case *ast.MapType:
		s.other = "map"
	case *ast.ArrayType:
		s.other = "slice"
	default:
		s.other = typeName(spec.Type)
	}
	r.file.structs = append(r.file.structs, s)
}

func (r *reader) fields(f *ast.Field) (fields []field) {
	made := field{kind: kindOf(f.Type)}
	t := f.Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	_, made.slice = t.(*ast.ArrayType)
	if f.Tag != nil {
		if tag, err := strconv.Unquote(f.Tag.Value); err == nil {
			if settings, ok := reflect.StructTag(tag).Lookup("gorm"); ok {
				made.gorm = settingsOf(settings)
			}
		}
	}
	if f.Names == nil {
		made.embedded = true
		made.name = typeName(f.Type)
		return []field{made}
	}
	for _, name := range f.Names {
		made.name = name.Name
		fields = append(fields, made)
	}
	return fields
}

// typeName is the last part of a type's name, without stars and parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.ParenExpr:
		return typeName(e.X)
	case *ast.ArrayType:
		return typeName(e.Elt)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// kindOf is a type's name, without stars and slices.
func kindOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return kindOf(e.X)
	case *ast.ArrayType:
		return kindOf(e.Elt)
	case *ast.IndexExpr:
		return kindOf(e.X)
	case *ast.IndexListExpr:
		return kindOf(e.X)
	case *ast.SelectorExpr:
		if in, ok := e.X.(*ast.Ident); ok {
			return in.Name + "." + e.Sel.Name
		}
	case *ast.Ident:
		return e.Name
	case *ast.StructType:
		return "struct"
	case *ast.MapType:
		return "map"
	case *ast.InterfaceType:
		return "interface"
	case *ast.FuncType, *ast.ChanType:
		return "func"
	}
	return "?"
}

// settingsOf reads a gorm tag, as "column:name;type:text". Keys have no case.
func settingsOf(tag string) map[string]string {
	settings := make(map[string]string)
	for _, part := range strings.Split(tag, ";") {
		key, value, _ := strings.Cut(part, ":")
		settings[strings.ToUpper(strings.TrimSpace(key))] = value
	}
	return settings
}
