package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

// grant reads GRANT and REVOKE of privileges on objects, one change for each
// object. Default privileges have no object and are left to OtherSchema.
func (b *builder) grant(s *pg.GrantStmt) {
	privileges, columns := privilegesOf(s.GetPrivileges())
	kind := kindOf(s.GetObjtype())
	for _, n := range s.GetObjects() {
		g := Grant{Object: objectName(n), Kind: kind, Privileges: privileges,
			Columns: columns, Roles: roleNames(s.GetGrantees()),
			InSchema: s.GetTargtype() == pg.GrantTargetType_ACL_TARGET_ALL_IN_SCHEMA}
		if s.GetIsGrant() {
			b.add(g)
			continue
		}
		b.add(Revoke{Object: g.Object, Kind: kind, InSchema: g.InSchema,
			Privileges: privileges, Columns: columns, Roles: g.Roles,
			GrantOptionOnly: s.GetGrantOption(), Cascade: isCascade(s.GetBehavior())})
	}
}

func privilegesOf(nodes []*pg.Node) (privileges, columns []string) {
	for _, n := range nodes {
		p := n.GetAccessPriv()
		if p.GetPrivName() != "" {
			privileges = append(privileges, p.GetPrivName())
		}
		columns = append(columns, stringsOf(p.GetCols())...)
	}
	return privileges, columns
}
