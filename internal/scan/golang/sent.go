package golang

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
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

var isContext = regexp.MustCompile(`(?i)^(?:.*ctx|context|.*context)$`)

// context tells an argument that is a context, by the names people give them.
func context(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return isContext.MatchString(e.Name)
	case *ast.SelectorExpr:
		return isContext.MatchString(e.Sel.Name)
	case *ast.CallExpr:
		if s, ok := e.Fun.(*ast.SelectorExpr); ok {
			if in, ok := s.X.(*ast.Ident); ok && in.Name == "context" {
				return true
			}
		}
		return isContext.MatchString(called(e))
	}
	return false
}

// call notes what a call sends to the database.
func (r *reader) call(n *ast.CallExpr) {
	method, ok := n.Fun.(*ast.SelectorExpr)
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
	switch {
	case len(arguments) == 0:
	case sqlMethods[name]:
		sql := arguments[0]
		if name == "Prepare" && len(n.Args) > 2 {
			sql = arguments[len(arguments)-1] // the first is the statement's name
		}
		// A context by another name, as gin's: a text stands behind it.
		if _, bare := sql.(*ast.Ident); bare && len(arguments) > 1 && !r.textOf(sql, 0).known() && r.textOf(arguments[1], 0).known() && isSQL.MatchString(r.textOf(arguments[1], 0).first()) {
			sql = arguments[1]
		}
		r.send(sql, n)
	case intoMethods[name] && len(arguments) > 2 && (isPointer(arguments[1]) || r.isScany(method)): // pgxscan.Select(ctx, db, &rows, sql)
		r.send(arguments[2], n)
	case intoMethods[name] && len(arguments) > 1 && !r.textOf(arguments[0], 0).is:
		r.send(arguments[1], n)
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
	if modelMethods[name] {
		for _, argument := range n.Args {
			if t, ok := r.composite(argument); ok {
				r.file.used[typeName(t)] = true
			}
		}
	}
}

var isSQL = regexp.MustCompile(`(?is)^\s*(?:--.*?\n\s*)*(?:select|insert|update|delete|with|merge|call|copy)\b`)

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
