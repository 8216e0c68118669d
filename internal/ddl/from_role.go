package ddl

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// alterRole reads ALTER ROLE. ALTER GROUP ... DROP USER is the same statement, and a REVOKE; ADD
// USER is left to OtherSchema.
func (b *builder) alterRole(s *pg.AlterRoleStmt) {
	options := s.GetOptions()
	if members := option(options, "rolemembers"); members != nil {
		if s.GetAction() < 0 {
			for _, from := range members.GetArg().GetList().GetItems() {
				b.add(RevokeRole{Role: roleName(s.GetRole()), From: roleName(from.GetRoleSpec())})
			}
		}
		return
	}
	c := AlterRole{Role: roleName(s.GetRole()), Password: option(options, "password") != nil,
		Limit: numberOf(option(options, "connectionlimit"))}
	if login := option(options, "canlogin"); login != nil {
		c.Login = new(isOn(login))
	}
	if until := option(options, "validUntil"); until != nil {
		c.ValidUntil = new(until.GetArg().GetString_().GetSval())
	}
	b.add(c)
}

func (b *builder) alterDatabase(s *pg.AlterDatabaseStmt) {
	// ALTER DATABASE SET TABLESPACE moves files at once.
	b.alone = option(s.GetOptions(), "tablespace") != nil
	b.add(AlterDatabase{Database: s.GetDbname(), Limit: numberOf(option(s.GetOptions(), "connection_limit"))})
}

// sessionDefault reads the SET or RESET of a role or database.
func (b *builder) sessionDefault(role *pg.RoleSpec, database string, s *pg.VariableSetStmt) {
	c := SetSessionDefault{Database: database, Setting: strings.ToLower(s.GetName()),
		FromCurrent: s.GetKind() == pg.VariableSetKind_VAR_SET_CURRENT}
	if role != nil { // ALL otherwise
		c.Role = roleName(role)
	}
	for _, n := range s.GetArgs() {
		c.Values = append(c.Values, constantText(n.GetAConst()))
	}
	b.add(c)
}

// revokeRole reads REVOKE of roles; GRANT is left to OtherSchema. INHERIT OPTION FOR, from 16
// on, takes the rights and leaves the membership, and so does GRANT ... WITH INHERIT FALSE.
func (b *builder) revokeRole(s *pg.GrantRoleStmt) {
	inherit := option(s.GetOpt(), "inherit")
	if s.GetIsGrant() && (inherit == nil || isOn(inherit)) {
		return
	}
	optionOnly := len(s.GetOpt()) > 0 && inherit == nil
	for _, granted := range s.GetGrantedRoles() {
		for _, from := range s.GetGranteeRoles() {
			b.add(RevokeRole{Role: granted.GetAccessPriv().GetPrivName(), From: roleName(from.GetRoleSpec()), OptionOnly: optionOnly})
		}
	}
}

// constantText is a constant as SET takes it.
func constantText(c *pg.A_Const) string {
	switch v := c.GetVal().(type) {
	case *pg.A_Const_Ival:
		return strconv.Itoa(int(v.Ival.GetIval()))
	case *pg.A_Const_Fval:
		return v.Fval.GetFval()
	case *pg.A_Const_Boolval:
		return strconv.FormatBool(v.Boolval.GetBoolval())
	}
	return c.GetSval().GetSval()
}
