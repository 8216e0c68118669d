package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

// createSchema reads CREATE SCHEMA with the elements written inside it, which
// the server creates in the new schema.
func (b *builder) createSchema(s *pg.CreateSchemaStmt) {
	schema := s.GetSchemaname()
	if schema == "" && s.GetAuthrole().GetRoletype() == pg.RoleSpecType_ROLESPEC_CSTRING {
		schema = s.GetAuthrole().GetRolename()
	}
	b.add(CreateSchema{Schema: schema, IfNotExists: s.GetIfNotExists()})
	b.schema = schema
	for _, n := range s.GetSchemaElts() {
		b.collect(n)
	}
	b.schema = ""
}

func (b *builder) createType(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_CreateEnumStmt:
		b.add(CreateType{TypeName: nameOf(s.CreateEnumStmt.GetTypeName()), Form: "enum",
			Labels: stringsOf(s.CreateEnumStmt.GetVals())})
	case *pg.Node_CompositeTypeStmt:
		b.add(CreateType{TypeName: rangeName(s.CompositeTypeStmt.GetTypevar()), Form: "composite"})
	case *pg.Node_CreateRangeStmt:
		b.add(CreateType{TypeName: nameOf(s.CreateRangeStmt.GetTypeName()), Form: "range"})
	case *pg.Node_DefineStmt:
		b.add(CreateType{TypeName: nameOf(s.DefineStmt.GetDefnames()), Form: "base"})
	}
}

func (b *builder) alterEnum(s *pg.AlterEnumStmt) {
	name := nameOf(s.GetTypeName())
	// An empty label looks like none; ADD VALUE without a neighbour is "after".
	if s.GetOldVal() != "" || s.GetNewValNeighbor() == "" && !s.GetNewValIsAfter() {
		b.add(RenameEnumValue{TypeName: name, Value: s.GetOldVal(), To: s.GetNewVal()})
		return
	}
	c := AddEnumValue{TypeName: name, Value: s.GetNewVal(), IfNotExists: s.GetSkipIfNewValExists()}
	if s.GetNewValIsAfter() {
		c.After = s.GetNewValNeighbor()
	} else {
		c.Before = s.GetNewValNeighbor()
	}
	b.add(c)
}

func (b *builder) createDomain(s *pg.CreateDomainStmt) {
	c := CreateDomain{Domain: nameOf(s.GetDomainname()), Base: b.typeText(s.GetTypeName())}
	for _, n := range s.GetConstraints() {
		switch def := n.GetConstraint(); def.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			c.NotNull = true
		case pg.ConstrType_CONSTR_DEFAULT:
			c.Default = b.expression(def.GetRawExpr())
		case pg.ConstrType_CONSTR_CHECK:
			c.Checks = append(c.Checks, b.expression(def.GetRawExpr()))
		}
	}
	b.add(c)
}

// alterDomain reads ALTER DOMAIN; the grammar tells its forms by a letter.
func (b *builder) alterDomain(s *pg.AlterDomainStmt) {
	domain, name := nameOf(s.GetTypeName()), s.GetName()
	switch s.GetSubtype() {
	case "T":
		b.add(SetDomainDefault{Domain: domain, Default: b.expression(s.GetDef())})
	case "N":
		b.add(DropDomainNotNull{Domain: domain})
	case "O":
		b.add(SetDomainNotNull{Domain: domain})
	case "C":
		def := s.GetDef().GetConstraint()
		b.add(AddDomainConstraint{Domain: domain, Name: def.GetConname(),
			Constraint: constraintKinds[def.GetContype()],
			Expression: b.expression(def.GetRawExpr()), NotValid: def.GetSkipValidation()})
	case "X":
		b.add(DropDomainConstraint{Domain: domain, Name: name,
			IfExists: s.GetMissingOk(), Cascade: isCascade(s.GetBehavior())})
	case "V":
		b.add(ValidateDomainConstraint{Domain: domain, Name: name})
	}
}

func (b *builder) createSequence(s *pg.CreateSeqStmt) {
	b.add(CreateSequence{
		Relation:    b.created(rangeName(s.GetSequence())),
		IfNotExists: s.GetIfNotExists(),
		Temporary:   s.GetSequence().GetRelpersistence() == temporary,
		OwnedBy:     ownedBy(s.GetOptions()),
	})
}

func (b *builder) alterSequence(s *pg.AlterSeqStmt) {
	c := AlterSequence{
		Relation: rangeName(s.GetSequence()),
		IfExists: s.GetMissingOk(),
		Restart:  option(s.GetOptions(), "restart") != nil,
		OwnedBy:  ownedBy(s.GetOptions()),
		Options:  optionNames(s.GetOptions()),
	}
	c.RestartWith = numberOf(option(s.GetOptions(), "restart"))
	c.Increment = numberOf(option(s.GetOptions(), "increment"))
	if as := option(s.GetOptions(), "as"); as != nil {
		c.As = b.typeText(as.GetArg().GetTypeName())
	}
	b.add(c)
}

// ownedBy is the table of OWNED BY table.column; none for OWNED BY NONE.
func ownedBy(options []*pg.Node) Name {
	rel, _ := partOf(option(options, "owned_by").GetArg())
	return rel
}
