package golang

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// sqlMethods take SQL behind a context, if they take one. From database/sql, pgx,
// pgconn, sqlx and GORM.
var sqlMethods = setOf(`Query QueryRow Exec Prepare QueryContext QueryRowContext ExecContext PrepareContext Queryx QueryRowx QueryxContext QueryRowxContext
	MustExec MustExecContext NamedExec NamedExecContext NamedQuery NamedQueryContext Preparex PreparexContext PrepareNamed PrepareNamedContext
	Queue Raw ExecParams MustQuery QueryFunc QueryRows`)

// intoMethods take SQL behind what its rows go into. From sqlx and scany.
var intoMethods = setOf(`Get Select GetContext SelectContext ScanOne ScanAll`)

// The methods of GORM that take parts of SQL, or names of columns: as the first
// argument, and behind what is found or deleted.
var (
	conditionMethods = setOf(`Where Or Not Having Order Group Joins InnerJoins Select Distinct Pluck Update UpdateColumn Updates UpdateColumns Omit Assign Attrs Expr`)
	behindMethods    = setOf(`First Find Take Last Delete FirstOrInit FirstOrCreate Preload FindInBatches`)
	modelMethods     = setOf(`Model Create Save First Find Take Last Delete FirstOrInit FirstOrCreate AutoMigrate CreateInBatches Scan Updates Where`)
)

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

var isContext = found.Expression(`(?i)^(?:.*ctx|context|.*context)$`)

// context tells an argument that is a context, by the names people give them.
func context(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return isContext().MatchString(e.Name)
	case *ast.SelectorExpr:
		return isContext().MatchString(e.Sel.Name)
	case *ast.CallExpr:
		if s, ok := e.Fun.(*ast.SelectorExpr); ok {
			if in, ok := s.X.(*ast.Ident); ok && in.Name == "context" {
				return true
			}
		}
		return isContext().MatchString(called(e))
	}
	return false
}

// call notes what a call sends to the database.
func (r *reader) call(n *ast.CallExpr) {
	method, ok := n.Fun.(*ast.SelectorExpr)
	if ok {
		r.rows(method.Sel.Name, len(n.Args))
	}
	if !ok || len(n.Args) == 0 {
		return
	}
	if in, ok := method.X.(*ast.Ident); ok && slices.Contains([]string{"os/exec", "net/url", "net/http", "regexp", "flag"}, r.file.imports[in.Name]) {
		return
	}
	name, arguments := method.Sel.Name, n.Args
	if in, ok := method.X.(*ast.Ident); ok && name == "Open" && r.file.imports[in.Name] == "gorm.io/driver/postgres" {
		r.file.drivers = append(r.file.drivers, false)
	}
	if context(arguments[0]) || strings.HasSuffix(name, "Context") {
		arguments = arguments[1:]
	}
	first := len(r.file.sent)
	switch {
	case len(arguments) == 0:
	case sqlMethods[name]:
		sql := arguments[0]
		if name == "Prepare" && len(n.Args) > 2 {
			sql = arguments[len(arguments)-1] // the first is the statement's name
			if len(arguments) == 3 && len(n.Args) == 4 {
				sql = arguments[1] // behind it pgconn has the types of parameters
			}
		}
		// A context by another name, as gin's: a text stands behind it.
		if _, bare := sql.(*ast.Ident); bare && len(arguments) > 1 && !r.textOf(sql, 0).known() && r.textOf(arguments[1], 0).known() && isSQL().MatchString(r.textOf(arguments[1], 0).first()) {
			sql = arguments[1]
		}
		r.send(sql, n)
		if rowMethods[name] {
			r.into(first)
		}
		if prepareMethods[name] && !r.closed[n] {
			for i := range r.file.sent[first:] {
				r.file.sent[first+i].kept = true
			}
		}
	case intoMethods[name] && len(arguments) > 2 && (isPointer(arguments[1]) || r.isScany(method)): // pgxscan.Select(ctx, db, &rows, sql)
		r.send(arguments[2], n)
		r.into(first)
	case intoMethods[name] && len(arguments) > 1 && !r.textOf(arguments[0], 0).is:
		r.send(arguments[1], n)
		r.into(first)
	case name == "CopyFrom" && len(arguments) > 1:
		r.copy(arguments[0], arguments[1], n)
	case (name == "CopyIn" || name == "CopyInSchema") && len(arguments) > 1:
		r.copyIn(name, arguments, n)
	case name == "Table":
		r.file.conditions = append(r.file.conditions, placed{text: r.textOf(arguments[0], 0), at: r.at(n), of: "table"})
	case conditionMethods[name]:
		r.condition(arguments[0], n)
		if name == "Select" || name == "Distinct" || name == "Omit" || name == "Pluck" {
			for _, argument := range arguments[1:] {
				if t := r.textOf(argument, 0); t.is {
					r.condition(argument, n)
				}
			}
		}
	case behindMethods[name] && len(arguments) > 1:
		r.condition(arguments[1], n)
	}
	r.file.migrates = r.file.migrates || name == "AutoMigrate"
	if modelMethods[name] {
		for _, argument := range n.Args {
			if t, ok := r.composite(argument); ok {
				r.file.used[typeName(t)] = true
			}
		}
	}
}

var isSQL = found.Expression(`(?is)^\s*(?:--.*?\n\s*)*(?:select|insert|update|delete|with|merge|call|copy)\b`)

// known tells a text, or what may be one.
func (t text) known() bool { return t.is || t.ref != "" || t.parts != nil }

// first is the beginning of a text.
func (t text) first() string {
	if len(t.parts) > 0 {
		return t.parts[0].first()
	}
	return t.literal
}

func isPointer(e ast.Expr) bool {
	u, ok := e.(*ast.UnaryExpr)
	return ok && u.Op == token.AND
}

// isScany tells the functions of scany, which are given the connection first.
func (r *reader) isScany(method *ast.SelectorExpr) bool {
	in, ok := method.X.(*ast.Ident)
	return ok && strings.Contains(r.file.imports[in.Name], "scan")
}

// value notes a method that sends SQL and is no call: who calls it is not known.
func (r *reader) value(s *ast.SelectorExpr) {
	r.file.untyped = r.file.untyped || s.Sel.Name == "RowToMap"
	r.rows(s.Sel.Name, -1)
	if sqlMethods[s.Sel.Name] && s.Sel.Name != "Query" && s.Sel.Name != "Raw" && s.Sel.Name != "Queue" && !r.functions[s] {
		r.file.sent = append(r.file.sent, placed{at: r.at(s)})
	}
}

// send notes SQL that is sent; one of several texts when a name is set several times.
func (r *reader) send(e ast.Expr, call ast.Node) {
	if name, ok := e.(*ast.Ident); ok {
		if values, local := r.locals[name.Name]; local && len(values) > 0 && !slices.Contains(values, nil) {
			for _, value := range values {
				r.file.sent = append(r.file.sent, placed{text: r.textOf(value, 0), at: r.at(call)})
			}
			return
		}
	}
	r.file.sent = append(r.file.sent, placed{text: r.textOf(e, 0), at: r.at(call)})
}

// copy reads CopyFrom(ctx, pgx.Identifier{"users"}, []string{"a"}, rows).
func (r *reader) copy(table, columns ast.Expr, call ast.Node) {
	names, ok := r.list(table)
	list, known := r.list(columns)
	if !ok || len(names) == 0 || !known {
		r.file.blind = append(r.file.blind, contract.Gap{Reach: contract.Anything, Why: "copies rows into a table, or columns, that are computed", At: r.at(call)})
		return
	}
	r.file.copies = append(r.file.copies, copied{names[len(names)-1], list, r.at(call)})
}

// copyIn reads pq.CopyIn("users", "a", "b").
func (r *reader) copyIn(name string, arguments []ast.Expr, call ast.Node) {
	if name == "CopyInSchema" {
		arguments = arguments[1:]
	}
	c := copied{table: r.textOf(arguments[0], 0), at: r.at(call)}
	for _, argument := range arguments[1:] {
		c.columns = append(c.columns, r.textOf(argument, 0))
	}
	r.file.copies = append(r.file.copies, c)
}

// list reads the texts of a composite literal.
func (r *reader) list(e ast.Expr) (texts []text, ok bool) {
	if name, isName := e.(*ast.Ident); isName && len(r.locals[name.Name]) == 1 {
		e = r.locals[name.Name][0]
	}
	literal, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	for _, element := range literal.Elts {
		texts = append(texts, r.textOf(element, 0))
	}
	return texts, true
}
