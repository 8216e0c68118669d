package ddl

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Kind is a kind of object, in PostgreSQL's words and lower case, as the
// statement spells it. PostgreSQL accepts ALTER TABLE for views, indexes and
// sequences too, so KindTable may in truth be one of these; only the catalog
// knows.
type Kind string

// The kinds that occur most. Others are named by PostgreSQL's words too, e.g.
// "event trigger" or "operator class".
const (
	KindTable            Kind = "table"
	KindForeignTable     Kind = "foreign table"
	KindView             Kind = "view"
	KindMaterializedView Kind = "materialized view"
	KindIndex            Kind = "index"
	KindSequence         Kind = "sequence"
	KindSchema           Kind = "schema"
	KindDatabase         Kind = "database"
	KindType             Kind = "type"
	KindDomain           Kind = "domain"
	KindFunction         Kind = "function"
	KindProcedure        Kind = "procedure"
	KindRoutine          Kind = "routine"
	KindAggregate        Kind = "aggregate"
	KindTrigger          Kind = "trigger"
	KindRule             Kind = "rule"
	KindPolicy           Kind = "policy"
	KindStatistics       Kind = "statistics"
	KindExtension        Kind = "extension"
	KindRole             Kind = "role"
	KindColumn           Kind = "column"
	KindConstraint       Kind = "constraint"
	KindDomainConstraint Kind = "domain constraint"
	KindAttribute        Kind = "attribute"
)

// kindWords holds the kinds whose words are not the grammar's enum label.
var kindWords = map[pg.ObjectType]Kind{
	pg.ObjectType_OBJECT_MATVIEW:         KindMaterializedView,
	pg.ObjectType_OBJECT_TABCONSTRAINT:   KindConstraint,
	pg.ObjectType_OBJECT_DOMCONSTRAINT:   KindDomainConstraint,
	pg.ObjectType_OBJECT_STATISTIC_EXT:   KindStatistics,
	pg.ObjectType_OBJECT_FDW:             "foreign data wrapper",
	pg.ObjectType_OBJECT_FOREIGN_SERVER:  "server",
	pg.ObjectType_OBJECT_OPCLASS:         "operator class",
	pg.ObjectType_OBJECT_OPFAMILY:        "operator family",
	pg.ObjectType_OBJECT_LARGEOBJECT:     "large object",
	pg.ObjectType_OBJECT_TSCONFIGURATION: "text search configuration",
	pg.ObjectType_OBJECT_TSDICTIONARY:    "text search dictionary",
	pg.ObjectType_OBJECT_TSPARSER:        "text search parser",
	pg.ObjectType_OBJECT_TSTEMPLATE:      "text search template",
}

func kindOf(t pg.ObjectType) Kind {
	if k, ok := kindWords[t]; ok {
		return k
	}
	label := strings.TrimPrefix(t.String(), "OBJECT_")
	return Kind(strings.ToLower(strings.ReplaceAll(label, "_", " ")))
}

// words gives a kind as it stands in a command tag.
func (k Kind) words() string { return strings.ToUpper(string(k)) }

// isRelation tells kinds that live in pg_class and can be locked.
func (k Kind) isRelation() bool {
	switch k {
	case KindTable, KindForeignTable, KindView, KindMaterializedView, KindIndex, KindSequence:
		return true
	}
	return false
}

// hasChildren tells kinds that can have partitions or inheritance children.
func (k Kind) hasChildren() bool {
	return k == KindTable || k == KindForeignTable || k == KindIndex
}
