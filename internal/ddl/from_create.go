package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

const (
	temporary = "t"
	unlogged  = "u"
)

// createTable reads CREATE TABLE and CREATE FOREIGN TABLE.
func (b *builder) createTable(s *pg.CreateStmt, kind Kind) {
	c := CreateTable{
		Relation:    b.created(rangeName(s.GetRelation())),
		Kind:        kind,
		IfNotExists: s.GetIfNotExists(),
		Temporary:   s.GetRelation().GetRelpersistence() == temporary,
		Unlogged:    s.GetRelation().GetRelpersistence() == unlogged,
		Partitioned: s.GetPartspec() != nil,
	}
	parents := rangeNames(s.GetInhRelations())
	if s.GetPartbound() != nil && len(parents) > 0 {
		c.PartitionOf, c.Default = parents[0], s.GetPartbound().GetIsDefault()
	} else {
		c.Inherits = parents
	}
	if c.Temporary {
		c.Relation.Schema = s.GetRelation().GetSchemaname()
	}
	for _, n := range s.GetTableElts() {
		if def := n.GetColumnDef(); def != nil {
			c.Columns = append(c.Columns, def.GetColname())
		}
		if like := n.GetTableLikeClause(); like != nil {
			c.Like = append(c.Like, rangeName(like.GetRelation()))
		}
	}
	b.add(c)
	for _, n := range append(s.GetTableElts(), s.GetConstraints()...) {
		b.tableElement(c.Relation, n)
	}
}

// tableElement adds the constraints in an element of CREATE TABLE.
func (b *builder) tableElement(rel Name, n *pg.Node) {
	if def := n.GetColumnDef(); def != nil {
		b.inlineConstraints(rel, def, true)
		return
	}
	if n.GetConstraint() == nil {
		return
	}
	if c, ok := b.constraint(rel, n.GetConstraint()); ok {
		c.Inline, c.InCreate = true, true
		b.add(c)
	}
}

// createTableAs reads CREATE TABLE AS and CREATE MATERIALIZED VIEW.
func (b *builder) createTableAs(s *pg.CreateTableAsStmt) {
	into := s.GetInto()
	if s.GetObjtype() == pg.ObjectType_OBJECT_MATVIEW {
		b.add(CreateMaterializedView{
			Relation:    b.created(rangeName(into.GetRel())),
			IfNotExists: s.GetIfNotExists(),
			WithNoData:  into.GetSkipData(),
			Columns:     stringsOf(into.GetColNames()),
		})
		return
	}
	b.createInto(into, s.GetIfNotExists())
}

// createInto reads the target of CREATE TABLE AS or SELECT INTO.
func (b *builder) createInto(into *pg.IntoClause, ifNotExists bool) {
	b.add(CreateTable{
		Relation:    b.created(rangeName(into.GetRel())),
		Kind:        KindTable,
		IfNotExists: ifNotExists,
		Temporary:   into.GetRel().GetRelpersistence() == temporary,
		Unlogged:    into.GetRel().GetRelpersistence() == unlogged,
		As:          true,
		Columns:     stringsOf(into.GetColNames()),
	})
}

func (b *builder) createView(s *pg.ViewStmt) {
	b.add(CreateView{
		Relation:  b.created(rangeName(s.GetView())),
		Replace:   s.GetReplace(),
		Temporary: s.GetView().GetRelpersistence() == temporary,
		Columns:   stringsOf(s.GetAliases()),
		Options:   optionNames(s.GetOptions()),
	})
}

func (b *builder) createIndex(s *pg.IndexStmt) {
	b.alone = b.alone || s.GetConcurrent()
	c := CreateIndex{
		Relation:         b.created(rangeName(s.GetRelation())),
		Name:             s.GetIdxname(),
		Unique:           s.GetUnique(),
		Concurrently:     s.GetConcurrent(),
		IfNotExists:      s.GetIfNotExists(),
		Only:             !s.GetRelation().GetInh(),
		Method:           s.GetAccessMethod(),
		Where:            b.expression(s.GetWhereClause()),
		NullsNotDistinct: s.GetNullsNotDistinct(),
	}
	for _, n := range s.GetIndexParams() {
		c.Columns = append(c.Columns, b.indexKey(n))
		c.Collated = c.Collated || len(n.GetIndexElem().GetCollation())+len(n.GetIndexElem().GetOpclass()) > 0
	}
	for _, n := range s.GetIndexIncludingParams() {
		c.Include = append(c.Include, b.indexKey(n))
	}
	b.add(c)
}

func (b *builder) indexKey(n *pg.Node) string {
	elem := n.GetIndexElem()
	if elem.GetName() != "" {
		return elem.GetName()
	}
	return b.expression(elem.GetExpr())
}
