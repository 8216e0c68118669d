package ddl

import "strings"

// Literal writes a text constant that means the same whatever
// standard_conforming_strings is.
func Literal(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.Contains(s, `\`) {
		return " E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
	}
	return "'" + s + "'"
}

// IsNull tells a default that is none: nothing, or NULL, with a cast or not.
func IsNull(expression string) bool {
	return expression == "" || expression == "NULL" || strings.HasPrefix(expression, "NULL::")
}
