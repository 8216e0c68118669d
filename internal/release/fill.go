package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// A filledChange is a column with the place of its action in the statement.
type filledChange struct {
	judge.FilledColumn
	action int
	// notNull is the name of its NOT NULL, or of the CHECK that stands for it.
	notNull string
}

// empty has the columns written without their values.
func (a *act) empty(filled []filledChange, before constraints) error {
	if filled == nil {
		return nil
	}
	alter, err := a.takeApart()
	if err != nil {
		return a.unwritable(err)
	}
	for i := range filled {
		f := &filled[i]
		name, err := alter.Empty(f.action)
		if err != nil {
			return a.unwritable(err)
		}
		switch {
		case a.major < notNullConstraints:
			name = proxy(f.Table.Name, f.Column)
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
		a.markUnfilled(f.Table.Name)
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
	}
	return nil
}

// markUnfilled remembers a table whose rows get values after the commit. Texts
// may have been looked at before.
func (g *gate) markUnfilled(table string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unfilled = append(g.unfilled, table)
	clear(g.cache)
}

// touchesUnfilled tells a text that may be about such a table. The caller holds
// mu.
func (g *gate) touchesUnfilled(sql string) bool {
	return slices.ContainsFunc(g.unfilled, func(table string) bool { return mentions(sql, table) })
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
	a.mu.Lock()
	touches := a.plan.Class != ddl.Schema && a.touchesUnfilled(a.text)
	a.mu.Unlock()
	if !touches {
		return nil
	}
	owed, err := a.owedTasks(ctx)
	if err != nil {
		return err
	}
	for _, o := range owed {
		if o.Kind != ledger.BackfillColumn || !mentions(a.text, o.Table) {
			continue
		}
		a.verdict = judge.Refuse
		return &guard.Refusal{Code: codeTask,
			Message: fmt.Sprintf("%s on %s are filled in when the transaction that adds it has committed, and this statement would find none", spoken[o.Kind].what(o), ddl.Name{Schema: o.Schema, Name: o.Table}),
			Hint:    "Put it in a migration of its own, after that one."}
	}
	return nil
}
