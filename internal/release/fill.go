package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// A filledChange is a column with the place of its action in the statement.
type filledChange struct {
	judge.FilledColumn
	action int
	// notNull is the name of its NOT NULL, or of the CHECK that stands for it.
	notNull string
	// partitions are the names of those of its table.
	partitions []string
	// sequence and numbers are those of a serial or identity column.
	sequence ddl.Name
	numbers  ddl.Numbered
}

// empty has the columns written without their values.
func (a *act) empty(ctx context.Context, filled []filledChange, before constraints) error {
	if filled == nil {
		return nil
	}
	alter, err := a.takeApart()
	if err != nil {
		return a.unwritable(err)
	}
	for i := range filled {
		f := &filled[i]
		if f.partitions, err = a.partitionsToFill(ctx, f.Table); err != nil {
			return err
		}
		var name string
		if f.Numbered {
			if f.sequence, err = a.sequenceName(ctx, f.Table, f.Column); err != nil {
				return err
			}
			f.numbers, err = alter.EmptyNumbered(f.action, ddl.Name{Schema: f.Table.Schema, Name: f.Table.Name}, f.sequence)
			name, f.Default = f.numbers.NotNull, f.numbers.Value
		} else {
			name, err = alter.Empty(f.action)
		}
		if err != nil {
			return a.unwritable(err)
		}
		switch {
		case a.major < notNullConstraints:
			name = task.Proxy(f.Table.Name, f.Column)
		case name == "":
			name = ddl.ConstraintName(f.Table.Name, f.Column, "not_null")
		}
		if _, taken := before.named(name); taken && f.NotNull {
			return a.unwritable(errors.New("the name of the constraint that would stand for NOT NULL is taken"))
		}
		f.notNull = name
	}
	return nil
}

// promiseFilled has the rows that are there filled when the transaction has
// committed. Only then can they be kept NOT NULL: a constraint, even one that is
// NOT VALID, would reject every UPDATE of a row that has no value yet.
func (a *act) promiseFilled(ctx context.Context, filled []filledChange) error {
	for _, f := range filled {
		table, column := qualified(f.Table), ddl.Quote(f.Column)
		update := fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s IS NULL", table, column, f.Default, column)
		if err := a.promise(ctx, f.Table, ledger.BackfillColumn, f.Column, update); err != nil {
			return err
		}
		a.markUnfilled(f.Table.Name, append(f.partitions, f.Table.Name)...)
		a.notes = append(a.notes, fmt.Sprintf("the rows there are get their values of column %s in batches when the transaction has committed: %s", column, a.findings[0].Detail))
		if !f.NotNull {
			continue
		}
		what := "CHECK (" + column + " IS NOT NULL)"
		if a.major >= notNullConstraints {
			what = "NOT NULL " + column
		}
		if err := a.promise(ctx, f.Table, ledger.AddConstraint, f.notNull, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID", table, ddl.Quote(f.notNull), what)); err != nil {
			return err
		}
		if err := a.promiseValidation(ctx, f.Table, f.notNull); err != nil {
			return err
		}
		if err := a.promiseNotNull(ctx, f.Table, f.Column); err != nil {
			return err
		}
		if err := a.promiseIdentity(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// partitionsToFill are the names of a table's partitions, which are filled one by
// one. It refuses what the UPDATE of one would do besides.
func (a *act) partitionsToFill(ctx context.Context, table catalog.Relation) (names []string, err error) {
	if table.Kind != catalog.PartitionedTable {
		return nil, nil
	}
	rows, err := a.conn.Query(ctx, pg.PartitionsToFill(table.OID))
	if err != nil {
		return nil, explained(err)
	}
	for _, row := range rows {
		for i, why := range []string{"is a foreign table", "has triggers or rules, which an UPDATE of its rows would fire, as ADD COLUMN does not",
			"has row level security, which may hide rows", "belongs to another role"} {
			if *row[1+i] == "t" {
				return nil, a.unwritable(fmt.Errorf("its partition %s %s", ddl.Quote(*row[0]), why))
			}
		}
		names = append(names, *row[0])
	}
	return names, nil
}

// markUnfilled remembers a table whose rows get values after the commit, by its
// name and those of its partitions. Texts may have been looked at before.
func (g *gate) markUnfilled(table string, names ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range names {
		g.unfilled = append(g.unfilled, unfilledTable{table, name})
	}
	clear(g.cache)
}

// An unfilledTable is a name under which the rows of a table are read.
type unfilledTable struct{ table, name string }

// touchesUnfilled tells a text that may be about such a table. The caller holds
// mu.
func (g *gate) touchesUnfilled(sql string) bool {
	return slices.ContainsFunc(g.unfilled, func(u unfilledTable) bool { return mentions(sql, u.name) })
}

// mentions tells a text with a name in it, in whatever case, or something that
// looks like one.
func mentions(sql, name string) bool {
	sql, name = strings.ToLower(sql), strings.ToLower(name)
	for {
		before, after, found := strings.Cut(sql, name)
		if !found {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(after)
		if !inName(last) && !inName(first) {
			return true
		}
		sql = sql[len(before)+1:]
	}
}

// inName tells the characters that a name goes on with (manual, "Identifiers and
// Key Words").
func inName(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// checkUnfilled refuses to read or write rows in the transaction that owes them
// their values: they would be read without.
func (a *act) checkUnfilled(ctx context.Context) error {
	if a.plan.Class == ddl.Schema {
		return nil
	}
	var tables []string
	a.mu.Lock()
	for _, u := range a.unfilled {
		if mentions(a.text, u.name) {
			tables = append(tables, u.table)
		}
	}
	a.mu.Unlock()
	if tables == nil {
		return nil
	}
	owed, err := a.owedTasks(ctx)
	if err != nil {
		return err
	}
	for _, o := range owed {
		if o.Kind != ledger.BackfillColumn || !slices.Contains(tables, o.Table) {
			continue
		}
		a.verdict = judge.Refuse
		return &guard.Refusal{Code: codeTask,
			Message: fmt.Sprintf("%s on %s are filled in when the transaction that adds it has committed, and this statement would find none", task.Describe(o).What, ddl.Name{Schema: o.Schema, Name: o.Table}),
			Hint:    "Put it in a migration of its own, after that one."}
	}
	return nil
}
