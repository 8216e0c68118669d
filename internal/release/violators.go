package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// violators are the rows that violate what a change adds to a table, as a query's FROM
// with what follows, and the SQL of what tells them apart: keys, or the values that are
// there twice. Empty where that cannot be asked.
func violators(change ddl.Change, table catalog.Relation, primary []string) (from, key string) {
	name := qualified(table)
	key = "ctid"
	if len(primary) > 0 {
		key = columnList("r.", primary)
	}
	switch c := change.(type) {
	case ddl.SetNotNull:
		return fmt.Sprintf("%s r WHERE %s IS NULL", name, ddl.Quote(c.Column)), key
	case ddl.CreateIndex:
		return duplicates(name, keysOf(c, table), c.Where, c.NullsNotDistinct)
	case ddl.AddConstraint:
		switch c.Constraint {
		case ddl.Check:
			return fmt.Sprintf("%s r WHERE NOT (%s)", name, c.Expression), key
		case ddl.Unique, ddl.PrimaryKey:
			keys := make([]string, len(c.Columns))
			for i, column := range c.Columns {
				keys[i] = ddl.Quote(column)
			}
			return duplicates(name, keys, "", c.NullsNotDistinct)
		case ddl.ForeignKey:
			if len(c.ReferencesColumns) != len(c.Columns) {
				return "", ""
			}
			if table.Kind == catalog.Table { // it is not inherited
				name = "ONLY " + name
			}
			var there, same []string
			for i, column := range c.Columns {
				there = append(there, "r."+ddl.Quote(column)+" IS NOT NULL")
				same = append(same, fmt.Sprintf("r.%s = k.%s", ddl.Quote(column), ddl.Quote(c.ReferencesColumns[i])))
			}
			all := strings.Join(there, " AND ")
			where := fmt.Sprintf("%s AND NOT EXISTS (SELECT FROM %s k WHERE %s)", all, c.References, strings.Join(same, " AND "))
			if c.MatchFull {
				where = fmt.Sprintf("%s OR (%s) AND NOT (%s)", where, strings.Join(there, " OR "), all)
			}
			return fmt.Sprintf("%s r WHERE %s", name, where), key
		}
	}
	return "", ""
}

// keysOf are an index's keys in SQL.
func keysOf(c ddl.CreateIndex, table catalog.Relation) []string {
	keys := make([]string, len(c.Columns))
	for i, key := range c.Columns {
		keys[i] = "(" + key + ")"
		if _, there := table.Column(key); there {
			keys[i] = ddl.Quote(key)
		}
	}
	return keys
}

func duplicates(table string, keys []string, where string, nullsToo bool) (from, key string) {
	var terms []string
	if where != "" {
		terms = append(terms, "("+where+")")
	}
	for _, k := range keys {
		if !nullsToo {
			terms = append(terms, k+" IS NOT NULL")
		}
	}
	if terms == nil {
		terms = []string{"true"}
	}
	list := strings.Join(keys, ", ")
	return fmt.Sprintf("%s r WHERE %s GROUP BY %s HAVING count(*) > 1", table, strings.Join(terms, " AND "), list), list
}

func columnList(of string, names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = of + ddl.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// checkDuplicates looks for rows that a unique index would find to be the same, as
// checkRows for those that break other constraints.
func (a *act) checkDuplicates(ctx context.Context, table catalog.Relation, change ddl.Change, name string) error {
	from, _ := violators(change, table, nil)
	if from == "" || has[ddl.ChangeColumnType](a.plan.Changes) || a.addsOneOf(change) {
		return nil
	}
	most := underLock
	locked, err := a.conn.Query(ctx, pg.StrongLocks(ledger.CreatedFrom))
	if err != nil {
		return explained(err)
	}
	if *locked[0][0] == "f" {
		most = 0
	}
	broken, err := a.askAside(ctx, "SELECT EXISTS (SELECT FROM "+from+")", most)
	if err != nil || !broken {
		return err
	}
	return &guard.ServerError{Response: pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR",
		Code: pg.UniqueViolation, Message: fmt.Sprintf("could not create unique index %s", ddl.Quote(name)),
		Detail: "migguard looked for duplicates before adding it, and there are.", SchemaName: table.Schema, TableName: table.Name, ConstraintName: name}}
}

// addsOneOf tells a key of a column that the statement adds.
func (a *act) addsOneOf(change ddl.Change) bool {
	c, ok := change.(ddl.AddConstraint)
	return ok && slices.ContainsFunc(a.plan.Changes, func(other ddl.Change) bool {
		column, ok := other.(ddl.AddColumn)
		return ok && slices.Contains(c.Columns, column.Column)
	})
}

// passesUnknown tells a CHECK that takes rows of code which does not know its columns: all of
// them are new, and NULL in such rows.
func (a *act) passesUnknown(ctx context.Context, change ddl.Change, table *catalog.Relation) (bool, error) {
	c, ok := change.(ddl.AddConstraint)
	if !ok || c.Constraint != ddl.Check || c.InCreate || table == nil {
		return false, nil
	}
	names, ok := ddl.ColumnsOf(c.Expression)
	if !ok || len(names) == 0 {
		return false, nil
	}
	var values []string
	for _, name := range names {
		typed := ""
		if column, there := table.Column(name); there && column.Created && !column.Filled {
			typed = column.Type
		}
		for _, other := range a.plan.Changes {
			if added, ok := other.(ddl.AddColumn); ok && added.Column == name && !added.Fills() {
				typed = added.Type
			}
		}
		if typed == "" {
			return false, nil
		}
		if value := fmt.Sprintf("NULL::%s AS %s", typed, ddl.Quote(name)); !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return a.askAside(ctx, fmt.Sprintf("SELECT coalesce((%s), true) FROM (SELECT %s) t", c.Expression, strings.Join(values, ", ")), 0)
}
