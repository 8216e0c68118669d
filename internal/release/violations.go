package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// SQLSTATEs of rows that break a constraint (manual, appendix A).
var violated = map[ddl.ConstraintKind]string{ddl.Check: pg.CheckViolation, ddl.ForeignKey: "23503", ddl.NotNull: pg.NotNullViolation}

// underLock bounds the search for rows that break a constraint while the
// transaction keeps others from a table: most are found at once.
const underLock = 100 * time.Millisecond

// checkRows looks for a row that breaks one of the constraints, as the statement
// would have, while others read and write.
func (a *act) checkRows(ctx context.Context, staged []stagedChange) error {
	locked, err := a.conn.Query(ctx, pg.StrongLocks(ledger.CreatedFrom))
	if err != nil {
		return explained(err)
	}
	most := underLock
	if *locked[0][0] == "f" {
		most = 0
	}
	return a.search(ctx, staged, most, func(ctx context.Context, s stagedChange) (string, error) {
		if s.Inline {
			return a.violationsBefore(ctx, s)
		}
		return a.violations(ctx, s, a.rowsOf(s))
	})
}

// search asks of each constraint, by its query if there is one, whether a row breaks
// it: for most of all of them together, unless that is 0.
func (a *act) search(ctx context.Context, staged []stagedChange, most time.Duration, query func(context.Context, stagedChange) (string, error)) error {
	if has[ddl.ChangeColumnType](a.plan.Changes) {
		return nil // the rows will be others
	}
	began := time.Now()
	for _, s := range staged {
		if s.There || s.Indexed() {
			continue
		}
		sql, err := query(ctx, s)
		if err != nil {
			return err
		}
		left := most
		if most > 0 { // at least what statement_timeout can say
			left = max(most-time.Since(began), time.Millisecond)
		}
		if sql == "" {
			continue
		}
		broken, err := a.askAside(ctx, sql, left)
		if err != nil {
			return err
		}
		if broken {
			return &guard.ServerError{Response: pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR",
				Code: violated[s.Kind], Message: s.broken(),
				Detail: "migguard looked for such rows before adding it.", SchemaName: s.Table.Schema, TableName: s.Table.Name, ConstraintName: s.Name}}
		}
	}
	return nil
}

// broken is the server's message, or one like it.
func (s stagedChange) broken() string {
	name, table := s.Name, hazard.Display(s.Table)
	switch {
	case s.Kind == ddl.NotNull:
		return fmt.Sprintf("column %s of relation %s contains null values", ddl.Quote(s.Column), table)
	case name == "":
		return fmt.Sprintf("the new %s constraint of relation %s is violated by some row", s.Kind, table)
	}
	return fmt.Sprintf("%s constraint %s of relation %s is violated by some row", s.Kind, ddl.Quote(name), table)
}

// rowsOf are the rows that a constraint is for, as in FROM.
func (a *act) rowsOf(s stagedChange) string {
	// A foreign key is not inherited, but by partitions.
	if a.apart.Only() || s.Kind == ddl.ForeignKey && s.Table.Kind == catalog.Table {
		return "ONLY " + qualified(s.Table)
	}
	return qualified(s.Table)
}

// violations is the query whether there is such a row among these; empty where there
// is none to be had.
func (a *act) violations(ctx context.Context, s stagedChange, rows string) (string, error) {
	if s.Kind == ddl.NotNull && a.addsEmpty(s.Column) {
		return fmt.Sprintf("SELECT EXISTS (SELECT FROM %s)", rows), nil
	}
	if s.Kind == ddl.NotNull {
		return fmt.Sprintf("SELECT EXISTS (SELECT FROM %s WHERE %s IS NULL)", rows, ddl.Quote(s.Column)), nil
	}
	if s.Kind == ddl.Check {
		sql, err := a.apart.WriteViolations(s.action)
		if err != nil {
			return "", a.unwritable(err)
		}
		return sql, nil
	}
	c := a.plan.Changes[s.action].(ddl.AddConstraint)
	referenced := c.ReferencesColumns
	if referenced == nil {
		key, err := a.conn.Query(ctx, pg.PrimaryKey(ddl.Literal(c.References.String())))
		if err != nil {
			return "", err
		}
		for _, row := range key {
			referenced = append(referenced, *row[0])
		}
	}
	if len(referenced) != len(c.Columns) {
		return "", nil
	}
	var there, same []string
	for i, column := range c.Columns {
		there = append(there, "r."+ddl.Quote(column)+" IS NOT NULL")
		same = append(same, fmt.Sprintf("r.%s = k.%s", ddl.Quote(column), ddl.Quote(referenced[i])))
	}
	return fmt.Sprintf("SELECT EXISTS (SELECT FROM %s r WHERE %s AND NOT EXISTS (SELECT FROM %s k WHERE %s))",
		rows, strings.Join(there, " AND "), c.References, strings.Join(same, " AND ")), nil
}

// addsEmpty tells a column that the statement adds without a value.
func (a *act) addsEmpty(column string) bool {
	return slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
		c, ok := change.(ddl.AddColumn)
		return ok && c.Column == column && !c.Fills()
	})
}

// askAside runs a query that may take no longer than most, unless that is 0. Its
// failure says nothing: the statement itself will say what is wrong.
func (a *act) askAside(ctx context.Context, query string, most time.Duration) (bool, error) {
	yes := false
	err := a.aside(ctx, func() error {
		if most > 0 {
			if err := a.conn.Exec(ctx, fmt.Sprintf("SELECT pg_catalog.set_config('statement_timeout', '%d', true)", most.Milliseconds())); err != nil {
				return err
			}
		}
		rows, err := a.conn.Query(ctx, query)
		var server *guard.ServerError
		if err != nil && (!errors.As(err, &server) || server.SQLState() == pg.QueryCanceled && most == 0) {
			return err
		}
		yes = err == nil && *rows[0][0] == "t"
		return nil
	})
	return yes, err
}
