package judge

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// A ConcurrentIndex is a CREATE INDEX that is carried out by CREATE INDEX
// CONCURRENTLY, outside the migration's transaction. Where the table is
// partitioned its partitions are indexed so, and SQL attaches their indexes.
type ConcurrentIndex struct {
	Table catalog.Relation
	Index string // the index's name, which the server would have chosen if there was none
	SQL   string // builds it
	// Probe is the same index on a temporary table of the same name: it
	// fails where the statement itself would have failed.
	Probe string
}

// An Obstacle is why nothing less intrusive was possible.
type Obstacle struct {
	Wanted Verdict // Rewrite or Shim
	Reason string
	Hint   string // empty: the finding's own
}

// rewrite looks for a safer way to the same end that removes all hazards.
func (d *Decision) rewrite(change ddl.Change, facts Facts) {
	r := facts.Lookup.Relation
	if r == nil || len(d.Findings) != 1 {
		return
	}
	switch d.Findings[0].Hazard {
	case hazard.BlockingIndex:
		switch c := change.(type) {
		case ddl.CreateIndex:
			d.Index, d.Obstacle = concurrentIndex(c, *r, facts.Text)
		case ddl.Reindex:
			d.Reindex, d.Obstacle = concurrentReindex(c, *r, facts.Text)
		default:
			return
		}
	case hazard.BlockingConstraint:
		d.Staged, d.Obstacle = stagedConstraint(change, *r, facts.Major)
	case hazard.BlockingAlter:
		c, ok := change.(ddl.AddColumn)
		if !ok {
			return
		}
		if d.Filled, d.Obstacle = filledColumn(c, facts.Lookup, facts.Major); d.Filled == nil {
			return
		}
	case hazard.BlockingRefresh:
		if change.(ddl.RefreshMaterializedView).WithNoData {
			return
		}
		d.Refresh, d.Obstacle = concurrentRefresh(*r)
	default:
		return
	}
	if d.Obstacle == nil {
		d.Verdict = Rewrite
	}
}

func concurrentIndex(c ddl.CreateIndex, r catalog.Relation, text string) (*ConcurrentIndex, *Obstacle) {
	cannot := func(reason, hint string) (*ConcurrentIndex, *Obstacle) {
		return nil, &Obstacle{Wanted: Rewrite, Reason: reason, Hint: hint}
	}
	index := c.Name
	if index == "" {
		index = ddl.IndexName(text, r.Name)
	}
	if index == "" {
		return cannot("it has no name, and the one the server would choose is not known before", "Give the index a name.")
	}
	table := ddl.Name{Schema: r.Schema, Name: r.Name}
	sql, err := ddl.WriteIndex(text, ddl.IndexForm{On: table, Index: index, Concurrently: r.Kind != catalog.PartitionedTable})
	if err != nil {
		return cannot("it cannot be written with CONCURRENTLY: "+err.Error(), "Write it so in a migration that runs outside a transaction.")
	}
	probe, err := ddl.WriteIndex(text, ddl.IndexForm{On: ddl.Name{Schema: "pg_temp", Name: r.Name}, Index: index})
	if err != nil {
		return cannot("it cannot be written in another form: "+err.Error(), "Write it with CONCURRENTLY in a migration that runs outside a transaction.")
	}
	return &ConcurrentIndex{Table: r, Index: index, SQL: sql, Probe: probe}, nil
}

// IndexByHand is what to do for a partitioned table whose index cannot be
// rewritten.
func IndexByHand(r catalog.Relation) string {
	return fmt.Sprintf("CREATE INDEX ON ONLY %s, then one CONCURRENTLY for each partition, each with ALTER INDEX ... ATTACH PARTITION. Or say that nobody writes to it: %s",
		hazard.Display(r), hazard.AllowBlockingIndex(r))
}

// concurrentRefresh is REFRESH ... CONCURRENTLY, which needs an index that tells
// all rows apart by columns (is_usable_unique_index,
// src/backend/commands/matview.c).
func concurrentRefresh(r catalog.Relation) (string, *Obstacle) {
	if !slices.ContainsFunc(r.Arbiters, catalog.Arbiter.TellsRowsApart) {
		return "", &Obstacle{Wanted: Rewrite, Reason: "CONCURRENTLY needs a unique index on columns of the view, without a predicate, and it has none",
			Hint: fmt.Sprintf("CREATE UNIQUE INDEX CONCURRENTLY ON %s in a migration that runs outside a transaction, before this one. Or say that nobody reads it: %s",
				hazard.Display(r), hazard.AllowBlockingRefresh(r))}
	}
	return "REFRESH MATERIALIZED VIEW CONCURRENTLY " + ddl.Name{Schema: r.Schema, Name: r.Name}.String(), nil
}
