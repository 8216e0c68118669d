package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// reindexLater has indexes built anew outside the migration's transaction: when it
// has committed, or, where the statement is all of it, right away.
func (a *act) reindexLater(ctx context.Context, re *judge.ConcurrentReindex) (string, error) {
	rows, err := a.conn.Query(ctx, pg.MayReindex(re.Table.OID, a.major))
	if err != nil || len(rows) == 0 {
		return "", explained(err)
	}
	owns, may := *rows[0][0] == "t", *rows[0][1] == "t"
	switch {
	case !may, re.Table.Kind == catalog.PartitionedTable && !a.alone:
		return a.run(ctx, nil) // the server says that it cannot be
	case !owns:
		return "", a.cannotReindex(re, "the table belongs to another role, and only that could remove what an interrupted CONCURRENTLY leaves")
	}
	broken, err := a.invalidIndexes(ctx, re)
	if err != nil {
		return "", err
	}
	task := ledger.NewTask{Kind: ledger.ReindexTable, Relation: re.Table.OID, Schema: re.Table.Schema, Table: re.Table.Name, Object: re.Table.Name, SQL: re.SQL}
	what := "the indexes of " + qualified(re.Table) + " are"
	if re.Index != "" {
		task.Kind, task.Object = ledger.ReindexIndex, re.Index
		what = "index " + ddl.Quote(re.Index) + " is"
	}
	var ids []int64
	for _, task := range append(broken, task) {
		id, err := a.recordTask(ctx, task)
		if err != nil {
			return "", err
		}
		a.owe(task.Object, task.Table)
		ids, a.executed = append(ids, id), append(a.executed, task.SQL)
	}
	when := ""
	if !a.alone {
		a.conn.AfterCommit()
		when = " when the transaction has committed"
	}
	a.notes = append(a.notes, fmt.Sprintf("%s rebuilt CONCURRENTLY%s: %s", what, when, a.findings[0].Detail))
	if !a.alone {
		return a.plan.Tag, nil
	}
	return a.plan.Tag, a.buildNow(ctx, ids...)
}

// invalidIndexes are tasks for the indexes of a table that queries do not use:
// REINDEX TABLE makes them valid, and CONCURRENTLY leaves them out, unless it names
// them (manual, REINDEX). It refuses what CONCURRENTLY cannot do.
func (a *act) invalidIndexes(ctx context.Context, re *judge.ConcurrentReindex) (tasks []ledger.NewTask, err error) {
	index := "NULL"
	if re.Index != "" {
		index = ddl.Literal(ddl.Name{Schema: re.Table.Schema, Name: re.Index}.String())
	}
	rows, err := a.conn.Query(ctx, pg.IndexesToRebuild(re.Table.OID, index))
	if err != nil {
		return nil, explained(err)
	}
	for _, row := range rows {
		name := ddl.Name{Schema: *row[0], Name: *row[1]}
		rebuilt, valid, excludes, left := *row[2] == "t", *row[3] == "t", *row[4] == "t", *row[5] == "t"
		switch {
		case left:
			return nil, a.cannotReindex(re, fmt.Sprintf("index %s is what an interrupted REINDEX CONCURRENTLY has left; drop it first", name))
		case !rebuilt:
		case excludes:
			return nil, a.cannotReindex(re, fmt.Sprintf("CONCURRENTLY leaves out index %s, which keeps an exclusion constraint", name))
		case !valid && re.Index == "" && re.Table.Kind == catalog.PartitionedTable:
			return nil, a.cannotReindex(re, fmt.Sprintf("CONCURRENTLY leaves out index %s, which is not valid; REINDEX it first", name))
		case !valid && re.Index == "":
			tasks = append(tasks, ledger.NewTask{Kind: ledger.ReindexIndex, Relation: re.Table.OID, Schema: name.Schema, Table: re.Table.Name, Object: name.Name,
				SQL: "REINDEX (CONCURRENTLY) INDEX " + name.String()})
		}
	}
	return tasks, nil
}

// cannotReindex refuses what CONCURRENTLY cannot do.
func (a *act) cannotReindex(re *judge.ConcurrentReindex, reason string) error {
	a.verdict = judge.Refuse
	return a.refuse(judge.Decision{Verdict: judge.Refuse, Findings: a.findings, Obstacle: judge.CannotReindex(re.Table, reason)})
}
