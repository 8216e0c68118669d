package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/task"
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
	owed, err := a.owedTasks(ctx)
	if err != nil {
		return err
	}
	for _, o := range owed {
		for _, n := range names {
			about := n.Name == o.Table || n.Name == o.Object && o.Kind == ledger.ReindexIndex
			inTheWay := o.MakesIndex() && n.Name == o.Object || about && takesAway(change, o)
			if !inTheWay || n.Schema != "" && n.Schema != o.Schema {
				continue
			}
			a.verdict = judge.Refuse
			said := task.Describe(o)
			return &guard.Refusal{Code: codeTask,
				Message: fmt.Sprintf("%s is %s when the transaction that asked for it has committed, and this statement cannot go before it", said.What, said.Done),
				Hint:    "Put it in a migration of its own, after that one."}
		}
	}
	return nil
}

// owedTasks are those the session can see, its own transaction's included: kind
// and names.
func (a *act) owedTasks(ctx context.Context) (owed []ledger.Task, err error) {
	rows, err := a.conn.Query(ctx, "SELECT kind, schema_name, table_name, object_name, sql FROM "+ledger.OwedFrom)
	for _, row := range rows {
		owed = append(owed, ledger.Task{Kind: *row[0], Schema: *row[1], Table: *row[2], Object: *row[3], SQL: *row[4]})
	}
	return owed, explained(err)
}

// takesAway tells the changes of a table after which a task is not to be done as
// it was written. One whose object is gone comes to nothing.
func takesAway(change ddl.Change, owed ledger.Task) bool {
	if _, column, _ := columnOf(change); column == owed.Object && owed.Kind == ledger.BackfillColumn {
		return true
	}
	switch c := change.(type) {
	case ddl.RenameTable, ddl.SetSchema:
		return true
	case ddl.AttachPartition, ddl.DetachPartition: // rows that are not to be filled, or are
		return owed.Kind == ledger.BackfillColumn
	case ddl.RenameColumn:
		return owed.MakesIndex() || c.Column == owed.Object
	case ddl.SetDefault: // rows that leave it out would not be told apart
		return ddl.IsConstant(c.Default) && !ddl.IsNull(c.Default) && owed.MakesIndex() && isUnique(owed.SQL, c.Column)
	case ddl.DropNotNull:
		return owed.Kind == ledger.SetNotNull && c.Column == owed.Object
	case ddl.RenameConstraint:
		return owed.Kind != ledger.SetNotNull && c.Name == owed.Object
	case ddl.DropTable, ddl.DropColumn, ddl.SetClusterIndex, ddl.SetReplicaIdentity:
		return owed.MakesIndex()
	}
	return false
}

// isUnique tells the SQL of a unique index on a column.
func isUnique(sql, column string) bool {
	for _, st := range ddl.Parse(sql) {
		for _, change := range st.Changes {
			if c, ok := change.(ddl.CreateIndex); ok && c.Unique && slices.Contains(c.Columns, column) {
				return true
			}
		}
	}
	return false
}
