package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	steps, err := a.stagedSteps(staged)
	if err != nil {
		return "", err
	}
	if err := a.checkRows(ctx, staged); err != nil {
		return "", err
	}
	table := staged[0].Table
	before, err := a.conn.Query(ctx, pg.NotValid(table.OID))
	if err != nil {
		return "", err
	}
	tag, err := a.withLock(ctx, nil, record, func(ctx context.Context) (string, error) {
		err := a.conn.Exec(ctx, steps...)
		var server *guard.ServerError
		if errors.As(err, &server) {
			server.Response.Position = 0 // in another text
		}
		return a.plan.Tag, err
	})
	if err != nil {
		return "", explained(err)
	}
	a.executed = steps
	after, err := a.conn.Query(ctx, pg.NotValid(table.OID))
	if err != nil {
		return "", err
	}
	for _, row := range after {
		if slices.ContainsFunc(before, func(old []*string) bool { return *old[0] == *row[0] }) {
			continue
		}
		task := ledger.NewTask{ReleaseID: a.releaseID, Kind: ledger.ValidateConstraint, Relation: table.OID,
			Schema: table.Schema, Table: table.Name, Object: *row[0],
			SQL: fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", qualified(table), ddl.Quote(*row[0]))}
		if err := a.promise(ctx, task); err != nil {
			return "", err
		}
		a.notes = append(a.notes, fmt.Sprintf("constraint %s is added NOT VALID, and validated when the transaction has committed: %s", ddl.Quote(*row[0]), a.findings[0].Detail))
	}
	for _, s := range staged {
		if s.Kind != ddl.NotNull || a.major >= notNullConstraints {
			continue
		}
		task := ledger.NewTask{ReleaseID: a.releaseID, Kind: ledger.SetNotNull, Relation: table.OID,
			Schema: table.Schema, Table: table.Name, Object: s.Column,
			SQL: fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL, DROP CONSTRAINT %s", qualified(table), ddl.Quote(s.Column), ddl.Quote(proxy(s)))}
		if err := a.promise(ctx, task); err != nil {
			return "", err
		}
	}
	a.conn.AfterCommit()
	return tag, nil
}

// promise records a task in the statement's transaction.
func (a *act) promise(ctx context.Context, task ledger.NewTask) error {
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
func proxy(s stagedChange) string {
	return ddl.ConstraintName(s.Table.Name, s.Column, "not_null_migguard")
}

// stagedSteps are the statement without its constraints, and one for each of
// these.
func (a *act) stagedSteps(staged []stagedChange) ([]string, error) {
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
		var sql string
		table, column := only+qualified(s.Table), ddl.Quote(s.Column)
		switch {
		case s.Kind != ddl.NotNull:
			if sql, err = alter.WriteNotValid(s.action); err != nil {
				return nil, a.unwritable(err)
			}
		case a.major >= notNullConstraints:
			sql = fmt.Sprintf("ALTER TABLE %s ADD NOT NULL %s NOT VALID", table, column)
		default:
			sql = fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", table, ddl.Quote(proxy(s)), column)
		}
		steps = append(steps, sql)
	}
	return steps, nil
}

// unwritable refuses a statement that cannot be written in another form.
func (a *act) unwritable(err error) error {
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
		Hint: "Write it NOT VALID in a statement of its own, and VALIDATE it in a migration of its own."}
	return d
}
