package shim

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A TableParent keeps the old name of a renamed table alive as a partitioned table
// whose only partition, for all rows, is the renamed table. Code finds a table there,
// with primary key, NOT NULLs and defaults, which a view has not. A DEFAULT partition
// without siblings has no constraint, so that no row is looked at, and an update of the
// key moves none; the parent's primary key takes the table's own index
// (get_qual_for_range, src/backend/partitioning/partbounds.c, and
// AttachPartitionEnsureIndexes, src/backend/commands/tablecmds.c; with 2 million rows
// all of it takes 1 to 5 ms on 14 to 18).
type TableParent struct {
	// Old is the table as it is before the change, New what it is called after it.
	Old catalog.Relation
	New ddl.Name
	// Key are the columns of its primary key, in the order of its index.
	Key []string
	// Release tells people which release made it: "release v42". Comment is the text of
	// one that is made anew.
	Release string
	Comment string
}

// Check says why the table cannot be a partition of it; nil when it can. The error is a
// *Precondition.
func (p TableParent) Check(as *catalog.AsPartition) error {
	reason := ""
	switch {
	case p.Old.Schema != p.New.Schema:
		reason = "none is made where a table moves to another schema"
	case as == nil || p.Old.Kind != catalog.Table:
		reason = "it is no plain table"
	case as.Not != "":
		reason = as.Not
	case p.Old.RowsIn != "":
		reason = p.Old.RowsIn + " is of its row type, and the rows of its parent would be of another"
	default:
		return nil
	}
	return &Precondition{Reason: fmt.Sprintf("%s cannot be the partition of a table with its old name: %s", p.name(), reason)}
}

// Expand is the SQL that makes the parent, to be run right after the table has its new
// name, in the same transaction.
func (p TableParent) Expand() []string {
	keys := make([]string, len(p.Key))
	for i, column := range p.Key {
		keys[i] = ddl.Quote(column)
	}
	sql := []string{
		fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED) PARTITION BY RANGE (%s)", p.name(), p.New, keys[0]),
		fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY (%s)", p.name(), p.index(), strings.Join(keys, ", ")),
	}
	if p.Old.Owner != p.Old.Role {
		sql = append(sql, fmt.Sprintf("ALTER TABLE %s OWNER TO %s", p.name(), ddl.Quote(p.Old.Owner)))
	}
	sql = append(sql, grants(p.Old, p.name())...)
	return append(sql,
		fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s DEFAULT", p.name(), p.New),
		fmt.Sprintf("COMMENT ON TABLE %s IS %s", p.name(), ddl.Literal(cmp.Or(p.Comment, p.comment()))))
}

// DropParent is the SQL that takes a parent down. The parent is locked before its
// partition, as its readers do it.
func DropParent(parent, table ddl.Name) []string {
	return []string{
		fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s", parent, table),
		fmt.Sprintf("DROP TABLE %s", parent),
	}
}

func (p TableParent) name() ddl.Name { return ddl.Name{Schema: p.Old.Schema, Name: p.Old.Name} }

// index is the name of the parent's primary key. The one that the server would choose may be
// that of the table's own, while the table is in another schema, and keep it from coming back.
func (p TableParent) index() string { return fmt.Sprintf("mg_parent_%d_pkey", p.Old.OID) }

func (p TableParent) comment() string {
	return fmt.Sprintf("migguard shim: %s is now %s. This partitioned table, with that as its one partition, keeps code of builds before %s working. \"migguard run\" drops it when a newer build is released and those are gone; see \"migguard shims\".",
		p.name(), p.New, p.Release)
}

// Limits are the statements of old code that fail on it though they work on a table,
// as measured on 14 to 18.
func (TableParent) Limits() []string {
	return []string{
		"INSERT ... ON CONFLICT of a unique index that is not the primary key's, or ON CONSTRAINT",
		"COPY table TO, TRUNCATE ONLY",
		"ONLY, which finds no rows",
		"pg_get_serial_sequence, which finds none",
	}
}
