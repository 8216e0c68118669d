package golang

import (
	"go/ast"
	"strings"

	"github.com/jinzhu/inflection"

	"github.com/migguard/migguard/internal/contract"
)

// naming is GORM's schema.NamingStrategy, as far as it is understood.
type naming struct {
	prefix   text
	singular bool
	computed bool
	at       contract.Evidence
}

// naming reads a NamingStrategy{TablePrefix: "app_", SingularTable: true}.
func (r *reader) naming(n *ast.CompositeLit) {
	f := &naming{prefix: plain(""), at: r.at(n)}
	for _, element := range n.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			f.computed = true
			continue
		}
		key, _ := pair.Key.(*ast.Ident)
		value, _ := pair.Value.(*ast.Ident)
		switch {
		case key != nil && key.Name == "TablePrefix":
			f.prefix = r.textOf(pair.Value, 0)
		case key != nil && key.Name == "SingularTable" && value != nil && (value.Name == "true" || value.Name == "false"):
			f.singular = value.Name == "true"
		case key != nil && key.Name == "IdentifierMaxLength":
		default:
			f.computed = true
		}
	}
	r.file.naming = f
}

// initialisms are those that GORM takes for one word. From gorm.io/gorm/schema
// (1.31).
var initialisms = func() *strings.Replacer {
	var pairs []string
	for _, word := range strings.Fields(`API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IP JSON LHS QPS RAM RHS RPC SLA SMTP SSH TLS TTL UID UI UUID
		URI URL UTF8 VM XML XSRF XSS`) {
		pairs = append(pairs, word, word[:1]+strings.ToLower(word[1:]))
	}
	return strings.NewReplacer(pairs...)
}()

// snake is the name that GORM makes of one in Go, as its toDBName does.
func snake(name string) string {
	if name == "" {
		return ""
	}
	value := initialisms.Replace(name)
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	var b strings.Builder
	last, current := false, upper(value[0])
	for i := range len(value) - 1 {
		next, number := upper(value[i+1]), value[i+1] >= '0' && value[i+1] <= '9'
		switch {
		case !current:
			b.WriteByte(value[i])
		case last && (next || number):
			b.WriteByte(value[i] + 'a' - 'A')
		default:
			if i > 0 && value[i-1] != '_' && value[i+1] != '_' {
				b.WriteByte('_')
			}
			b.WriteByte(value[i] + 'a' - 'A')
		}
		last, current = current, next
	}
	end := value[len(value)-1]
	if current {
		if !last && len(value) > 1 {
			b.WriteByte('_')
		}
		end += 'a' - 'A'
	}
	b.WriteByte(end)
	return b.String()
}

// table is the name of a struct's table.
func (n *naming) table(prefix, name string) string {
	if n != nil && n.singular {
		return prefix + snake(name)
	}
	return prefix + inflection.Plural(snake(name))
}

// join is the name of the table that many2many names.
func (n *naming) join(prefix, name string) string {
	if strings.ToLower(name) == name {
		return prefix + name
	}
	return n.table(prefix, name)
}
