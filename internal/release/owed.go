package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// codeTask is the SQLSTATE of what a task is in the way of, that is owed or has
// failed.
const codeTask = "MG055"

// owe remembers names that a task is about.
func (g *gate) owe(names ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range names {
		g.owes[name] = true
	}
}

func (g *gate) isOwed(names []ddl.Name) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range names {
		if g.owes[n.Name] {
			return true
		}
	}
	return false
}

// checkOwed refuses what needs an index that is built after the commit, or
// would make that fail; and everything after a task that has failed: it may
// count on it.
func (a *act) checkOwed(ctx context.Context, change ddl.Change) error {
	if failed := a.tasks.failed(); failed != nil {
		a.verdict = judge.Refuse
		return &guard.Refusal{Code: codeTask, Message: "a migration before this one is not done: " + failed.Error(),
			Detail: "It has been committed; what it owes was to follow.", Hint: failed.Hint()}
	}
	names := change.Relations()
	if c, ok := change.(ddl.CreateIndex); ok {
		names = []ddl.Name{{Name: c.Name}}
	}
	if !a.isOwed(names) {
		return nil
	}
	owed, err := a.owedIndexes(ctx)
	if err != nil {
		return err
	}
	for _, o := range owed {
		for _, n := range names {
			inTheWay := n.Name == o.index.Name || n.Name == o.table && takesAway(change)
			if !inTheWay || n.Schema != "" && n.Schema != o.index.Schema {
				continue
			}
			a.verdict = judge.Refuse
			return &guard.Refusal{Code: codeTask,
				Message: fmt.Sprintf("index %s is built when the transaction that asked for it has committed, and this statement cannot go before it", o.index),
				Hint:    "Put it in a migration of its own, after that one."}
		}
	}
	return nil
}

// An owedIndex is one that is to be built.
type owedIndex struct {
	index ddl.Name
	table string
}

// owedIndexes are those the session can see, its own transaction's included.
func (a *act) owedIndexes(ctx context.Context) (owed []owedIndex, err error) {
	rows, err := a.conn.Query(ctx, "SELECT schema_name, table_name, object_name FROM "+ledger.OwedFrom)
	for _, row := range rows {
		owed = append(owed, owedIndex{ddl.Name{Schema: *row[0], Name: *row[2]}, *row[1]})
	}
	return owed, explained(err)
}

// takesAway tells the changes of a table after which an index of it is not to be
// built as it was written.
func takesAway(change ddl.Change) bool {
	switch change.(type) {
	case ddl.DropTable, ddl.RenameTable, ddl.SetSchema, ddl.DropColumn, ddl.RenameColumn, ddl.SetClusterIndex, ddl.SetReplicaIdentity:
		return true
	}
	return false
}
