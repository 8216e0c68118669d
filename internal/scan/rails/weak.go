package rails

import (
	"bytes"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

var (
	classHeader = found.Expression(`(?m)^[ \t]*class\s+([A-Z][\w:]*)\s*<\s*([A-Z:][\w:]*)`)
	tableLine   = found.Expression(`(?m)^[ \t]*self\.table_name\s*=\s*["':](\w+)`)
)

// headers reads lines of a file that the grammar did not understand: it drops
// a whole class where one end is missing. No column is taken for ignored here.
func (r *reader) headers() {
	for _, m := range classHeader().FindAllSubmatchIndex(r.src, -1) {
		name, super := string(r.src[m[2]:m[3]]), string(r.src[m[4]:m[5]])
		if slices.ContainsFunc(r.file.classes, func(c *class) bool { return strings.HasSuffix(c.name, name) && c.super == super }) {
			continue
		}
		c := &class{name: name, super: super, said: &said{macros: 1},
			at: contract.Evidence{File: r.file.path, Line: 1 + bytes.Count(r.src[:m[2]], []byte("\n")), Text: strings.TrimSpace(string(r.src[m[0]:m[1]]))}}
		if t := tableLine().FindSubmatch(r.src[m[1]:]); t != nil {
			c.tables = append(c.tables, tableName{text{s: string(t[1])}, true})
		}
		r.file.classes = append(r.file.classes, c)
	}
}
