package laravel

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// query is what the calls of one expression say:
// User::where('id', 1)->update(['name' => 'x']).
type query struct {
	at contract.Evidence
	// class is the model that it begins with, in full; tables are those it names, with
	// what it calls them.
	class   string
	tables  []contract.Name
	aliases map[string]contract.Name

	reads, updates, inserts []string
	adds                    bool
	// lists says that it says what it reads, or reads nothing.
	lists    bool
	onTable  string
	arbiters []contract.Arbiter
	// leads says that a call may lead to another table: to a relation's.
	leads bool
}

var (
	tableName  = found.Expression(`(?i)^\s*(?:(\w+)\.)?(\w+)(?:\s+(?:as\s+)?(\w+))?\s*$`)
	columnName = found.Expression(`(?i)^\s*(?:(?:\w+\.)?(\w+)\.)?(\w+|\*)(?:->.*|\s+as\s+\w+)?\s*$`)
)

// The methods of the query builder, by what they take.
var (
	tableMethods = strings.Fields("table from join leftJoin rightJoin crossJoin joinWhere leftJoinWhere")
	// firstReads name a column, allReads only columns.
	firstReads = strings.Fields(`where orWhere whereNot orWhereNot whereIn orWhereIn whereNotIn whereNull orWhereNull whereNotNull whereBetween whereNotBetween
		whereDate whereMonth whereYear whereDay whereTime whereJsonContains whereLike orderBy orderByDesc latest oldest having firstWhere value sum avg min max`)
	allReads = strings.Fields("select addSelect get first pluck groupBy whereColumn orWhereColumn count")
	// writes take what is written, of those rows are added by.
	writes = strings.Fields("update increment decrement upsert insert insertGetId insertOrIgnore create forceCreate firstOrCreate updateOrCreate createOrFirst updateOrInsert firstOrNew")
	adders = writes[3:]
	// listing methods read no other columns than those named.
	listing = slices.Concat(writes, strings.Fields("select pluck value count exists doesntExist sum avg min max delete truncate forceDelete"))
	// rawMethods take a part of a statement, statements a whole one.
	rawMethods = strings.Fields("raw whereRaw orWhereRaw havingRaw orHavingRaw orderByRaw groupByRaw selectRaw fromRaw")
	statements = strings.Fields("statement affectingStatement unprepared selectOne selectFromWriteConnection selectResultSets scalar exec prepare")
	facade     = strings.Fields("select insert update delete cursor")
)

// isDatabase tells the facade, and what it stands for.
func isDatabase(full string) bool {
	return full == "DB" || full == `Illuminate\Support\Facades\DB` || full == `Illuminate\Database\Capsule\Manager`
}

// chain reads an expression from its outermost call. Those inside are not read again.
func (r *reader) chain(n *syntax.Node) {
	if r.done[n] {
		return
	}
	var calls []*syntax.Node
	at := n
	for at.Is("member_call_expression", "nullsafe_member_call_expression") {
		calls = append(calls, at)
		r.done[at] = true
		at = at.Child("object")
		for at.Is("parenthesized_expression") && len(at.Children) == 1 {
			at = at.Children[0]
		}
	}
	q := &query{at: r.at(n), aliases: make(map[string]contract.Name)}
	database := false
	switch {
	case at.Is("scoped_call_expression"):
		calls = append(calls, at)
		r.done[at] = true
		scope := at.Child("scope")
		if q.class = r.file.full(r.text(scope)); scope.Is("relative_scope") {
			q.class = ""
			if r.class != nil {
				q.class = r.class.full
			}
		}
		database = isDatabase(q.class)
	case at.Is("object_creation_expression") && len(at.Children) > 0 && at.Children[0].Is("name", "qualified_name"):
		q.class = r.file.full(r.text(at.Children[0]))
	}
	slices.Reverse(calls)
	q.at.Line = n.Line
	for i, call := range calls {
		name := r.text(call.Child("name"))
		// A builder takes columns by the names with which a connection takes SQL.
		if slices.Contains(facade, name) && (database && i <= 1 && len(q.tables) == 0 || q.class == "" && i == 0 && name != "update" && name != "insert") {
			r.statement(arguments(call), call)
			continue
		}
		q.leads = q.leads || name != "upsert" && !slices.Contains(sameTable, name)
		r.step(q, name, call)
	}
	if base(q.class) == "Schema" {
		r.schema(q, calls[0])
	}
	if q.class != "" || len(q.tables) > 0 || q.arbiters != nil {
		r.file.queries = append(r.file.queries, *q)
	}
}

// step notes what one call names.
func (r *reader) step(q *query, name string, call *syntax.Node) {
	given := arguments(call)
	q.lists = q.lists || slices.Contains(listing, name)
	switch {
	case slices.Contains(rawMethods, name):
		r.fragment(given, q, call)
	case slices.Contains(statements, name), name == "query" && len(given) > 0:
		r.statement(given, call)
	case name == "setTable" || name == "setTablePrefix":
		r.file.Blinds = append(r.file.Blinds, contract.Gap{Reach: contract.Anything, Why: "a model's table is set when the code runs", At: r.at(call)})
	case name == "resolveRelationUsing":
		// The key of a relation without a method is named for what is said here.
		r.file.Words = append(r.file.Words, sqltext.Hole+"_id", sqltext.Hole+"_type")
	case strings.HasPrefix(name, "replicate"):
		if r.class != nil && r.text(call.Child("object")) == "$this" {
			r.class.copies = true
		} else {
			r.file.copies = true
		}
	case slices.Contains(tableMethods, name):
		r.table(q, name, given, call)
	case slices.Contains(firstReads, name) && len(given) > 0:
		q.reads = append(q.reads, r.columns(given[0], true)...)
	case slices.Contains(allReads, name):
		for _, argument := range given {
			q.reads = append(q.reads, r.columns(argument, false)...)
		}
		q.lists = q.lists || len(given) > 0
	case slices.Contains(writes, name):
		if name == "upsert" {
			q.arbiters = append(q.arbiters, r.arbiter(call))
		}
		r.write(q, name, given)
	case name == "truncate":
		q.onTable = "TRUNCATE"
	}
}

// table notes the table that a call names.
func (r *reader) table(q *query, name string, given []*syntax.Node, call *syntax.Node) {
	join := strings.Contains(strings.ToLower(name), "join")
	if len(given) == 0 || join && len(given) == 1 {
		return // a collection's join
	}
	t, ok := literal(given[0], r.src)
	parts := tableName().FindStringSubmatch(t)
	switch {
	case !ok && !given[0].Is("anonymous_function", "arrow_function", "class_constant_access_expression", "array_creation_expression"):
		r.file.Dynamic = append(r.file.Dynamic, r.at(call))
	case ok && parts != nil:
		table := contract.Name{Schema: parts[1], Name: parts[2]}
		q.tables = append(q.tables, table)
		q.aliases[table.Name] = table
		if parts[3] != "" {
			q.aliases[parts[3]] = table
		}
	}
	if join {
		for _, argument := range given[1:] {
			q.reads = append(q.reads, r.columns(argument, false)...)
		}
	}
}

// write notes a call that writes rows.
func (r *reader) write(q *query, name string, given []*syntax.Node) {
	if len(given) == 0 {
		return
	}
	var names []string
	for i, argument := range given {
		if i == 0 || name != "upsert" && name != "increment" && name != "decrement" || i == 2 {
			names = append(names, r.columns(argument, i == 0)...)
		}
	}
	q.updates = append(q.updates, names...)
	if slices.Contains(adders, name) {
		q.adds = true
		q.inserts = append(q.inserts, names...)
	}
}

// columns are the names in an argument: a text, the keys of an array and of those in
// it; texts in it too, but where it holds conditions only their first.
func (r *reader) columns(n *syntax.Node, conditions bool) (names []string) {
	if t, ok := literal(n, r.src); ok {
		return columnOf(t)
	}
	list, _ := elements(n)
	for _, e := range list {
		inner, isArray := elements(e.value)
		switch {
		case e.key != nil:
			if t, ok := literal(e.key, r.src); ok {
				names = append(names, columnOf(t)...)
			}
		case isArray && conditions && len(inner) > 0 && inner[0].key == nil:
			names = append(names, r.columns(inner[0].value, false)...)
		case isArray || e.value.Is("string", "encapsed_string"):
			names = append(names, r.columns(e.value, conditions)...)
		}
	}
	return names
}

// columnOf is a text that names a column, with its table where it has one.
func columnOf(t string) []string {
	parts := columnName().FindStringSubmatch(t)
	if parts == nil || parts[2] == "*" && parts[1] == "" {
		return nil
	}
	if parts[1] != "" {
		return []string{parts[1] + "." + parts[2]}
	}
	return []string{parts[2]}
}

// schema notes a table that code changes when it runs.
func (r *reader) schema(q *query, call *syntax.Node) {
	given := arguments(call)
	q.class = ""
	if len(given) == 0 {
		return
	}
	if t, ok := literal(given[0], r.src); ok && tableName().MatchString(t) {
		q.tables, q.onTable = append(q.tables, contract.Name{Name: t}), "changes of the schema"
		return
	}
	r.file.Dynamic = append(r.file.Dynamic, r.at(call))
}
