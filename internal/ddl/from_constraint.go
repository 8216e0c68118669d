package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

func (b *builder) alterConstraint(cmd *pg.AlterTableCmd) bool {
	rel := b.target
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddConstraint:
		if c, ok := b.constraint(rel, cmd.GetDef().GetConstraint()); ok {
			b.add(c)
		}
	case pg.AlterTableType_AT_DropConstraint:
		b.add(DropConstraint{Relation: rel, Name: cmd.GetName(),
			IfExists: cmd.GetMissingOk(), Cascade: isCascade(cmd.GetBehavior())})
	case pg.AlterTableType_AT_ValidateConstraint:
		b.add(ValidateConstraint{Relation: rel, Name: cmd.GetName()})
	case pg.AlterTableType_AT_AlterConstraint:
		def := cmd.GetDef().GetConstraint()
		b.add(AlterConstraint{Relation: rel, Name: def.GetConname(),
			Deferrable: def.GetDeferrable(), InitiallyDeferred: def.GetInitdeferred()})
	default:
		return false
	}
	return true
}

var constraintKinds = map[pg.ConstrType]ConstraintKind{
	pg.ConstrType_CONSTR_PRIMARY:   PrimaryKey,
	pg.ConstrType_CONSTR_UNIQUE:    Unique,
	pg.ConstrType_CONSTR_CHECK:     Check,
	pg.ConstrType_CONSTR_FOREIGN:   ForeignKey,
	pg.ConstrType_CONSTR_EXCLUSION: Exclude,
	pg.ConstrType_CONSTR_NOTNULL:   NotNull,
}

// constraint reads a constraint; false for what the grammar only represents as
// one: defaults, identity, attributes such as DEFERRABLE.
func (b *builder) constraint(rel Name, def *pg.Constraint) (AddConstraint, bool) {
	kind, ok := constraintKinds[def.GetContype()]
	c := AddConstraint{
		Relation:          rel,
		Name:              def.GetConname(),
		Constraint:        kind,
		Columns:           stringsOf(def.GetKeys()),
		Expression:        b.expression(def.GetRawExpr()),
		UsingIndex:        def.GetIndexname(),
		NotValid:          def.GetSkipValidation(),
		NoInherit:         def.GetIsNoInherit(),
		Deferrable:        def.GetDeferrable(),
		InitiallyDeferred: def.GetInitdeferred(),
		NullsNotDistinct:  def.GetNullsNotDistinct(),
		MatchFull:         def.GetFkMatchtype() == "f",
	}
	if kind == ForeignKey {
		c.Columns = stringsOf(def.GetFkAttrs())
		c.References = rangeName(def.GetPktable())
		c.ReferencesColumns = stringsOf(def.GetPkAttrs())
		c.OnDelete = referentialActions[def.GetFkDelAction()]
		c.OnUpdate = referentialActions[def.GetFkUpdAction()]
	}
	for _, pair := range def.GetExclusions() {
		items := pair.GetList().GetItems()
		if len(items) > 0 {
			c.Columns = append(c.Columns, b.indexKey(items[0]))
		}
	}
	return c, ok
}

// referentialActions are the codes of pg_constraint.confdeltype.
var referentialActions = map[string]string{
	"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT",
}

// inlineConstraints adds the constraints written with a column. NOT NULL is a
// property of the column, not a change of its own.
func (b *builder) inlineConstraints(rel Name, col *pg.ColumnDef, inCreate bool) {
	nodes := col.GetConstraints()
	for i, n := range nodes {
		c, ok := b.constraint(rel, n.GetConstraint())
		if !ok || c.Constraint == NotNull {
			continue
		}
		c.Inline, c.InCreate = true, inCreate
		c.Columns = []string{col.GetColname()}
		// DEFERRABLE and its like come as pseudo-constraints behind.
		for _, attr := range nodes[i+1:] {
			if !applyAttribute(&c, attr.GetConstraint().GetContype()) {
				break
			}
		}
		b.add(c)
	}
}

func applyAttribute(c *AddConstraint, attr pg.ConstrType) bool {
	switch attr {
	case pg.ConstrType_CONSTR_ATTR_DEFERRABLE:
		c.Deferrable = true
	case pg.ConstrType_CONSTR_ATTR_DEFERRED:
		c.Deferrable, c.InitiallyDeferred = true, true
	case pg.ConstrType_CONSTR_ATTR_NOT_DEFERRABLE, pg.ConstrType_CONSTR_ATTR_IMMEDIATE:
	default:
		return false
	}
	return true
}
