package rails

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A query is a call of a method that takes columns' names or SQL.
type query struct {
	class *class // around it, nil for none
	// root is the constant the chain of calls begins with, "self" where the
	// class around is meant, empty where that cannot be told.
	root string
	// fragments are strings, words names of columns given as symbols or keys.
	fragments []text
	words     []string
	// dynamic says that SQL may be in a variable.
	dynamic bool
	// lists says that the method is one of listMethods.
	lists bool
	at    contract.Evidence
}

// queryMethods take columns' names, as symbols, keys or SQL. With true a
// variable given to them may be SQL.
var queryMethods = map[string]bool{
	"where": true, "not": false, "rewhere": false, "having": true, "order": true, "reorder": true, "group": true, "regroup": true,
	"joins": true, "left_joins": false, "left_outer_joins": false, "select": true, "reselect": true, "pluck": true, "pick": true,
	"from": true, "find_by": false, "find_by!": false, "find_or_create_by": false, "find_or_initialize_by": false, "exists?": false,
	"update_all": true, "in_order_of": false, "minimum": false, "maximum": false, "average": false, "sum": false, "calculate": false, "count": false,
	"find_by_sql": true, "count_by_sql": true, "execute": true, "exec_query": true, "exec_update": true, "exec_insert": true, "exec_delete": true,
	"select_all": true, "select_one": true, "select_value": true, "select_values": true, "select_rows": true, "sql": true,
	"sanitize_sql": true, "sanitize_sql_array": true, "sanitize_sql_for_conditions": true, "insert_all": false, "insert_all!": false, "upsert_all": false,
	"update_columns": false, "update_column": false, "increment_counter": false, "decrement_counter": false, "update_counters": false,
}

// listMethods take SQL in each argument; the others in the first, with values
// behind it.
var listMethods = []string{"order", "reorder", "group", "regroup", "select", "reselect", "pluck", "pick", "joins", "left_joins", "left_outer_joins"}

// sameRelation are methods of a chain that stay at the columns of one table.
var sameRelation = []string{"where", "not", "rewhere", "having", "order", "reorder", "group", "select", "all", "unscoped", "limit", "offset",
	"distinct", "lock", "readonly", "pluck", "unscope", "connection"}

// query notes a query. Its arguments are walked here, for strings among them
// are the query's.
func (r *reader) query(n *syntax.Node, name string, arguments *syntax.Node, in *class) bool {
	takesSQL, ok := queryMethods[name]
	if !ok || arguments == nil {
		return false
	}
	q := query{class: in, root: r.root(n.Child("receiver"), in), lists: slices.Contains(listMethods, name), at: r.at(n)}
	for i, argument := range arguments.Children {
		r.argument(&q, argument, takesSQL && i == 0)
		if !q.lists && len(q.fragments) > 1 {
			q.fragments = q.fragments[:1] // what follows is values
		}
	}
	r.file.queries = append(r.file.queries, q)
	for _, child := range n.Children {
		if child == arguments {
			r.with(func(s *reader) { s.inArguments = true; s.below(arguments, in) })
		} else {
			r.walk(child, in)
		}
	}
	return true
}

// argument reads names and SQL out of literals, lists and hashes.
func (r *reader) argument(q *query, n *syntax.Node, mayBeSQL bool) {
	if t, ok := textOf(n, r.src); ok {
		q.fragments = append(q.fragments, t)
		return
	}
	switch n.Kind {
	case "simple_symbol", "delimited_symbol", "hash_key_symbol", "symbol_array", "string_array":
		q.words = append(q.words, found.WordsOf(r.text(n))...)
	case "array":
		for i, child := range n.Children {
			if _, isText := textOf(child, r.src); i == 0 || !isText {
				r.argument(q, child, mayBeSQL && i == 0)
			}
		}
	case "hash":
		for _, child := range n.Children {
			r.argument(q, child, false)
		}
	case "pair":
		if s, ok := plainText(n.Child("key"), r.src); ok {
			q.words = append(q.words, found.WordsOf(s)...)
		}
		switch value := n.Child("value"); {
		case value.Is("array") && !q.lists:
			for _, child := range value.Children {
				if _, isText := textOf(child, r.src); !isText { // a text is a value
					r.argument(q, child, false)
				}
			}
		case value.Is("hash", "array", "simple_symbol"):
			r.argument(q, value, false)
		}
	case "integer", "float", "nil", "true", "false", "lambda", "block_argument", "comment", "hash_splat_argument":
	default:
		q.dynamic = q.dynamic || mayBeSQL
	}
}

// root tells what a chain of calls is about, if all of it stays at one table.
func (r *reader) root(n *syntax.Node, in *class) string {
	for n.Is("call") {
		if !slices.Contains(sameRelation, r.text(n.Child("method"))) {
			return ""
		}
		n = n.Child("receiver")
	}
	switch {
	case n == nil || n.Is("self"):
		if in != nil && !in.module {
			return "self"
		}
	case n.Is("constant", "scope_resolution"):
		return r.text(n)
	}
	return ""
}
