package javascript

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// schema is what a file of Prisma's schema language says. The format is line by
// line: blocks of fields, with attributes behind them.
type schema struct {
	models []*prismaModel
	// enums are names of types that are columns, with enums'.
	enums map[string]bool
	// provider is the kind of database, empty where it is not told.
	provider string
	broken   string
	line     int // where
}

// prismaModel is a model or a view: the client reads both.
type prismaModel struct {
	name, table, schema string
	at                  contract.Evidence
	ignored             bool
	fields              []prismaField
}

// prismaField is a field of a model.
type prismaField struct {
	name, kind, column, relation string
	list, ignored                bool
	owns                         bool // a relation with fields: of this model's own columns
}

// scalars are the types with a column. From Prisma's schema reference.
var scalars = map[string]bool{"String": true, "Boolean": true, "Int": true, "BigInt": true, "Float": true, "Decimal": true, "DateTime": true, "Json": true, "Bytes": true, "Unsupported": true}

var (
	blockStart = found.Expression(`^(model|view|enum|type|datasource|generator)\s+(\w+)\s*\{$`)
	fieldLine  = found.Expression(`^(\w+)\s+(\w+)(\([^)]*\))?(\[\])?([?!])?(?:\s+(.*))?$`)
	mapped     = found.Expression(`@map\(\s*(?:name:\s*)?"((?:[^"\\]|\\.)*)"\s*\)`)
	inSchema   = found.Expression(`@schema\(\s*(?:name:\s*)?"((?:[^"\\]|\\.)*)"\s*\)`)
	relation   = found.Expression(`@relation\(\s*"([^"]*)"`)
	provider   = found.Expression(`^provider\s*=\s*"(\w+)"$`)
)

// readSchema reads a file. What is not of the format makes it broken, as then
// nothing is known for certain.
func readSchema(at, src string) *schema {
	s := &schema{enums: make(map[string]bool)}
	var in string
	var model *prismaModel
	for _, l := range logicalLines(src) {
		switch start := blockStart().FindStringSubmatch(l.text); {
		case start != nil && in == "":
			in = start[1]
			model = nil
			switch in {
			case "model", "view":
				model = &prismaModel{name: start[2], table: start[2], at: contract.Evidence{File: at, Line: l.line, Text: strings.TrimSuffix(l.text, "{")}}
				s.models = append(s.models, model)
			case "enum", "type":
				s.enums[start[2]] = true
			}
		case l.text == "}" && in != "":
			in = ""
		case in == "":
			s.fail(l)
		case in == "datasource":
			if of := provider().FindStringSubmatch(l.text); of != nil {
				s.provider = of[1]
			}
		case model != nil && !model.line(l.text):
			s.fail(l)
		}
	}
	if in != "" {
		s.fail(prismaLine{"the end of a block is missing", 1})
	}
	return s
}

func (s *schema) fail(l prismaLine) {
	if s.broken == "" {
		s.broken, s.line = "Prisma's schema was not understood: "+l.text, l.line
	}
}

// line reads a field or an attribute of a model.
func (m *prismaModel) line(text string) bool {
	if rest, ok := strings.CutPrefix(text, "@@"); ok {
		name := mapped().FindStringSubmatch("@" + rest)
		of := inSchema().FindStringSubmatch("@" + rest)
		switch {
		case rest == "ignore":
			m.ignored = true
		case strings.HasPrefix(rest, "map") && name != nil:
			m.table = name[1]
		case strings.HasPrefix(rest, "schema") && of != nil:
			m.schema = of[1]
		case strings.HasPrefix(rest, "map(") || strings.HasPrefix(rest, "schema("):
			return false
		}
		return true
	}
	parts := fieldLine().FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	attributes := parts[6]
	f := prismaField{name: parts[1], kind: parts[2], column: parts[1], list: parts[4] != "", ignored: hasAttribute(attributes, "@ignore")}
	if strings.Contains(attributes, "@map(") {
		name := mapped().FindStringSubmatch(attributes)
		if name == nil {
			return false
		}
		f.column = name[1]
	}
	if strings.Contains(attributes, "@relation") {
		if of := relation().FindStringSubmatch(attributes); of != nil {
			f.relation = of[1]
		}
		if _, after, found := strings.Cut(attributes, "name:"); found && f.relation == "" {
			after = strings.TrimSpace(after)
			if strings.HasPrefix(after, `"`) {
				f.relation, _, _ = strings.Cut(after[1:], `"`)
			}
		}
		f.owns = strings.Contains(attributes, "fields:")
	}
	m.fields = append(m.fields, f)
	return true
}

func hasAttribute(attributes, name string) bool {
	for _, word := range strings.Fields(attributes) {
		if word == name {
			return true
		}
	}
	return false
}

type prismaLine struct {
	text string
	line int
}

// logicalLines are the lines of a text without comments, those inside of brackets
// joined. A block that opens or ends on a line with others gets lines of its own.
func logicalLines(src string) []prismaLine {
	var lines []prismaLine
	var b strings.Builder
	depth, line, start := 0, 1, 1
	flush := func() {
		if t := strings.TrimSpace(b.String()); t != "" {
			lines = append(lines, prismaLine{t, start})
		}
		b.Reset()
		start = line
	}
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			end := i + 1
			for end < len(src) && src[end] != '"' && src[end] != '\n' {
				if src[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(src)-1)
			b.WriteString(src[i : end+1])
			i = end
			if src[end] == '\n' {
				line++
			}
		case strings.HasPrefix(src[i:], "//"):
			for i+1 < len(src) && src[i+1] != '\n' {
				i++
			}
		case strings.HasPrefix(src[i:], "/*"):
			end := strings.Index(src[i:], "*/")
			if end < 0 {
				end = len(src) - i - 2
			}
			line += strings.Count(src[i:i+end], "\n")
			i += end + 1
		case c == '(' || c == '[':
			depth++
			b.WriteByte(c)
		case c == ')' || c == ']':
			depth = max(0, depth-1)
			b.WriteByte(c)
		case c == '\n':
			line++
			if depth > 0 {
				b.WriteByte(' ')
				continue
			}
			flush()
			start = line
		case c == '{' && depth == 0:
			b.WriteByte(c)
			flush()
		case c == '}' && depth == 0:
			flush()
			b.WriteByte(c)
			flush()
		default:
			if strings.TrimSpace(b.String()) == "" {
				start = line
			}
			b.WriteByte(c)
		}
	}
	flush()
	return lines
}
