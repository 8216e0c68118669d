package release

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// A partition is one at any level below a table that is to be indexed.
type partition struct {
	oid          uint32
	schema, name string
	kind         string // pg_class.relkind
	may          bool   // the session may index it
	index        string // "t" or "f": is the one that the server would attach valid; empty if there is none
	owed         bool   // an index of its own
	chosen       string // its index's name
}

const partitioned, foreign = "p", "f"

// needs tells whether an index is to be built for it.
func (p partition) needs() bool { return p.kind != partitioned && p.kind != foreign && p.index == "" }

// unfit is why it cannot be indexed before its parent.
func (p partition) unfit() string {
	switch {
	case p.kind == partitioned && p.index != "":
		return fmt.Sprintf("its partition %s, which has partitions, has such an index already", p)
	case p.index == "f":
		return fmt.Sprintf("the index that its partition %s has already is not valid", p)
	case p.owed:
		return fmt.Sprintf("an index of its partition %s is still to be built", p)
	case p.needs() && !p.may:
		return fmt.Sprintf("its partition %s belongs to another role", p)
	}
	return ""
}

func (p partition) String() string { return ddl.Name{Schema: p.schema, Name: p.name}.String() }

// readPartitions reads the partitions, and the names that their indexes get,
// while the index of the copy is there.
func (a *act) readPartitions(ctx context.Context, table catalog.Relation, index string) (partitions []partition, columns []string, err error) {
	like := ddl.Literal(ddl.Name{Schema: "pg_temp", Name: index}.String())
	rows, err := a.conn.Query(ctx, pg.IndexColumns(like))
	if err != nil {
		return nil, nil, explained(err)
	}
	for _, row := range rows {
		columns = append(columns, *row[0])
	}
	rows, err = a.conn.Query(ctx, pg.PartitionsToIndex(table.OID, like))
	if err != nil {
		return nil, nil, explained(err)
	}
	for _, row := range rows {
		oid, err := strconv.ParseUint(*row[0], 10, 32)
		if err != nil {
			return nil, nil, err
		}
		p := partition{oid: uint32(oid), schema: *row[1], name: *row[2], kind: *row[3], may: *row[4] == "t", owed: *row[6] == "t"}
		if row[5] != nil {
			p.index = *row[5]
		}
		partitions = append(partitions, p)
	}
	return partitions, columns, nil
}

// indexLater has the index of a partitioned table made outside the migration's
// transaction: CONCURRENTLY for each partition, and then as it is written, which
// attaches those (DefineIndex, src/backend/commands/indexcmds.c).
func (a *act) indexLater(ctx context.Context, ix *judge.ConcurrentIndex) (string, error) {
	var partitions []partition
	var columns []string
	err := a.probe(ctx, ix, func() (err error) {
		partitions, columns, err = a.readPartitions(ctx, ix.Table, ix.Index)
		return err
	})
	if err != nil {
		return "", err
	}
	c, ok := a.plan.Changes[0].(ddl.CreateIndex)
	if ok && c.Unique && slices.ContainsFunc(partitions, func(p partition) bool { return p.kind == foreign }) {
		return a.run(ctx, nil) // the server says that there can be none
	}
	if columns == nil {
		return "", a.cannotIndex(ix, "there can be no copy of it to try that on")
	}
	for _, p := range partitions {
		if why := p.unfit(); why != "" {
			return "", a.cannotIndex(ix, why)
		}
	}
	if clash, err := a.chooseNames(ctx, ix.Table, ix.Index, partitions, columns, "idx"); err != nil {
		return "", err
	} else if clash != "" {
		return "", a.cannotIndex(ix, clash)
	}
	ids, err := a.promiseIndexes(ctx, ix, partitions)
	if err != nil {
		return "", err
	}
	when := "right away"
	if !a.alone {
		a.conn.AfterCommit()
		when = "when the transaction has committed"
	}
	a.notes = append(a.notes, fmt.Sprintf("index %s is built CONCURRENTLY, partition by partition, %s: %s", ddl.Quote(ix.Index), when, a.findings[0].Detail))
	if !a.alone {
		return a.plan.Tag, nil
	}
	return a.plan.Tag, a.buildNow(ctx, ids...)
}

// promiseIndexes records the tasks: the partitions' before their parent's.
func (a *act) promiseIndexes(ctx context.Context, ix *judge.ConcurrentIndex, partitions []partition) (ids []int64, err error) {
	for _, p := range partitions {
		if !p.needs() {
			continue
		}
		sql, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: ddl.Name{Schema: p.schema, Name: p.name}, Index: p.chosen, Concurrently: true})
		if err != nil {
			return nil, a.cannotIndex(ix, err.Error())
		}
		id, err := a.recordTask(ctx, ledger.NewTask{Kind: ledger.CreateIndex, Relation: p.oid, Schema: p.schema, Table: p.name, Object: p.chosen, SQL: sql})
		if err != nil {
			return nil, err
		}
		ids, a.executed = append(ids, id), append(a.executed, sql)
		a.owe(p.chosen, p.name)
	}
	id, err := a.recordTask(ctx, ledger.NewTask{Kind: ledger.IndexPartitioned, Relation: ix.Table.OID, Schema: ix.Table.Schema, Table: ix.Table.Name, Object: ix.Index, SQL: ix.SQL})
	a.executed = append(a.executed, ix.SQL)
	a.owe(ix.Index, ix.Table.Name)
	return append(ids, id), err
}

// chooseNames gives the indexes of partitions the names that the server would
// choose: the first that nothing has. It chooses in the order of the partitions'
// bounds: where two would have one name, it is not foretold who gets it, which is
// returned as a reason.
func (a *act) chooseNames(ctx context.Context, table catalog.Relation, index string, partitions []partition, columns []string, label string) (clash string, err error) {
	type full struct{ schema, name string }
	seen := map[full]bool{{table.Schema, index}: true}
	var open []*partition
	for i := range partitions {
		if p := &partitions[i]; p.kind != foreign && p.index == "" {
			open = append(open, p)
		}
	}
	for n := 0; len(open) > 0; n++ {
		var pairs []string
		for _, p := range open {
			p.chosen = ddl.ChosenIndexName(p.name, columns, label, n)
			pairs = append(pairs, fmt.Sprintf("(%s, %s)", ddl.Literal(p.schema), ddl.Literal(p.chosen)))
		}
		rows, err := a.conn.Query(ctx, pg.TakenNames(pairs))
		if err != nil {
			return "", explained(err)
		}
		taken := map[full]bool{}
		for _, row := range rows {
			taken[full{*row[0], *row[1]}] = true
		}
		var next []*partition
		for _, p := range open {
			name := full{p.schema, p.chosen}
			switch {
			case taken[name]:
				next = append(next, p)
			case seen[name]:
				return fmt.Sprintf("more than one of the indexes would have the name %s", ddl.Quote(p.chosen)), nil
			}
			seen[name] = true
		}
		open = next
	}
	return "", nil
}

// cannotIndex refuses what cannot be built partition by partition.
func (a *act) cannotIndex(ix *judge.ConcurrentIndex, reason string) error {
	a.verdict = judge.Refuse
	return a.refuse(judge.Decision{Verdict: judge.Refuse, Findings: a.findings, Obstacle: &judge.Obstacle{Wanted: judge.Rewrite,
		Reason: reason, Hint: judge.IndexByHand(ix.Table)}})
}

// copyForIndex is the statement that makes the empty copy on which an index is
// tried.
func (a *act) copyForIndex(ctx context.Context, table catalog.Relation) (string, error) {
	sql := fmt.Sprintf("CREATE TEMPORARY TABLE pg_temp.%s (LIKE %s INCLUDING GENERATED)", ddl.Quote(table.Name), qualified(table))
	if table.Kind != catalog.PartitionedTable {
		return sql, nil
	}
	rows, err := a.conn.Query(ctx, pg.Partitioning(table.OID, 0))
	if err != nil || len(rows) == 0 {
		return sql, err
	}
	return sql + " PARTITION BY " + *rows[0][0], nil
}
