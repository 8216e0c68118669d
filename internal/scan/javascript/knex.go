package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// chain is what the calls of one expression of Knex's builder say:
// knex("users as u").where({ id }).select("u.name").
type chain struct {
	tables  []contract.Name
	aliases map[string]contract.Name
	at      contract.Evidence
	reads   []string
	updates []string
	inserts []string
	adds    bool
	lists   bool // it says what it reads, or reads nothing
	onTable string
	// computed says that a table's name is.
	computed bool
	// arbiters are what its ON CONFLICT needs.
	arbiters []contract.Arbiter
}

var (
	knexRoot   = found.Expression(`(?i)knex|^(?:db|trx|tx|transaction|conn|connection|database)$`)
	knexTable  = found.Expression(`(?i)^\s*(?:(\w+)\.)?(\w+)(?:\s+(?:as\s+)?(\w+))?\s*$`)
	knexColumn = found.Expression(`(?i)^\s*(?:(?:\w+\.)?(\w+)\.)?(\w+|\*)(?:\s+as\s+\w+)?\s*$`)
)

// The methods of Knex's builder by what they take.
var (
	knexTables = strings.Fields("from into table join innerJoin leftJoin leftOuterJoin rightJoin rightOuterJoin fullOuterJoin crossJoin batchInsert")
	knexLists  = strings.Fields("select columns column first pluck distinct count countDistinct min max sum avg")
	knexReads  = strings.Fields("where andWhere orWhere whereNot orWhereNot whereIn orWhereIn whereNotIn whereNull orWhereNull whereNotNull orWhereNotNull whereBetween whereNotBetween whereLike whereILike having orderBy groupBy returning onConflict increment decrement on")
)

// chain reads an expression from its outermost call. Those inside are not read again.
func (r *reader) chain(n *syntax.Node) {
	if r.chained[n] {
		return
	}
	var calls []*syntax.Node
	for at := n; at.Is("call_expression"); {
		calls = append(calls, at)
		r.chained[at] = true
		function := bare(at.Child("function"))
		if !function.Is("member_expression") {
			break
		}
		at = bare(function.Child("object"))
	}
	slices.Reverse(calls)
	c := chain{at: r.at(n), aliases: make(map[string]contract.Name)}
	c.at.Line = calls[0].Line
	builds := false
	for i, call := range calls {
		name := r.callee(call, "")
		if i == 0 && knexRoot().MatchString(name) || i == 0 && bare(call.Child("function")).Is("identifier") && len(calls) > 1 || slices.Contains(knexTables, name) {
			r.table(&c, call)
		}
		_, is := builderMethods[name]
		builds = builds || is || i == 0 && knexRoot().MatchString(name) || name == "del" || name == "delete"
		r.step(&c, name, call)
	}
	if builds && c.computed && (!c.lists || slices.ContainsFunc(c.reads, func(name string) bool { return strings.HasSuffix(name, "*") })) {
		r.builders = append(r.builders, built{at: c.at, unknown: true}) // it reads all of some table
	}
	if builds && len(c.tables) > 0 || c.arbiters != nil {
		r.chains = append(r.chains, c)
	}
}

// table notes the table that a call names.
func (r *reader) table(c *chain, call *syntax.Node) {
	arguments := call.Child("arguments")
	if arguments == nil || len(arguments.Children) == 0 {
		return
	}
	add := func(text, alias string) {
		parts := knexTable().FindStringSubmatch(text)
		if parts == nil {
			return
		}
		name := contract.Name{Schema: parts[1], Name: parts[2]}
		c.tables = append(c.tables, name)
		c.aliases[name.Name] = name
		for _, a := range []string{parts[3], alias} {
			if a != "" {
				c.aliases[a] = name
			}
		}
	}
	first := bare(arguments.Children[0])
	t, ok := r.literal(first)
	if ok {
		add(t, "")
	}
	c.computed = c.computed || !ok && !first.Is("object", "arrow_function", "function_expression")
	if first.Is("object") { // { alias: "table" }
		for _, child := range first.Children {
			if t, ok := r.literal(child.Child("value")); ok && child.Is("pair") {
				add(t, r.key(child.Child("key")))
			}
		}
	}
}

// step notes the columns that a call names.
func (r *reader) step(c *chain, name string, call *syntax.Node) {
	var words []string
	arguments := call.Child("arguments")
	if arguments == nil {
		return
	}
	if name == "onConflict" {
		c.arbiters = append(c.arbiters, r.arbiters(arguments)...)
	}
	take := func(n *syntax.Node) { words = append(words, r.columnNames(n)...) }
	switch {
	case slices.Contains(knexLists, name):
		for _, argument := range arguments.Children {
			take(argument)
		}
		c.lists = c.lists || len(words) > 0 || strings.HasPrefix(name, "count")
		c.reads = append(c.reads, words...)
	case slices.Contains(knexReads, name) || slices.Contains(knexTables, name) && strings.Contains(strings.ToLower(name), "join"):
		for i, argument := range arguments.Children {
			if i > 0 || !strings.Contains(strings.ToLower(name), "join") {
				take(argument)
			}
		}
		c.reads = append(c.reads, words...)
	case name == "insert" || name == "update" || name == "upsert" || name == "merge":
		for i, argument := range arguments.Children {
			if i == 0 {
				take(argument)
			} else {
				c.reads = append(c.reads, r.columnNames(argument)...) // returning
			}
		}
		c.lists = true
		if c.adds = c.adds || name != "update"; name == "insert" || name == "upsert" {
			c.inserts = append(c.inserts, words...)
		}
		if name != "insert" {
			c.updates = append(c.updates, words...)
		}
	case name == "del" || name == "delete":
		c.lists = true
	case name == "truncate":
		c.lists, c.onTable = true, "TRUNCATE"
	}
}

// columnNames are the names in an argument: texts, keys of objects, lists of both.
// Values are told from names by their place only, so a text counts as a name.
func (r *reader) columnNames(n *syntax.Node) (names []string) {
	n = bare(n)
	if t, ok := textOf(n, r.src); ok {
		if strings.Contains(t, sqltext.Hole) || !knexColumn().MatchString(t) {
			return nil
		}
		return []string{t}
	}
	switch {
	case n.Is("array"):
		for _, child := range n.Children {
			names = append(names, r.columnNames(child)...)
		}
	case n.Is("object"):
		for _, child := range n.Children {
			switch child.Kind {
			case "pair":
				names = append(names, r.key(child.Child("key")))
			case "shorthand_property_identifier":
				names = append(names, r.text(child))
			}
		}
	}
	return names
}

// knex notes what the builder's expressions use. No table is claimed by them: what
// else the code does with it, only the words of the source tell.
func (p *project) knex() {
	_, used := p.used("knex")
	for _, f := range p.files {
		for _, c := range f.chains {
			if !used || c.computed || len(c.tables) == 0 {
				p.chained(c)
			}
			if !used {
				continue
			}
			for _, table := range c.tables {
				use := contract.Use{Origin: contract.SQL, At: c.at, Adds: c.adds, Arbiters: c.arbiters, TextBigint: p.textBigint(), OnTable: c.onTable, // it prepares nothing
					Reads: c.of(table, c.reads), Updates: c.of(table, c.updates), Inserts: c.of(table, c.inserts)}
				if !c.lists {
					use.Reads = contract.Every()
				}
				p.to.Use(table, use)
			}
		}
	}
}

// of are the columns that some names mean in a table.
func (c *chain) of(table contract.Name, names []string) contract.Columns {
	var columns []string
	for _, name := range names {
		parts := knexColumn().FindStringSubmatch(name)
		if parts == nil || parts[1] != "" && c.aliases[parts[1]] != table {
			continue
		}
		if parts[2] == "*" {
			return contract.Every()
		}
		columns = append(columns, parts[2])
	}
	return contract.Named(columns...)
}
