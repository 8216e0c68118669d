package task

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// Proxy is the name of the CHECK that stands for a NOT NULL until that is set.
func Proxy(table, column string) string {
	return ddl.ConstraintName(table, column, proxyLabel)
}

const proxyLabel = "not_null_migguard"

// proxied is the column whose NOT NULL a task's CHECK stands for; empty if it is a
// constraint of its own, or its name was too long for both names to be in it.
func proxied(task ledger.Task) string {
	column, ours := strings.CutSuffix(strings.TrimPrefix(task.Object, task.Table+"_"), "_"+proxyLabel)
	if !ours || Proxy(task.Table, column) != task.Object {
		return ""
	}
	return column
}

// notNullViolated is what the server says of NOT NULL where rows break the CHECK that stands
// for one: people know no such CHECK.
func notNullViolated(task ledger.Task, err error) error {
	var server *pgconn.PgError
	column := proxied(task)
	if column == "" || !errors.As(err, &server) || server.Code != pg.CheckViolation {
		return err
	}
	said := *server
	said.Code, said.ConstraintName, said.ColumnName = pg.NotNullViolation, "", column
	said.Message = fmt.Sprintf("column %s of relation %s contains null values", ddl.Quote(column), ddl.Quote(task.Table))
	return &said
}
