package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// A stagedChange is a constraint with the place of its action in the statement.
type stagedChange struct {
	judge.StagedConstraint
	action int
}

// stage adds constraints without a look at the rows, after the rest of the
// statement, and has them validated when the transaction has committed.
func (a *act) stage(ctx context.Context, staged []stagedChange, record []string) (string, error) {
	table := staged[0].Table
	if err := a.canBeStaged(ctx, staged); err != nil {
		return "", err
	}
	before, err := a.conn.Query(ctx, pg.Constraints(table.OID))
	if err != nil {
		return "", err
	}
	for _, s := range staged {
		if s.There && !named(before, s.Name) && !a.leavesNotValid(s.Name) {
			return a.run(ctx, record) // the server says that there is none
		}
	}
	steps, err := a.stagedSteps(staged, before)
	if err != nil {
		return "", err
	}
	if err := a.checkRows(ctx, staged, false); err != nil {
		return "", err
	}
	if err := a.checkUnique(ctx, staged); err != nil {
		return "", err
	}
	tag := a.plan.Tag
	if len(steps) > 0 {
		tag, err = a.withLock(ctx, nil, record, func(ctx context.Context) (string, error) {
			err := a.conn.Exec(ctx, steps...)
			var server *guard.ServerError
			if errors.As(err, &server) {
				server.Response.Position = 0 // in another text
			}
			return a.plan.Tag, err
		})
	}
	if err != nil {
		return "", explained(err)
	}
	a.executed = steps
	if err := a.checkRows(ctx, staged, true); err != nil {
		return "", err
	}
	after, err := a.conn.Query(ctx, pg.Constraints(table.OID))
	if err != nil {
		return "", err
	}
	for _, row := range after {
		if *row[2] == "f" && validates(staged, row, before) && (isThere(staged, *row[0]) || !a.leavesNotValid(*row[0])) {
			if err := a.promise(ctx, table, ledger.ValidateConstraint, *row[0], fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", qualified(table), ddl.Quote(*row[0]))); err != nil {
				return "", err
			}
			a.notes = append(a.notes, fmt.Sprintf("constraint %s is validated when the transaction has committed: %s", ddl.Quote(*row[0]), a.findings[0].Detail))
		}
	}
	if err := a.promiseUnique(ctx, staged); err != nil {
		return "", err
	}
	for _, s := range staged {
		if s.Kind != ddl.NotNull || a.major >= notNullConstraints {
			continue
		}
		// Its CHECK goes after it: dropped by the same ALTER TABLE it would
		// go before, and spare the server nothing.
		if err := a.promise(ctx, table, ledger.SetNotNull, s.Column, fmt.Sprintf("ALTER TABLE %[1]s ALTER COLUMN %[2]s SET NOT NULL; ALTER TABLE %[1]s DROP CONSTRAINT %[3]s",
			qualified(table), ddl.Quote(s.Column), ddl.Quote(proxy(table.Name, s.Column)))); err != nil {
			return "", err
		}
	}
	a.conn.AfterCommit()
	return tag, nil
}

// validates tells whether a constraint of the table, as pg.Constraints has it, is
// one of the statement's: one that was not there before, whatever its name, or
// that the statement names, or the NOT NULL of a column.
func validates(staged []stagedChange, row []*string, before [][]*string) bool {
	return slices.ContainsFunc(staged, func(s stagedChange) bool {
		switch {
		case s.Kind == ddl.Unique:
			return false
		case s.There:
			return s.Name == *row[0]
		case s.Kind == ddl.NotNull && *row[1] == "n":
			return row[4] != nil && s.Column == *row[4]
		case s.Kind == ddl.NotNull && *row[0] == proxy(s.Table.Name, s.Column):
			return true
		}
		return !slices.ContainsFunc(before, func(old []*string) bool { return *old[5] == *row[5] })
	})
}

// isThere tells a constraint that the statement validates.
func isThere(staged []stagedChange, name string) bool {
	return slices.ContainsFunc(staged, func(s stagedChange) bool { return s.There && s.Name == name })
}

// leavesNotValid tells a constraint that is NOT VALID in the statement itself.
func (a *act) leavesNotValid(name string) bool {
	return slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
		c, ok := change.(ddl.AddConstraint)
		return ok && c.NotValid && c.Name == name
	})
}

// canBeStaged refuses a foreign key that references a partitioned table: before
// 18 the constraints that stand for it with each partition would never be valid
// (measured on 14 to 17).
func (a *act) canBeStaged(ctx context.Context, staged []stagedChange) error {
	for _, s := range staged {
		c, ok := a.plan.Changes[s.action].(ddl.AddConstraint)
		if !ok || c.Constraint != ddl.ForeignKey || a.major >= notNullConstraints {
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

func named(rows [][]*string, name string) bool {
	return slices.ContainsFunc(rows, func(row []*string) bool { return *row[0] == name })
}

// promise records a task in the statement's transaction.
func (a *act) promise(ctx context.Context, table catalog.Relation, kind, object, sql string) error {
	task := ledger.NewTask{ReleaseID: a.releaseID, Kind: kind, Relation: table.OID, Schema: table.Schema, Table: table.Name, Object: object, SQL: sql}
	if err := explained(a.conn.Exec(ctx, ledger.RecordTaskSQL(task))); err != nil {
		return err
	}
	a.owe(task.Table)
	a.executed = append(a.executed, task.SQL)
	return nil
}

// notNullConstraints is the version from which NOT NULL is a constraint that can
// be NOT VALID.
const notNullConstraints = 18

// proxy is the name of the CHECK that stands for a NOT NULL until that is set.
func proxy(table, column string) string {
	return ddl.ConstraintName(table, column, "not_null_migguard")
}

// stagedSteps are the statement without its constraints, and one for each of
// these that is not there yet.
func (a *act) stagedSteps(staged []stagedChange, before [][]*string) ([]string, error) {
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
		if s.Kind == ddl.NotNull && slices.ContainsFunc(before, func(row []*string) bool {
			return *row[0] == proxy(s.Table.Name, s.Column) && (row[4] == nil || *row[4] != s.Column)
		}) {
			return nil, a.unwritable(errors.New("the name of the CHECK that would stand for it is taken"))
		}
		var sql string
		table, column := only+qualified(s.Table), ddl.Quote(s.Column)
		switch {
		case s.There, s.Kind == ddl.Unique, s.Kind == ddl.NotNull && a.major < notNullConstraints && named(before, proxy(s.Table.Name, s.Column)):
			continue // is there, from a statement before this one perhaps, or comes later
		case s.Kind != ddl.NotNull:
			if sql, err = alter.WriteNotValid(s.action); err != nil {
				return nil, a.unwritable(err)
			}
		case a.major >= notNullConstraints:
			sql = fmt.Sprintf("ALTER TABLE %s ADD NOT NULL %s NOT VALID", table, column)
		default:
			sql = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", table, ddl.Quote(proxy(s.Table.Name, s.Column)), column)
		}
		steps = append(steps, sql)
	}
	return steps, nil
}

// unwritable refuses a statement that cannot be written in another form.
func (a *act) unwritable(err error) error {
	a.verdict = judge.Refuse
	return a.refuse(notRewritten(judge.Decision{Verdict: judge.Refuse, Findings: a.findings}, err.Error()))
}

// unwatched says why a statement is not rewritten whose effects have to be
// watched.
func unwatched(d judge.Decision) judge.Decision {
	return notRewritten(d, "the statement does more than its text shows, or drops something")
}

func notRewritten(d judge.Decision, why string) judge.Decision {
	d.Verdict = judge.Refuse
	d.Obstacle = &judge.Obstacle{Wanted: judge.Rewrite, Reason: why,
		Hint: "Write it in steps, in migrations of their own: NOT VALID, then VALIDATE; for UNIQUE, CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX."}
	return d
}
