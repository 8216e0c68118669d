package python

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// sent is a call that sends SQL which is no text.
type sent struct {
	at contract.Evidence
	// built says that what is sent was built of calls, as select(User), and
	// builder that the call is one of a library that has such.
	built, builder bool
}

// Calls that take SQL, and those of them that only libraries have which build it.
var (
	rawMethods = []string{"execute", "executemany", "raw", "RawSQL", "extra", "executescript", "copy_expert", "fetch", "fetchrow", "fetchval", "mogrify",
		"read_sql", "read_sql_query", "exec_driver_sql", "execute_sql",
		"fetch_all", "fetch_one", "fetch_val", "execute_values", "execute_batch"}
	builderMethods = []string{"scalar", "scalars", "stream", "stream_scalars", "text", "literal_column", "column", "from_statement", "to_sql"}
	// builders are the functions and methods whose value is a statement with
	// the names of columns in it that the models or tables have.
	builders = []string{"select", "insert", "update", "delete", "union", "union_all", "intersect", "except_", "exists", "text"}
)

// call notes SQL that is given in a variable.
func (r *reader) call(n *syntax.Node) {
	function, arguments := n.Child("function"), n.Child("arguments")
	name := r.Text(function)
	if function.Is("attribute") {
		name = r.Text(function.Child("attribute"))
	}
	if r.called != nil {
		r.called[function] = true
	}
	r.upsert(n, name, arguments)
	builder := slices.Contains(builderMethods, name)
	if !builder && !slices.Contains(rawMethods, name) || arguments == nil || len(arguments.Children) == 0 {
		return
	}
	first := arguments.Children[0]
	if (name == "execute_values" || name == "execute_batch") && len(arguments.Children) > 1 {
		first = arguments.Children[1] // behind the cursor
	}
	if first.Is("keyword_argument") {
		first = first.Child("value")
	}
	if name != "extra" && name != "to_sql" {
		if r.isText(first, nil) {
			return
		}
	}
	r.dynamic = append(r.dynamic, sent{at: r.At(n), built: r.isBuilt(first, nil), builder: builder})
}

// scope is what a function sets its names to; nil stands for what cannot be
// told, as a parameter.
type scope map[string][]*syntax.Node

func scopeOf(function *syntax.Node, src []byte) scope {
	s := make(scope)
	set := func(target, value *syntax.Node) {
		if target.Is("identifier") {
			s[target.Text(src)] = append(s[target.Text(src)], value)
			return
		}
		target.Walk(func(n *syntax.Node) bool {
			if n.Is("identifier") {
				s[n.Text(src)] = append(s[n.Text(src)], nil)
			}
			return true
		})
	}
	set(function.Child("parameters"), nil)
	for _, child := range function.Children {
		child.Walk(func(n *syntax.Node) bool {
			switch n.Kind {
			case "function_definition", "class_definition":
				set(n.Child("name"), nil)
				return false
			case "lambda":
				return false
			case "assignment", "augmented_assignment", "for_statement", "for_in_clause":
				value := n.Child("right")
				if !n.Is("assignment") {
					value = nil
				}
				if left := n.Child("left"); left.Is("identifier", "pattern_list", "tuple_pattern", "list_pattern") {
					set(left, value)
				}
			case "named_expression":
				set(n.Child("name"), n.Child("value"))
			case "as_pattern_target", "global_statement", "nonlocal_statement":
				set(n, nil)
			}
			return true
		})
	}
	return s
}

// values are what a name was set to, ok that all of them are known.
func (r *reader) values(name string) (values []*syntax.Node, ok bool) {
	for i := len(r.scopes) - 1; i >= 0; i-- {
		if values, ok = r.scopes[i][name]; ok {
			return values, !slices.Contains(values, nil)
		}
	}
	return nil, false
}

// isText tells a name that only texts are given: they are read where they stand.
func (r *reader) isText(n *syntax.Node, seen []string) bool {
	if t, ok := TextOf(n, r.Src); ok {
		// What is only added to a text is read by nobody.
		return !strings.Contains(t, sqltext.Hole) || sqltext.Is(t)
	}
	return r.all(n, seen, r.isText)
}

// isBuilt tells a value that is a statement built of calls, or a text.
func (r *reader) isBuilt(n *syntax.Node, seen []string) bool {
	if _, ok := TextOf(n, r.Src); ok {
		return r.isText(n, seen)
	}
	if n.Is("call") {
		function := n.Child("function")
		if function.Is("identifier") {
			return slices.Contains(builders, r.original(r.Text(function)))
		}
		if !function.Is("attribute") {
			return false
		}
		// select(User).where(…): what it begins with tells. Other libraries'
		// methods of such names are given texts.
		method, arguments := r.Text(function.Child("attribute")), n.Child("arguments")
		if slices.Contains(builders, method) {
			return method == "text" || arguments == nil || !slices.ContainsFunc(arguments.Children, func(n *syntax.Node) bool { _, ok := TextOf(n, r.Src); return ok })
		}
		return goesOn[method] && r.isBuilt(function.Child("object"), seen)
	}
	return r.all(n, seen, r.isBuilt)
}

// original is what SQLAlchemy calls a function that is imported by another name, as
// insert as pg_insert.
func (r *reader) original(name string) string {
	if full := r.Imports[name]; strings.HasPrefix(full, "sqlalchemy.") {
		return full[strings.LastIndex(full, ".")+1:]
	}
	return name
}

// goesOn are the methods of statements that give statements. From sqlalchemy.sql
// of 1.4 and 2.0.
var goesOn = func() map[string]bool {
	set := make(map[string]bool)
	for _, name := range strings.Fields(`where filter filter_by join outerjoin join_from outerjoin_from order_by group_by having limit offset fetch slice distinct
		with_for_update options values ordered_values returning return_defaults on_conflict_do_nothing on_conflict_do_update on_duplicate_key_update
		select_from correlate correlate_except execution_options params bindparams columns subquery alias cte add_cte lateral scalar_subquery label
		with_only_columns add_columns reduce_columns prefix_with suffix_with with_hint with_statement_hint from_select from_statement union union_all intersect except_ exists`) {
		set[name] = true
	}
	return set
}()

// all asks about everything that an expression may mean.
func (r *reader) all(n *syntax.Node, seen []string, is func(*syntax.Node, []string) bool) bool {
	switch {
	case n.Is("parenthesized_expression", "await") && len(n.Children) == 1:
		return is(n.Children[0], seen)
	case n.Is("conditional_expression") && len(n.Children) == 3:
		return is(n.Children[0], seen) && is(n.Children[2], seen)
	case n.Is("identifier"):
		name := r.Text(n)
		if slices.Contains(seen, name) {
			return true // stmt = stmt.where(…): the others tell
		}
		values, ok := r.values(name)
		if !ok {
			return false
		}
		for _, value := range values {
			if !is(value, append(seen, name)) {
				return false
			}
		}
		return true
	}
	return false
}
