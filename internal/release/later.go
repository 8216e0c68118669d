package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// probeSavepoint is where the trial of a statement goes back to.
const probeSavepoint = "migguard_probe"

// buildLater has an index built outside the migration's transaction: when it
// has committed, or, where the statement is all of it, right away.
func (a *act) buildLater(ctx context.Context, ix *judge.ConcurrentIndex) (string, error) {
	if built, err := a.nameIsFree(ctx, ix); built || err != nil {
		return a.plan.Tag, err
	}
	if may, err := a.mayIndex(ctx, ix.Table); !may || err != nil {
		if err != nil {
			return "", err
		}
		return a.run(ctx, nil) // the server says what is missing
	}
	if ix.Table.Kind == catalog.PartitionedTable {
		return a.indexLater(ctx, ix)
	}
	if err := a.probe(ctx, ix, func() error { return nil }); err != nil {
		return "", err
	}
	id, err := a.recordTask(ctx, ledger.NewTask{
		Kind: ledger.CreateIndex, Relation: ix.Table.OID, Schema: ix.Table.Schema, Table: ix.Table.Name, Object: ix.Index, SQL: ix.SQL})
	if err != nil {
		return "", err
	}
	a.owe(ix.Index, ix.Table.Name)
	a.executed = []string{ix.SQL}
	if !a.alone {
		a.conn.AfterCommit()
		a.notes = append(a.notes, fmt.Sprintf("index %s is built CONCURRENTLY when the transaction has committed: %s", ddl.Quote(ix.Index), a.findings[0].Detail))
		return a.plan.Tag, nil
	}
	a.notes = append(a.notes, fmt.Sprintf("index %s is built CONCURRENTLY: %s", ddl.Quote(ix.Index), a.findings[0].Detail))
	return a.plan.Tag, a.buildNow(ctx, id)
}

// mayIndex tells whether the session may make indexes of a table. To ask the
// server by doing it would be to ask for the table's lock.
func (a *act) mayIndex(ctx context.Context, table catalog.Relation) (bool, error) {
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE') AND pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE')
		FROM pg_catalog.pg_class c WHERE c.oid = %d::pg_catalog.oid`, table.OID))
	return err == nil && len(rows) == 1 && *rows[0][0] == "t", err
}

// buildNow does tasks while their statement waits. If the server says no, then
// to the statement, and nothing is owed; if it was stopped, the next run goes on.
func (a *act) buildNow(ctx context.Context, ids ...int64) error {
	err := a.tasks.now(ctx, ids...)
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, task.ErrPostponed):
		return nil // said, and done when the command is over
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &server):
		return &guard.ServerError{Response: pgproto3.ErrorResponse{
			Severity: server.Severity, SeverityUnlocalized: server.SeverityUnlocalized, Code: server.Code,
			Message: server.Message, Detail: server.Detail, Hint: server.Hint,
			SchemaName: server.SchemaName, TableName: server.TableName, ConstraintName: server.ConstraintName}}
	}
	return &guard.Refusal{Code: codeTask, Message: "the index could not be built: " + err.Error(), Hint: "The next run builds it first."}
}

// nameIsFree refuses a name that the server was to choose and would not have;
// unless the index that has it is the one that is asked for, built by a run that
// ended before the runner could note it.
func (a *act) nameIsFree(ctx context.Context, ix *judge.ConcurrentIndex) (built bool, err error) {
	if c, ok := a.plan.Changes[0].(ddl.CreateIndex); ok && c.Name != "" {
		return false, nil
	}
	found, err := a.lookup(ctx, pg.Names{Relation: ddl.Literal(qualified(ix.Table)), Target: ddl.Literal(ix.Index)})
	if err != nil {
		return false, err
	}
	taken := found.Target != nil && found.Target.OID != 0
	if taken {
		if built, err := a.isBuilt(ctx, ix.Table, ix.Index, ix.SQL); built || err != nil {
			return built, err
		}
	} else if taken, err = a.indexIsOwed(ctx, ix.Table, ix.Index); err != nil || !taken {
		return false, err
	}
	a.verdict = judge.Refuse
	return false, &guard.Refusal{Code: a.findings[0].Hazard.Code, Message: a.findings[0].Message + " (" + a.findings[0].Hazard.ID + ")",
		Detail: fmt.Sprintf("Not rewritten: there is, or will be, a relation with the name its index would have, %s.", ddl.Quote(ix.Index)),
		Hint:   "Give the index a name."}
}

// indexIsOwed tells whether a name is that of an index still to be built in the
// schema of a table.
func (a *act) indexIsOwed(ctx context.Context, table catalog.Relation, index string) (bool, error) {
	owed, err := a.owedTasks(ctx)
	return slices.ContainsFunc(owed, func(o ledger.Task) bool {
		return o.MakesIndex() && o.Schema == table.Schema && o.Object == index
	}), err
}

func qualified(r catalog.Relation) string { return ddl.Name{Schema: r.Schema, Name: r.Name}.String() }

// probe tries the statement on an empty copy of the table, has a look at what
// came of it, and takes both back. What is wrong with it has to be said now:
// after the commit it would be late. Where there can be no copy there is no
// trial.
func (a *act) probe(ctx context.Context, ix *judge.ConcurrentIndex, look func() error) error {
	err := a.aside(ctx, func() error {
		copied, err := a.copyForIndex(ctx, ix.Table)
		if err != nil {
			return err
		}
		err = a.conn.Exec(ctx, copied)
		var server *guard.ServerError
		if errors.As(err, &server) {
			return nil
		}
		if err == nil {
			err = tried(a.conn.Exec(ctx, ix.Probe), ix)
		}
		if err == nil {
			err = look()
		}
		return err
	})
	if err != nil || !a.alone {
		return err
	}
	return a.conn.Exec(ctx, "ROLLBACK") // of the block that was begun above
}

// SQLSTATEs of what may be wrong with the copy only: it has a row type of its
// own, and another schema.
var ofTheCopy = []string{"42P01", "42883", "42846", "42804", "42P16", "0A000"}

// tried is the error of a trial as the client gets it.
func tried(err error, ix *judge.ConcurrentIndex) error {
	var server *guard.ServerError
	if !errors.As(err, &server) {
		return err
	}
	server.Response.Position = 0 // in another text
	if slices.Contains(ofTheCopy, server.SQLState()) {
		server.Response.Detail = "migguard tried the statement on an empty, temporary copy of the table, before building the index outside the transaction. " + server.Response.Detail
		server.Response.Hint = "If the statement is right, and wrong for the copy only, run it as it is: " + hazard.AllowBlockingIndex(ix.Table)
	}
	return err
}

// recordTask writes a task of the run's in the statement's transaction.
func (a *act) recordTask(ctx context.Context, task ledger.NewTask) (id int64, err error) {
	task.ReleaseID, task.Withheld = a.releaseID, a.making.Load()
	rows, err := a.conn.Query(ctx, ledger.RecordTaskSQL(task))
	if err != nil {
		return 0, explained(err)
	}
	return strconv.ParseInt(*rows[0][0], 10, 64)
}

// standsAlready tells a CREATE INDEX that would find its name taken. Behind IF
// NOT EXISTS an index whose build was interrupted does not count: queries do
// not use it.
func standsAlready(change ddl.Change, found catalog.Lookup) bool {
	c, ok := change.(ddl.CreateIndex)
	t := found.Target
	// A type's name, which has no oid here, is no index's.
	return ok && t != nil && t.OID != 0 && !(c.IfNotExists && t.Invalid)
}

// built recognises a CREATE INDEX that a run has carried out, which ended
// before the runner could note it.
func (a *act) built(ctx context.Context, change ddl.Change, found catalog.Lookup) (bool, error) {
	c, ok := change.(ddl.CreateIndex)
	if !ok || found.Relation == nil || c.IfNotExists || !standsAlready(change, found) || found.Target.Invalid {
		return false, nil
	}
	table := ddl.Name{Schema: found.Relation.Schema, Name: found.Relation.Name}
	sql, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: c.Name, Concurrently: found.Relation.Kind != catalog.PartitionedTable})
	if err != nil {
		return false, nil
	}
	return a.isBuilt(ctx, *found.Relation, c.Name, sql)
}

// isBuilt tells whether the ledger has such an index on record, and says so.
func (a *act) isBuilt(ctx context.Context, table catalog.Relation, index, sql string) (bool, error) {
	rows, err := a.conn.Query(ctx, ledger.IndexTaskSQL(table.OID, index))
	if err != nil || len(rows) == 0 || *rows[0][0] != sql || *rows[0][1] != "f" {
		return false, explained(err)
	}
	a.done(fmt.Sprintf("the index %s on %s is built already", ddl.Quote(index), hazard.Display(table)))
	return true, nil
}
