package shim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// ViewAnew is the SQL that makes a view that is gone as it was, but for rights: whose
// default privileges the new one has is not known before it is there.
func ViewAnew(v catalog.ViewSource) []string {
	name := ddl.Name{Schema: v.Schema, Name: v.Name}.String()
	with := ""
	if v.Options != "" {
		with = " WITH (" + v.Options + ")"
	}
	sql := []string{fmt.Sprintf("CREATE VIEW %s%s AS %s", name, with, strings.TrimSuffix(strings.TrimSpace(v.Definition), ";"))}
	comment := func(on string, text *string) {
		if text != nil {
			sql = append(sql, fmt.Sprintf("COMMENT ON %s IS %s", on, ddl.Literal(*text)))
		}
	}
	comment("VIEW "+name, v.Comment)
	for _, c := range v.Columns {
		if c.Default != nil {
			sql = append(sql, fmt.Sprintf("ALTER VIEW %s ALTER COLUMN %s SET DEFAULT %s", name, ddl.Quote(c.Name), *c.Default))
		}
		comment("COLUMN "+name+"."+ddl.Quote(c.Name), c.Comment)
	}
	for _, p := range v.Parts {
		sql = append(sql, strings.TrimSuffix(p.Definition, ";"))
		comment(fmt.Sprintf("%s %s ON %s", p.Kind, ddl.Quote(p.Name), name), p.Comment)
	}
	if v.Owner != v.Role {
		sql = append(sql, fmt.Sprintf("ALTER VIEW %s OWNER TO %s", name, ddl.Quote(v.Owner)))
	}
	return sql
}

// ViewRights is the SQL that gives a view made anew the rights of the one that was, and
// no others: default privileges are taken back first. is has no rights on columns yet.
func ViewRights(was, is catalog.ViewSource) (sql []string) {
	on := ddl.Name{Schema: was.Schema, Name: was.Name}
	if !slices.Equal(was.Grants, is.Grants) {
		var revoked []string
		for _, g := range is.Grants {
			if role := grantee(g.Grantee); !slices.Contains(revoked, role) {
				revoked = append(revoked, role)
				sql = append(sql, fmt.Sprintf("REVOKE ALL ON %s FROM %s", on, role))
			}
		}
		for _, g := range was.Grants {
			sql = append(sql, grant(g, "", on))
		}
	}
	for _, c := range was.Columns {
		for _, g := range c.Grants {
			sql = append(sql, grant(g, " ("+ddl.Quote(c.Name)+")", on))
		}
	}
	return sql
}
