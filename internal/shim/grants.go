package shim

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// grants gives what takes a relation's name the relation's privileges and no
// others: what ALTER DEFAULT PRIVILEGES brought is taken back first. That may have
// been the owner's own too, which an entry for all schemas holds.
func grants(r catalog.Relation, on ddl.Name) []string {
	revoke := slices.DeleteFunc(slices.Clone(r.NewGrantees), func(role string) bool {
		return role == r.Owner || role == r.Role
	})
	if !r.DefaultGrants {
		revoke = append(revoke, r.Owner)
	}
	var sql []string
	for _, role := range revoke {
		sql = append(sql, fmt.Sprintf("REVOKE ALL ON %s FROM %s", on, grantee(role)))
	}
	if r.DefaultGrants && len(r.NewGrantees) > 0 {
		sql = append(sql, fmt.Sprintf("GRANT ALL ON %s TO %s", on, grantee(r.Owner)))
	}
	for _, g := range r.Grants {
		sql = append(sql, grant(g, "", on))
	}
	for _, c := range r.Columns {
		for _, g := range c.Grants {
			sql = append(sql, grant(g, " ("+ddl.Quote(c.Name)+")", on))
		}
	}
	return sql
}

func grant(g catalog.Grant, columns string, on ddl.Name) string {
	s := fmt.Sprintf("GRANT %s%s ON %s TO %s", g.Privilege, columns, on, grantee(g.Grantee))
	if g.Grantable {
		s += " WITH GRANT OPTION"
	}
	return s
}

func grantee(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return ddl.Quote(role)
}
