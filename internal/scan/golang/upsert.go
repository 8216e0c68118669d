package golang

import (
	"go/ast"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// An upsert is a clause.OnConflict of GORM's.
type upsert struct {
	columns, names []text
	// known says that all of it was read, none that it needs no index.
	known, partial bool
	at             contract.Evidence
}

// onConflict reads clause.OnConflict. Without columns it updates by the primary key,
// and does nothing whatever the conflict is.
func (r *reader) onConflict(n *ast.CompositeLit) {
	u := upsert{known: true, at: r.at(n)}
	nothing := hasTrue(n, "DoNothing")
	for _, element := range n.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			u.known = false
			continue
		}
		key, _ := pair.Key.(*ast.Ident)
		switch {
		case key == nil:
			u.known = false
		case key.Name == "Columns":
			u.known = u.known && r.columnsOf(pair.Value, &u)
			nothing = false
		case key.Name == "OnConstraint":
			u.names, nothing = append(u.names, r.textOf(pair.Value, 0)), false
		case key.Name == "TargetWhere":
			u.partial = true
		}
	}
	if !nothing {
		r.file.upserts = append(r.file.upserts, u)
	}
}

// conflictSet notes that a field of clause.OnConflict, or of what may be one, is set where
// the rest of it does not stand.
func (r *reader) conflictSet(n *ast.AssignStmt) {
	clause := false
	for _, imported := range r.file.imports {
		clause = clause || imported == "gorm.io/gorm/clause"
	}
	for _, to := range n.Lhs {
		if field, ok := to.(*ast.SelectorExpr); ok && clause && (field.Sel.Name == "Columns" || field.Sel.Name == "OnConstraint") {
			r.file.upserts = append(r.file.upserts, upsert{at: r.at(n)})
		}
	}
}

// columnsOf reads []clause.Column{{Name: "a"}}.
func (r *reader) columnsOf(e ast.Expr, u *upsert) bool {
	list, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	for _, element := range list.Elts {
		column, ok := element.(*ast.CompositeLit)
		if !ok || len(column.Elts) != 1 {
			return false
		}
		pair, ok := column.Elts[0].(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		if key, _ := pair.Key.(*ast.Ident); key == nil || key.Name != "Name" {
			return false
		}
		u.columns = append(u.columns, r.textOf(pair.Value, 0))
	}
	return true
}

// upserts notes what GORM inserts ON CONFLICT.
func (p *project) upserts(f *File) {
	for _, u := range f.upserts {
		p.to.Upsert(contract.Upsert{Arbiter: p.arbiter(f, u), Why: "GORM inserts rows ON CONFLICT", At: u.at})
	}
}

func (p *project) arbiter(f *File, u upsert) contract.Arbiter {
	a := contract.Arbiter{Partial: u.partial, Any: !u.known}
	plain := func(t text) string {
		s, ok := p.text(f, t, 0)
		a.Any = a.Any || !ok || strings.Contains(s, sqltext.Hole) || !word().MatchString(s)
		return s
	}
	for _, column := range u.columns {
		a.Columns = append(a.Columns, plain(column))
	}
	for _, name := range u.names {
		a.Name = plain(name)
	}
	switch {
	case a.Any:
		return contract.Arbiter{Any: true}
	case a.Name == "" && a.Columns == nil:
		return contract.Arbiter{Primary: true}
	}
	return a
}
