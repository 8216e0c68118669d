package ecto

import (
	"maps"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// table is one that a query names without a schema.
type table struct {
	name           string
	at             contract.Evidence
	reads, inserts []string
	adds           bool
}

// note notes the table. Columns that are in variables may be any of which there is a
// word.
func (t table) note(to *found.Findings) {
	name := contract.Name{Name: t.name}
	to.Use(name, contract.Use{Origin: contract.SQL, At: t.at, Reads: contract.Named(t.reads...), Adds: t.adds, Inserts: contract.Named(t.inserts...)})
	to.Gap(contract.Gap{Reach: contract.Within, Relation: name, Why: "a query has it without a schema", At: t.at})
}

var (
	oneWord = found.Expression(`^\w+$`)
	// sends are functions that take SQL, of modules that are called like these or
	// are in a variable.
	sends   = strings.Fields("query query! query_many query_many! prepare prepare! prepare_execute prepare_execute! squery equery")
	senders = found.Expression(`(?i)(?:repo|sql|postgrex|epgsql|pgo|db|database)$`)
	// whole are functions of a repository, or of Ecto.Multi, that take a table's name.
	repositories = found.Expression(`(?:Repo|Multi)$`)
	whole        = strings.Fields("all one one! get get! get_by get_by! exists? aggregate stream insert_all update_all delete_all")
	// clauses are those of queries that a table's name is piped into.
	clauses = strings.Fields("from where or_where select select_merge join order_by group_by having limit offset distinct update lock preload subquery")
)

// query reads a call that may be part of a query; piped is what comes before it as
// its first argument.
func (r *reader) query(c call, piped *syntax.Node) {
	given := c.given
	if piped != nil {
		given = append([]*syntax.Node{piped}, given...)
	}
	r.bindings(c)
	switch {
	case c.of == nil && c.name == "fragment" && len(given) > 0:
		if t, ok := literal(given[0], r.src); ok && !sqltext.Is(t) {
			// \? is an operator with a question mark in it.
			r.file.fragments = append(r.file.fragments, sqltext.Literal{Text: strings.ReplaceAll(t, `\?`, "@>"), At: contract.Evidence{File: r.file.Path, Line: c.node.Line}})
		} else if !ok {
			r.file.Dynamic = append(r.file.Dynamic, r.at(c.node))
		}
	case c.of == nil && (c.name == "literal" || c.name == "identifier" || c.name == "unsafe_fragment") && len(given) == 1 && given[0].Is("unary_operator"):
		r.file.Dynamic = append(r.file.Dynamic, r.at(c.node))
	case slices.Contains(sends, c.name) && len(given) > 0 && r.sends(c):
		texts := slices.Clone(given[:min(3, len(given))])
		if strings.HasPrefix(c.name, "prepare") && len(texts) == 3 {
			texts = slices.Delete(texts, 1, 2) // a statement's name
		}
		if !slices.ContainsFunc(texts, func(n *syntax.Node) bool { return r.isText(n, 0) }) {
			r.file.Dynamic = append(r.file.Dynamic, r.at(c.node))
		}
	case c.of == nil && c.name == "from" && len(given) > 0:
		r.named(given[0], r.at(c.node), table{})
	case c.of.Is("alias") && slices.Contains(whole, c.name) && repositories().MatchString(r.full(r.text(c.of))):
		r.repository(c, given)
	case piped != nil && slices.Contains(clauses, c.name):
		r.named(piped, r.at(c.node), table{})
	}
	r.conflict(c)
}

// sends tells a call that takes SQL.
func (r *reader) sends(c call) bool {
	switch {
	case c.of == nil:
		return r.module != nil && slices.Contains(r.module.own.uses, "Ecto.Repo")
	case c.of.Is("alias", "atom"):
		return senders().MatchString(r.full(r.text(c.of)))
	}
	return true
}

// named notes the table that a text names.
func (r *reader) named(n *syntax.Node, at contract.Evidence, t table) {
	if name, ok := literal(n, r.src); ok && oneWord().MatchString(name) {
		t.name, t.at = name, at
		r.file.tables = append(r.file.tables, t)
	}
}

// repository reads Repo.insert_all("users", rows) and its like.
func (r *reader) repository(c call, given []*syntax.Node) {
	for i, argument := range given[:min(3, len(given))] {
		t := table{adds: c.name == "insert_all"}
		if t.adds && i+1 < len(given) {
			given[i+1].Walk(func(n *syntax.Node) bool {
				if n.Is("keyword") {
					t.inserts = append(t.inserts, strings.Trim(r.text(n), `": `))
				}
				return true
			})
		}
		r.named(argument, r.at(c.node), t)
	}
}

// bindings reads u in "users" of a query, with what it asks of u.
func (r *reader) bindings(c call) {
	for _, n := range slices.AppendSeq(slices.Clone(c.given), maps.Values(c.options)) {
		if !n.Is("binary_operator") || !n.Child("operator").Is("in") || !n.Child("left").Is("identifier") {
			continue
		}
		var t table
		binding := r.text(n.Child("left"))
		c.node.Walk(func(n *syntax.Node) bool {
			if n.Is("dot") && r.text(n.Child("left")) == binding {
				t.reads = append(t.reads, r.text(n.Child("right")))
			}
			return true
		})
		r.named(n.Child("right"), r.at(n), t)
	}
}

// pipe reads a call with what is piped into it.
func (r *reader) pipe(n *syntax.Node) {
	if c, ok := callOf(n.Child("right"), r.src); ok && n.Child("operator").Is("|>") {
		r.piped[c.node] = true
		r.query(c, n.Child("left"))
	}
}

// conflict reads the options on_conflict and conflict_target of a call.
func (r *reader) conflict(c call) {
	action, acts := c.options["on_conflict"]
	target, aimed := c.options["conflict_target"]
	if !acts && !aimed {
		return
	}
	r.aimed[action], r.aimed[target] = acts, aimed
	arbiters := []contract.Arbiter{{Any: true}}
	if !aimed {
		if name, ok := atomOf(action, r.src); ok && (name == "nothing" || name == "raise") {
			return
		}
	} else if columns, ok := r.columns(target); ok {
		arbiters = []contract.Arbiter{{Columns: columns}}
	} else if target.Is("tuple") && len(target.Children) == 2 {
		kind, _ := atomOf(target.Children[0], r.src)
		text, isText := literal(target.Children[1], r.src)
		name, isName := atomOf(target.Children[1], r.src)
		switch {
		case kind == "unsafe_fragment" && isText:
			r.file.fragments = append(r.file.fragments, sqltext.Literal{Text: "ON CONFLICT " + text + " DO NOTHING", At: r.at(c.node)})
			return
		case kind == "constraint" && isName:
			arbiters = []contract.Arbiter{{Name: name}}
		}
	}
	for _, a := range arbiters {
		r.upsert(c.node, a)
	}
}

func (r *reader) upsert(n *syntax.Node, a contract.Arbiter) {
	r.file.upserts = append(r.file.upserts, contract.Upsert{Arbiter: a, Why: "rows are inserted ON CONFLICT", At: r.at(n)})
}

// columns are those of a field or a list of them.
func (r *reader) columns(n *syntax.Node) (columns []string, ok bool) {
	list := []*syntax.Node{n}
	if n.Is("list") {
		list = n.Children
	}
	for _, element := range list {
		name, ok := atomOf(element, r.src)
		if !ok {
			return nil, false
		}
		columns = append(columns, name)
	}
	return columns, len(columns) > 0
}
