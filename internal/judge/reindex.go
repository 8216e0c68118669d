package judge

import (
	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// A ConcurrentReindex is a REINDEX of an index or a table that is carried out by
// REINDEX CONCURRENTLY, outside the migration's transaction.
type ConcurrentReindex struct {
	Table catalog.Relation // the index's, or the one whose indexes are built anew
	Index string           // empty: all of the table's
	SQL   string
}

// pinned is below what the oids of the server's own catalogs are
// (FirstUnpinnedObjectId, src/include/access/transam.h).
const pinned = 12000

func concurrentReindex(c ddl.Reindex, r catalog.Relation, text string) (*ConcurrentReindex, *Obstacle) {
	re := &ConcurrentReindex{Table: r}
	of := ddl.Name{Schema: r.Schema, Name: r.Name}
	if c.Kind == ddl.KindIndex {
		re.Index = c.Relation.Name
		of.Name = re.Index // which is in its table's schema
	}
	sql, err := ddl.WriteReindex(text, of)
	switch {
	case r.OID < pinned:
		return nil, CannotReindex(r, "CONCURRENTLY does not work on the server's own catalogs")
	case err != nil:
		return nil, CannotReindex(r, "it cannot be written with CONCURRENTLY: "+err.Error())
	}
	re.SQL = sql
	return re, nil
}

// CannotReindex is why a REINDEX is not rewritten.
func CannotReindex(r catalog.Relation, reason string) *Obstacle {
	return &Obstacle{Wanted: Rewrite, Reason: reason, Hint: "Do it under maintenance mode. Or say that nobody uses the table: " + hazard.AllowBlockingIndex(r)}
}
