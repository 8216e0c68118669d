package ddl

import (
	"slices"
	"strconv"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// alter reads ALTER TABLE and everything that shares its grammar: ALTER INDEX,
// VIEW, SEQUENCE, MATERIALIZED VIEW, FOREIGN TABLE, and ALTER TYPE of a
// composite type.
func (b *builder) alter(s *pg.AlterTableStmt) {
	b.target = rangeName(s.GetRelation())
	b.kind = kindOf(s.GetObjtype())
	b.only = !s.GetRelation().GetInh()
	for _, n := range s.GetCmds() {
		cmd := n.GetAlterTableCmd()
		if b.alterColumn(cmd) || b.alterGenerated(cmd) ||
			b.alterColumnStorage(cmd) || b.alterConstraint(cmd) ||
			b.alterTrigger(cmd) || b.alterPartition(cmd) || b.alterStorage(cmd) {
			continue
		}
		b.alterOther(cmd)
	}
	if b.kind == KindTable || b.kind == "" {
		b.checksNewKeys()
	}
}

// checksNewKeys marks the foreign keys of new columns as Filled where the server
// checks them although their columns hold nothing: it decides that once for the
// whole statement (skipValidation of transformAlterTableStmt,
// src/backend/parser/parse_utilcmd.c).
func (b *builder) checksNewKeys() {
	checks := false
	for _, change := range b.changes {
		switch c := change.(type) {
		case AddColumn:
			checks = checks || c.Fills()
		case AddConstraint:
			checks = checks || c.Constraint == ForeignKey && !c.Inline
		}
	}
	for i, change := range b.changes {
		if c, ok := change.(AddConstraint); ok && checks && c.Constraint == ForeignKey && c.Inline {
			c.Filled = true
			b.changes[i] = c
		}
	}
}

func (b *builder) alterColumn(cmd *pg.AlterTableCmd) bool {
	rel, col := b.target, cmd.GetName()
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		b.addColumn(rel, cmd.GetDef().GetColumnDef(), cmd.GetMissingOk())
	case pg.AlterTableType_AT_DropColumn:
		b.add(DropColumn{Relation: rel, Column: col, Kind: b.kind,
			IfExists: cmd.GetMissingOk(), Cascade: isCascade(cmd.GetBehavior())})
	case pg.AlterTableType_AT_AlterColumnType:
		def := cmd.GetDef().GetColumnDef()
		b.add(ChangeColumnType{Relation: rel, Column: col, Kind: b.kind,
			Type:      b.typeText(def.GetTypeName()),
			Collation: collation(def.GetCollClause()),
			Using:     b.expression(def.GetRawDefault())})
	case pg.AlterTableType_AT_SetNotNull:
		c := SetNotNull{Relation: rel, Column: col}
		if def := cmd.GetDef().GetConstraint(); def != nil {
			c.Constraint, c.Name, c.NotValid, c.NoInherit = true, def.GetConname(), def.GetSkipValidation(), def.GetIsNoInherit()
		}
		b.add(c)
	case pg.AlterTableType_AT_DropNotNull:
		b.add(DropNotNull{Relation: rel, Column: col})
	case pg.AlterTableType_AT_ColumnDefault:
		if cmd.GetDef() == nil {
			b.add(DropDefault{Relation: rel, Column: col})
			break
		}
		b.add(SetDefault{Relation: rel, Column: col, Default: b.expression(cmd.GetDef())})
	default:
		return false
	}
	return true
}

func (b *builder) alterGenerated(cmd *pg.AlterTableCmd) bool {
	rel, col := b.target, cmd.GetName()
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddIdentity:
		def := cmd.GetDef().GetConstraint()
		b.add(AddIdentity{Relation: rel, Column: col,
			Identity: identityOf(def.GetGeneratedWhen()),
			Restart:  option(def.GetOptions(), "start") != nil || option(def.GetOptions(), "restart") != nil})
	case pg.AlterTableType_AT_SetIdentity:
		b.add(setIdentity(rel, col, cmd.GetDef().GetList().GetItems()))
	case pg.AlterTableType_AT_DropIdentity:
		b.add(DropIdentity{Relation: rel, Column: col, IfExists: cmd.GetMissingOk()})
	case pg.AlterTableType_AT_SetExpression:
		b.add(SetExpression{Relation: rel, Column: col, Expression: b.expression(cmd.GetDef())})
	case pg.AlterTableType_AT_DropExpression:
		b.add(DropExpression{Relation: rel, Column: col, IfExists: cmd.GetMissingOk()})
	default:
		return false
	}
	return true
}

func setIdentity(rel Name, col string, options []*pg.Node) SetIdentity {
	c := SetIdentity{Relation: rel, Column: col}
	for _, n := range options {
		switch def := n.GetDefElem(); def.GetDefname() {
		case "generated":
			// The grammar hands over the character code of
			// pg_attribute.attidentity.
			c.Identity = identityOf(string(rune(def.GetArg().GetInteger().GetIval())))
		case "restart":
			c.Restart, c.RestartWith = true, numberOf(def)
		default:
			c.Options = append(c.Options, def.GetDefname())
		}
	}
	return c
}

func identityOf(when string) Identity {
	if when == "a" {
		return IdentityAlways
	}
	if when == "d" {
		return IdentityByDefault
	}
	return ""
}

func (b *builder) alterColumnStorage(cmd *pg.AlterTableCmd) bool {
	rel, col := b.target, cmd.GetName()
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_SetStatistics:
		if col == "" {
			col = strconv.Itoa(int(cmd.GetNum()))
		}
		b.add(SetColumnStatistics{Relation: rel, Column: col})
	case pg.AlterTableType_AT_SetOptions, pg.AlterTableType_AT_ResetOptions:
		b.add(SetColumnOptions{Relation: rel, Column: col,
			Reset:   cmd.GetSubtype() == pg.AlterTableType_AT_ResetOptions,
			Options: optionNames(cmd.GetDef().GetList().GetItems())})
	case pg.AlterTableType_AT_SetStorage:
		b.add(SetColumnStorage{Relation: rel, Column: col, Storage: cmd.GetDef().GetString_().GetSval()})
	case pg.AlterTableType_AT_SetCompression:
		b.add(SetColumnCompression{Relation: rel, Column: col, Compression: cmd.GetDef().GetString_().GetSval()})
	default:
		return false
	}
	return true
}

// addColumn reads a column definition; its inline constraints follow it.
func (b *builder) addColumn(rel Name, def *pg.ColumnDef, ifNotExists bool) {
	c := AddColumn{Relation: rel, Column: def.GetColname(), Kind: b.kind,
		IfNotExists: ifNotExists,
		Type:        b.typeText(def.GetTypeName()),
		Collation:   collation(def.GetCollClause()),
		Serial:      isSerial(def.GetTypeName())}
	distinct := c.Serial
	for _, n := range def.GetConstraints() {
		switch con := n.GetConstraint(); con.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			c.NotNull, c.NotNullName = true, con.GetConname()
		case pg.ConstrType_CONSTR_PRIMARY:
			c.NotNull = true
		case pg.ConstrType_CONSTR_DEFAULT:
			c.Default = b.expression(con.GetRawExpr())
			distinct = makesKeys(con.GetRawExpr())
		case pg.ConstrType_CONSTR_GENERATED:
			c.Generated = b.expression(con.GetRawExpr())
		case pg.ConstrType_CONSTR_IDENTITY:
			c.Identity, distinct = identityOf(con.GetGeneratedWhen()), true
		}
	}
	b.add(c)
	first := len(b.changes)
	b.inlineConstraints(rel, def, false)
	if c.Default == "" && c.Generated == "" && c.Identity == "" && !c.Serial {
		return
	}
	for i, inline := range b.changes[first:] {
		con := inline.(AddConstraint)
		con.Filled, con.Distinct = true, distinct
		b.changes[first+i] = con
	}
}

// makesKeys tells a default that is a call, cast perhaps, of a function whose every
// value is another one.
func makesKeys(n *pg.Node) bool {
	for n.GetTypeCast() != nil {
		n = n.GetTypeCast().GetArg()
	}
	names := stringsOf(n.GetFuncCall().GetFuncname())
	return len(names) > 0 && slices.Contains(keyMakers, names[len(names)-1])
}

// keyMakers are functions of the server, and of its extensions uuid-ossp and pgcrypto.
var keyMakers = []string{"nextval", "gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"}

// isSerial tells the pseudo-types that parse analysis turns into an integer
// with a sequence (transformColumnDefinition).
func isSerial(t *pg.TypeName) bool {
	names := t.GetNames()
	if len(names) != 1 {
		return false
	}
	switch names[0].GetString_().GetSval() {
	case "serial", "serial2", "serial4", "serial8", "smallserial", "bigserial":
		return true
	}
	return false
}

func collation(c *pg.CollateClause) string {
	if c == nil {
		return ""
	}
	return nameOf(c.GetCollname()).String()
}
