package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

const drizzlePackage = "drizzle-orm"

// builders make one column of their first text's name, or of the property's. From
// drizzle-orm/pg-core/columns, 0.45.
var builders = strings.Fields("bigint bigserial boolean char cidr date doublePrecision inet integer interval json jsonb line macaddr macaddr8 numeric decimal point real serial smallint smallserial text time timestamp uuid varchar bit halfvec sparsevec vector geometry")

// drizzle notes the tables that are made by pgTable, by a schema's table and by
// functions of pgTableCreator, and views. Drizzle names each column of a table in
// what it sends, so a table uses those it has and no others.
func (p *project) drizzle() {
	tables := 0
	for _, f := range p.files {
		for _, call := range f.calls {
			tables += p.drizzleTable(f, call)
		}
	}
	if at, used := p.used(drizzlePackage); used && tables == 0 {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "Drizzle is used, and no table of it was found", At: at})
	}
}

// drizzleTable notes the table that a call makes, and counts it.
func (p *project) drizzleTable(f *File, n *syntax.Node) int {
	function, arguments := bare(n.Child("function")), n.Child("arguments")
	if len(arguments.Children) == 0 {
		return 0
	}
	prefix, suffix, schema, known := "", "", "", true
	name := f.callee(n, drizzlePackage)
	switch {
	case slices.Contains([]string{"pgTable", "pgView", "pgMaterializedView"}, name):
	case function.Is("member_expression") && slices.Contains([]string{"table", "view", "materializedView"}, name):
		of, ok := p.lookup(f, f.text(function.Child("object")))
		isSchema := ok && of.node.Is("call_expression") && of.file.callee(of.node, drizzlePackage) == "pgSchema"
		if !isSchema && (ok || len(arguments.Children) < 2 || f.databases[drizzlePackage+"/pg-core"].File == "") {
			return 0
		}
		if isSchema {
			schema, known = p.string(of.file, of.node.Child("arguments").Children[0])
		}
	case function.Is("identifier"):
		of, ok := p.lookup(f, f.text(function))
		if !ok || !of.node.Is("call_expression") || of.file.callee(of.node, drizzlePackage) != "pgTableCreator" {
			return 0
		}
		prefix, suffix, known = creator(of)
	default:
		return 0
	}
	table, isText := p.string(f, arguments.Children[0])
	m := model{by: f.names[n], at: f.at(n), node: n, name: contract.Name{Schema: schema, Name: prefix + table + suffix}}
	if m.by == "" {
		m.by = table
	}
	if !known || !isText {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "a table of Drizzle has a name that is computed", At: m.at})
		p.unsure[drizzlePackage] = true
		return 1
	}
	if len(arguments.Children) < 2 {
		m.all = true
	} else if columns, ok := p.object(f, arguments.Children[1]); ok {
		p.drizzleColumns(columns, &m, 0)
	} else {
		m.why = "columns that are computed"
	}
	m.note(p, drizzlePackage)
	return 1
}

// creator is what pgTableCreator((name) => `before${name}after`) puts around a
// name.
func creator(v value) (before, after string, ok bool) {
	arguments := v.node.Child("arguments")
	if len(arguments.Children) != 1 || !arguments.Children[0].Is("arrow_function") {
		return "", "", false
	}
	body := bare(arguments.Children[0].Child("body"))
	if body.Is("identifier") {
		return "", "", true
	}
	text, ok := textOf(body, v.file.src)
	if !ok || strings.Count(text, sqltext.Hole) != 1 || strings.Contains(v.file.text(body), "?") || strings.Contains(v.file.text(body), "(") {
		return "", "", false
	}
	before, after, _ = strings.Cut(text, sqltext.Hole)
	return before, after, true
}

// drizzleColumns reads an object of columns.
func (p *project) drizzleColumns(v value, m *model, depth int) {
	for _, child := range v.node.Children {
		switch child.Kind {
		case "comment":
		case "pair":
			p.drizzleColumn(v.file, child.Child("key"), child.Child("value"), m)
		case "shorthand_property_identifier":
			if made, ok := p.lookup(v.file, v.file.text(child)); ok {
				p.drizzleColumn(made.file, child, made.node, m)
			} else {
				m.why = "a column that is made elsewhere: " + v.file.text(child)
			}
		case "spread_element":
			of, ok := value{}, false
			if len(child.Children) == 1 {
				of, ok = p.object(v.file, child.Children[0])
			}
			if !ok || depth > 20 || !m.step() {
				m.why = "columns that are put in: " + v.file.text(child)
				continue
			}
			p.drizzleColumns(of, m, depth+1)
		default:
			m.why = "a column that is computed: " + v.file.text(child)
		}
	}
}

// drizzleColumn reads one column: serial("id").primaryKey().
func (p *project) drizzleColumn(f *File, key, n *syntax.Node, m *model) {
	if n = bare(n); !m.step() {
		return
	}
	for n.Is("call_expression") {
		object := bare(bare(n.Child("function")).Child("object"))
		if !object.Is("call_expression") {
			break
		}
		n = object
	}
	if !n.Is("call_expression") {
		if n.Is("identifier") {
			if made, ok := p.lookup(f, f.text(n)); ok && made.node.Is("call_expression") {
				p.drizzleColumn(made.file, key, made.node, m)
				return
			}
		}
		m.why = "a column that is made elsewhere: " + f.text(n)
		return
	}
	name := f.callee(n, drizzlePackage)
	if !slices.Contains(builders, name) && !p.makesColumn(f, name) {
		m.why = "a column of a kind that is not known: " + name
	}
	arguments := n.Child("arguments").Children
	if len(arguments) > 0 {
		if column, ok := p.string(f, arguments[0]); ok {
			m.columns = append(m.columns, column)
			m.property(f.key(key), column)
			return
		}
		if !bare(arguments[0]).Is("object") {
			m.why = "a column whose name is computed"
			return
		}
	}
	if key.Is("computed_property_name") {
		m.why = "a column whose name is computed"
		return
	}
	property := f.key(key)
	if snake := drizzleSnake(property); p.settings["casing"] && snake != property {
		m.maybe = append(m.maybe, property, snake)
		m.property(property, "")
		return
	}
	m.columns = append(m.columns, property)
	m.property(property, property)
}

// makesColumn tells the makers of a column by name: pgEnum and customType.
func (p *project) makesColumn(f *File, name string) bool {
	of, ok := p.lookup(f, name)
	return ok && of.node.Is("call_expression") && (slices.Contains([]string{"pgEnum", "customType"}, of.file.callee(of.node, drizzlePackage)) ||
		strings.HasSuffix(of.file.callee(of.node, drizzlePackage), ".enum"))
}

var drizzleWord = found.Expression(`[A-Z]*[\da-z]+|[A-Z]+`)

// drizzleSnake is a property's name in the casing snake_case of drizzle-orm. Its
// expression looks ahead: a capital before a small letter begins a word.
func drizzleSnake(name string) string {
	var words []string
	for _, w := range drizzleWord().FindAllString(name, -1) {
		capitals := len(w) - len(strings.TrimLeft(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		if capitals > 1 && capitals < len(w) {
			words = append(words, w[:capitals-1])
			w = w[capitals-1:]
		}
		words = append(words, strings.ToLower(w))
	}
	for i := range words {
		words[i] = strings.ToLower(words[i])
	}
	return strings.Join(words, "_")
}
