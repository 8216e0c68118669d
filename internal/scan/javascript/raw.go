package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// rawMethods take SQL: of node-postgres, Prisma, Knex, Sequelize, TypeORM, Drizzle
// and postgres.js.
var rawMethods = []string{"query", "execute", "raw", "unsafe", "literal", "$queryRawUnsafe", "$executeRawUnsafe", "$queryRaw", "$executeRaw",
	"queryRaw", "executeRaw", "queryArray", "queryObject", "executeSql", "runSql", "whereRaw", "orWhereRaw", "andWhereRaw", "havingRaw", "orHavingRaw", "orderByRaw", "groupByRaw",
	"joinRaw", "fromRaw", "jsonExtract"}

// fragmentRaw are those whose text may be any part of a statement.
var fragmentRaw = []string{"raw", "unsafe", "literal", "whereRaw", "orWhereRaw", "andWhereRaw", "havingRaw", "orHavingRaw", "orderByRaw", "groupByRaw", "joinRaw", "fromRaw"}

// rawClasses are made of SQL.
var rawClasses = []string{"Query", "Cursor", "QueryStream", "PreparedStatement", "ParameterizedQuery"}

// promised are methods that take SQL in pg-promise, and anything elsewhere.
var promised = []string{"any", "one", "none", "many", "oneOrNone", "manyOrNone", "multi", "multiResult", "result", "each", "stream", "map", "func", "proc"}

// textKeys are the properties that hold the SQL of a query's object.
var textKeys = []string{"text", "sql"}

// makers are calls that may make a table or a model, by their names; those of
// pgTableCreator are called as their owner likes.
var makers = found.Expression(`^(?:\w*[tT]able|\w*[vV]iew|define|init|EntitySchema|Sequelize|forRoot|belongsToMany)$`)

// connections are what people call those whose methods take SQL.
var connections = found.Expression(`(?i)(?:db|pool|client|conn|connection|prisma|knex|sequelize|sql|pg|trx|tx|manager|runner|repo|repository|database)$`)

// call notes SQL and names that are given in variables.
func (r *reader) call(n *syntax.Node, in *function) {
	callee, arguments := bare(n.Child("function")), n.Child("arguments")
	if n.Is("new_expression") {
		callee = bare(n.Child("constructor"))
	}
	if r.upserting {
		r.called[callee] = true
	}
	name := r.text(callee)
	if callee.Is("member_expression") {
		name = r.text(callee.Child("property"))
	} else if callee.Is("subscript_expression") {
		var known bool
		if name, known = r.literal(callee.Child("index")); !known && connections().MatchString(r.text(callee.Child("object"))) {
			name = "query" // any method
		}
	}
	if n.Is("new_expression") && !slices.Contains(rawClasses, name) && name != "EntitySchema" && name != "Sequelize" || arguments == nil || len(arguments.Children) == 0 {
		return
	}
	first := bare(arguments.Children[0])
	_, isImport := r.imports[name]
	if makers().MatchString(name) || isImport && first.Is("string", "template_string") && len(arguments.Children) > 1 && bare(arguments.Children[1]).Is("object", "arrow_function") {
		r.calls = append(r.calls, n)
	}
	if names, ok := builderMethods[name]; ok && callee.Is("member_expression") {
		r.builder(n, arguments.Children, names)
	}
	if r.upserting {
		r.upsert(n, name, arguments.Children)
	}
	switch {
	case slices.Contains(rawMethods, name) || slices.Contains(rawClasses, name):
		r.named(first)
		r.raw(n, name, first, in)
	case slices.Contains(promised, name):
		r.named(first)
		r.unless(n, first, in, "pg-promise")
	case name == "sql" || name == "identifier":
		r.made(n, arguments)
	case name == "bind" && callee.Is("member_expression") || name == "promisify" || name == "call" || name == "apply":
		of := callee.Child("object")
		if name == "promisify" {
			of = first
		}
		if of.Is("member_expression") && slices.Contains(rawMethods, r.text(of.Child("property"))) {
			r.dynamic = append(r.dynamic, dynamic{at: r.at(n)})
		}
	}
}

// raw notes the SQL of a call.
func (r *reader) raw(n *syntax.Node, name string, first *syntax.Node, in *function) {
	text, ok := textOf(first, r.src)
	if first.Is("identifier") && !ok {
		if value := r.consts[r.text(first)]; value != nil {
			text, ok = textOf(value, r.src)
		}
	}
	at := contract.Evidence{File: r.path, Line: n.Line}
	switch {
	case ok && sqltext.IsStatement(text):
		if name != "query" && name != "execute" || !strings.Contains(text, "??") {
			return // noted where the text stands
		}
	case ok && slices.Contains(fragmentRaw, name):
		r.fragments = append(r.fragments, sqltext.Literal{Text: identifiers(text), At: at})
		return
	case ok && !strings.Contains(text, sqltext.Hole):
		return // BEGIN, LISTEN, or no SQL
	case ok && sqltext.Is(text):
		return
	}
	r.unless(n, first, in, "")
}

// identifiers marks what Knex puts in as names.
func identifiers(text string) string { return strings.ReplaceAll(text, "??", sqltext.Hole) }

// unless notes a call, unless it is clear that its first argument is no SQL from a
// variable. only is the package that has the method.
func (r *reader) unless(n *syntax.Node, first *syntax.Node, in *function, only string) {
	switch {
	case r.isPlain(first, in, 0):
		return
	case first.Is("object"):
		known, all := r.sqlOf(first)
		if all && (known == nil || r.isPlain(known, in, 0)) {
			return
		}
	}
	r.dynamic = append(r.dynamic, dynamic{at: r.at(n), only: only})
}

// maxSteps is how many names and conditions are followed to what they stand for:
// those of one file may lead around in a circle.
const maxSteps = 8

// isPlain tells an expression that is no SQL, or whose SQL is noted where it
// stands.
func (r *reader) isPlain(n *syntax.Node, in *function, depth int) bool {
	if n = bare(n); depth > maxSteps {
		return false
	}
	if t, ok := textOf(n, r.src); ok {
		return !strings.Contains(t, sqltext.Hole) || sqltext.Is(t)
	}
	switch n.Kind {
	case "number", "true", "false", "null", "undefined", "arrow_function", "function_expression", "regex", "class":
		return true
	case "call_expression":
		if tagged(n) {
			return true
		}
		// sql("x") and Prisma.join(...) are noted themselves.
		return strings.HasPrefix(r.text(n.Child("function")), "Prisma.")
	case "ternary_expression":
		return r.isPlain(n.Child("consequence"), in, depth+1) && r.isPlain(n.Child("alternative"), in, depth+1)
	case "identifier":
		name := r.text(n)
		// A function that is called as the method is, and hands on what it is
		// given: its callers are looked at.
		for f := in; f != nil; f = f.outer {
			if slices.Contains(f.params, name) {
				return slices.Contains(rawMethods, f.name)
			}
		}
		if value := r.consts[name]; value != nil && !bare(value).Is("identifier") {
			return r.isPlain(value, nil, depth+1)
		}
	}
	return false
}

// sqlOf is the property of an object that holds SQL; all says that there is no
// other that could.
func (r *reader) sqlOf(n *syntax.Node) (value *syntax.Node, all bool) {
	for _, child := range n.Children {
		switch child.Kind {
		case "pair":
			key := child.Child("key")
			if key.Is("computed_property_name") {
				return nil, false
			}
			if slices.Contains(textKeys, r.key(key)) {
				value = child.Child("value")
			}
		case "shorthand_property_identifier":
			if slices.Contains(textKeys, r.text(child)) {
				value = child
				if r.consts[r.text(child)] == nil {
					return nil, false
				}
				value = r.consts[r.text(child)]
			}
			if r.text(child) == "query" {
				r.dynamic = append(r.dynamic, dynamic{at: r.at(child), only: "sequelize"})
			}
		case "spread_element":
			return nil, false
		}
	}
	return value, true
}

// made notes names and parts of SQL that are put in by a function: sql("name"),
// sql.identifier("name").
func (r *reader) made(n *syntax.Node, arguments *syntax.Node) {
	for _, argument := range arguments.Children {
		argument = bare(argument)
		if t, ok := r.literal(argument); ok {
			r.fragments = append(r.fragments, sqltext.Literal{Text: t, At: contract.Evidence{File: r.path, Line: n.Line}})
			continue
		}
		if argument.Is("comment", "number", "true", "false", "null") {
			continue
		}
		r.dynamic = append(r.dynamic, dynamic{at: r.at(n)})
		return
	}
}

// renamed notes that a function that takes SQL gets another name.
func (r *reader) renamed(name, as string, n *syntax.Node) {
	if name != as && slices.Contains(rawMethods, name) && !strings.HasPrefix(as, "_") {
		r.dynamic = append(r.dynamic, dynamic{at: r.at(n)})
	}
}

// requests are what has a property called query that is no function.
var requests = []string{"req", "request", "ctx", "context", "route", "router", "url", "location", "event", "params", "props", "parsed", "parsedUrl", "options", "data", "state", "this"}

// handed notes that a function that takes SQL is given away: as another's value
// it is called by names that are not known.
func (r *reader) handed(n *syntax.Node) {
	name := r.text(n)
	if n.Is("member_expression") {
		object := r.text(n.Child("object"))
		name = r.text(n.Child("property"))
		if slices.Contains(requests, object[strings.LastIndex(object, ".")+1:]) {
			return
		}
	} else if _, isImport := r.imports[name]; !isImport && !r.functions[name] {
		return
	}
	if slices.Contains(rawMethods, name) {
		r.dynamic = append(r.dynamic, dynamic{at: r.at(n)})
	}
}
