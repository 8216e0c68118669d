package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// A stagedChange is a constraint with the place of its action in the statement.
type stagedChange struct {
	judge.StagedConstraint
	action int
	// partitions are those of its table, if it has an index.
	partitions []partition
}

// stage adds columns without values and constraints without a look at the rows,
// after the rest of the statement, and has the rows filled and the constraints
// validated when the transaction has committed.
func (a *act) stage(ctx context.Context, staged []stagedChange, filled []filledChange, record []string) (string, error) {
	var table catalog.Relation
	for _, s := range staged {
		table = s.Table
	}
	for _, f := range filled {
		table = f.Table
	}
	if err := a.canBeStaged(ctx, staged); err != nil {
		return "", err
	}
	before, err := a.constraints(ctx, table)
	if err != nil {
		return "", err
	}
	if a.serverRefuses(staged, before) {
		return a.run(ctx, record)
	}
	if err := a.empty(ctx, filled, before); err != nil {
		return "", err
	}
	steps, err := a.stagedSteps(staged, before)
	if err != nil {
		return "", err
	}
	steps = withSequences(filled, steps)
	if err := a.checkRows(ctx, staged); err != nil {
		return "", err
	}
	if err := a.checkUnique(ctx, staged); err != nil {
		return "", err
	}
	if len(steps) > 0 {
		_, err = a.withLock(ctx, nil, record, a.instead(steps...))
	}
	if err != nil {
		return "", explained(err)
	}
	a.executed = steps
	if err := a.checkAdded(ctx, staged, filled); err != nil {
		return "", err
	}
	if err := a.promiseFilled(ctx, filled); err != nil {
		return "", err
	}
	if err := a.promiseValid(ctx, table, staged, before); err != nil {
		return "", err
	}
	if err := a.promiseUnique(ctx, staged); err != nil {
		return "", err
	}
	for _, s := range staged {
		if s.Kind != ddl.NotNull {
			continue
		}
		if err := a.promiseNotNull(ctx, s.Table, s.Column); err != nil {
			return "", err
		}
	}
	a.conn.AfterCommit()
	return a.plan.Tag, nil
}

// serverRefuses tells what the server says no to, before it looks at a row: the
// validation of a constraint that there is not, a second primary key.
func (a *act) serverRefuses(staged []stagedChange, before constraints) bool {
	return slices.ContainsFunc(staged, func(s stagedChange) bool {
		_, there := before.named(s.Name)
		return s.There && !there && !a.leavesNotValid(s.Name) ||
			s.Constraint && a.major < notNullConstraints || // which is no SQL then
			s.Kind == ddl.PrimaryKey && slices.ContainsFunc(before, func(c constraint) bool { return c.kind == "p" })
	})
}

// promiseValid has the statement's constraints validated when the transaction
// has committed.
func (a *act) promiseValid(ctx context.Context, table catalog.Relation, staged []stagedChange, before constraints) error {
	after, err := a.constraints(ctx, table)
	if err != nil {
		return err
	}
	for _, k := range after {
		if k.valid || !a.validates(staged, k, before) {
			continue
		}
		if err := a.promiseValidation(ctx, table, k.name); err != nil {
			return err
		}
		a.notes = append(a.notes, fmt.Sprintf("%s is validated when the transaction has committed: %s", task.Describe(ledger.Task{Kind: ledger.ValidateConstraint, Table: table.Name, Object: k.name}).What, a.findings[0].Detail))
	}
	return nil
}

func (a *act) promiseValidation(ctx context.Context, table catalog.Relation, name string) error {
	return a.promise(ctx, table, ledger.ValidateConstraint, name, fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", qualified(table), ddl.Quote(name)))
}

// promiseNotNull has a column set NOT NULL after the validation of the CHECK that
// stands for that. It goes after it: dropped by the same ALTER TABLE it would go
// before, and spare the server nothing.
func (a *act) promiseNotNull(ctx context.Context, table catalog.Relation, column string) error {
	if a.major >= notNullConstraints {
		return nil
	}
	return a.promise(ctx, table, ledger.SetNotNull, column, fmt.Sprintf("ALTER TABLE %[1]s ALTER COLUMN %[2]s SET NOT NULL; ALTER TABLE %[1]s DROP CONSTRAINT %[3]s",
		qualified(table), ddl.Quote(column), ddl.Quote(task.Proxy(table.Name, column))))
}

// partitionedReferences is the version from which a foreign key that references a
// partitioned table can be validated later: before it the constraints that stand
// for it with each partition would never be valid (measured on 14 to 17).
const partitionedReferences = 18

// canBeStaged refuses a foreign key that cannot be validated later.
func (a *act) canBeStaged(ctx context.Context, staged []stagedChange) error {
	for _, s := range staged {
		c, ok := a.plan.Changes[s.action].(ddl.AddConstraint)
		if !ok || c.Constraint != ddl.ForeignKey || a.major >= partitionedReferences {
			continue
		}
		rows, err := a.conn.Query(ctx, pg.IsPartitioned(ddl.Literal(c.References.String())))
		if err != nil {
			return err
		}
		if *rows[0][0] == "t" {
			return a.unwritable(errors.New("before PostgreSQL 18 a foreign key that references a partitioned table cannot be validated later"))
		}
	}
	return nil
}

// promise records a task in the statement's transaction.
func (a *act) promise(ctx context.Context, table catalog.Relation, kind, object, sql string) error {
	task := ledger.NewTask{ReleaseID: a.releaseID, Kind: kind, Relation: table.OID, Schema: table.Schema, Table: table.Name, Object: object, SQL: sql, Withheld: a.making.Load()}
	if err := explained(a.conn.Exec(ctx, ledger.RecordTaskSQL(task))); err != nil {
		return err
	}
	a.owe(task.Table)
	a.executed = append(a.executed, task.SQL)
	return nil
}

// stagedSteps are the statement without its constraints, and one for each of
// these that is not there yet.
func (a *act) stagedSteps(staged []stagedChange, before constraints) ([]string, error) {
	alter, err := a.takeApart()
	if err != nil {
		return nil, a.unwritable(err)
	}
	only := ""
	if alter.Only() {
		only = "ONLY "
	}
	var rest []int
	for i := range a.plan.Changes {
		if !slices.ContainsFunc(staged, func(s stagedChange) bool { return s.action == i }) {
			rest = append(rest, i)
		}
	}
	var steps []string
	if rest != nil {
		sql, err := alter.Write(ddl.Name{}, rest...)
		if err != nil {
			return nil, a.unwritable(err)
		}
		steps = append(steps, sql)
	}
	for _, s := range staged {
		check, taken := before.named(task.Proxy(s.Table.Name, s.Column))
		if s.Kind == ddl.NotNull && taken && check.column != s.Column {
			return nil, a.unwritable(errors.New("the name of the CHECK that would stand for it is taken"))
		}
		var sql string
		table, column := only+qualified(s.Table), ddl.Quote(s.Column)
		switch {
		case s.There, s.Indexed(), s.Kind == ddl.NotNull && a.major < notNullConstraints && taken:
			continue // is there, from a statement before this one perhaps, or comes later
		case s.Kind != ddl.NotNull:
			if sql, err = alter.WriteNotValid(s.action); err != nil {
				return nil, a.unwritable(err)
			}
		case a.major >= notNullConstraints:
			sql = ddl.SetNotNull{Column: s.Column, Constraint: true, Name: s.Name, NotValid: true}.Write(table)
		default:
			sql = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", table, ddl.Quote(task.Proxy(s.Table.Name, s.Column)), column)
		}
		steps = append(steps, sql)
	}
	return steps, nil
}

// unwritable refuses a statement that cannot be written in another form.
func (a *act) unwritable(err error) error {
	a.verdict = judge.Refuse
	why := &judge.Obstacle{Wanted: judge.Rewrite, Reason: err.Error()}
	if a.findings[0].Hazard == hazard.BlockingConstraint {
		why.Hint = "Write it in steps, in migrations of their own: NOT VALID, then VALIDATE; for UNIQUE, CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX."
	}
	return a.refuse(judge.Decision{Verdict: judge.Refuse, Findings: a.findings, Obstacle: why})
}
