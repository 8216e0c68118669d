package ddl

import "strings"

// Name is the name of a schema object after PostgreSQL's folding, unquoting and
// truncation. Schema is empty when the text gave none. A database prefix
// (db.schema.table), which PostgreSQL only accepts if it is the current
// database, is dropped.
type Name struct {
	Schema string `json:"schema,omitempty"`
	Name   string `json:"name"`
}

// String gives the name as SQL, quoted where PostgreSQL needs it.
func (n Name) String() string {
	if n.Schema == "" {
		return Quote(n.Name)
	}
	return Quote(n.Schema) + "." + Quote(n.Name)
}

// Quote gives an identifier as SQL. Like the server's quote_ident it leaves
// alone what is lower case ASCII and no key word; unreserved key words, which
// may stand bare, stay bare.
func Quote(ident string) string {
	if isBareIdent(ident) && !quotedKeywords[ident] {
		return ident
	}
	return `"` + strings.ReplaceAll(ident, `"`, `""`) + `"`
}

func isBareIdent(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c == '_':
		case i > 0 && c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return s != ""
}
