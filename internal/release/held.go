package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// A heldRow is what waits and a statement may mean.
type heldRow struct {
	id, kind, object, statement string
	columns                     []string // their names now
	renamed                     map[string]string
	gone                        bool // with one of them, to be closed
	follows                     bool // what its columns are called in statement is known
}

func (h heldRow) makesIndex() bool { return h.kind == ledger.WithheldIndex }

// isNamed tells a constraint or an index of that name.
func (h heldRow) isNamed(name string) bool {
	return h.object == name && (h.kind == ledger.WithheldConstraint || h.kind == ledger.WithheldIndex)
}

// isOf tells what waits of a column by itself.
func (h heldRow) isOf(kind, column string) bool {
	return h.kind == kind && slices.Contains(h.columns, column)
}

// meetHeld looks whether a change is about something that waits. answered says that
// nothing is left of it to do, close is SQL for what it takes back.
func (a *act) meetHeld(ctx context.Context, i int) (answered bool, closing []string, err error) {
	a.mu.Lock()
	some := a.withholds && a.making.Load() == 0
	a.mu.Unlock()
	change := a.plan.Changes[i]
	if !some || len(change.Relations()) == 0 {
		return false, nil, nil
	}
	held, err := a.heldOf(ctx, change)
	if err != nil {
		return false, nil, err
	}
	for _, h := range held {
		if a.takenBack[h.id] {
			continue // by this statement
		}
		if h.gone {
			closing = append(closing, ledger.CloseWithheldSQL(h.id, a.releaseID, false, "its table, or a column of it, is gone"))
			continue
		}
		taken, answers, inTheWay := a.meets(i, h)
		if inTheWay {
			a.verdict = judge.Refuse
			return false, nil, &guard.Refusal{Code: codeDeferred,
				Message: fmt.Sprintf("%s is not there yet: a migration has asked for it, and it waits for code from before that", ddl.Quote(h.object)),
				Detail:  "It is made by a later release, when that code is gone; \"migguard shims\" tells what it waits for.",
				Hint:    "Put this statement in a release after that one. To have such things made at once: [policy] rejected-write = \"allow\"."}
		}
		answered = answered || answers
		if c, ok := change.(ddl.ValidateConstraint); ok && answers {
			sql, err := h.valid()
			if err != nil {
				return false, nil, a.unjudged(fmt.Sprintf("%s is not there yet, and cannot be written anew", ddl.Quote(c.Name)), "Put it in a release after this one.")
			}
			closing = append(closing, ledger.RewriteWithheldSQL(h.id, sql))
		}
		if taken {
			if a.takenBack == nil {
				a.takenBack = map[string]bool{}
			}
			a.takenBack[h.id] = true
			closing = append(closing, ledger.CloseWithheldSQL(h.id, a.releaseID, false, "taken back"))
		}
		if answers {
			note := fmt.Sprintf("%s waits for code that is still running", ddl.Quote(h.object))
			if taken {
				note = fmt.Sprintf("%s waited for code that is still running, and is taken back", ddl.Quote(h.object))
			}
			a.verdict = a.verdict.Over(judge.Shim)
			a.notes = append(a.notes, note)
			a.conn.Notice("migguard: "+note, "", "")
		}
	}
	return answered, closing, nil
}

// valid is the statement that makes a constraint whose rows are looked at.
func (h heldRow) valid() (string, error) {
	parsed := ddl.Parse(h.statement)
	if len(parsed) != 1 || len(parsed[0].Changes) != 1 {
		return "", ddl.ErrUnfaithful
	}
	alter, err := ddl.TakeApart(h.statement, parsed[0].Changes)
	if err != nil {
		return "", err
	}
	return alter.WriteValid(parsed[0].Changes[0].Relations()[0], 0)
}

// meets tells what a change does to something that waits: takes it back, is answered by
// it, or cannot go before it.
func (a *act) meets(i int, h heldRow) (taken, answers, inTheWay bool) {
	switch c := a.plan.Changes[i].(type) {
	case ddl.DropConstraint:
		taken = h.isNamed(c.Name) && !h.makesIndex()
		return taken, taken, false
	case ddl.DropIndex:
		taken = h.isNamed(c.Index.Name) && h.makesIndex()
		return taken, taken, false
	case ddl.DropNotNull:
		return h.isOf(ledger.WithheldNotNull, c.Column), false, false
	case ddl.SetDefault:
		return h.isOf(ledger.WithheldDefault, c.Column) && !ddl.IsNull(c.Default), false, false
	case ddl.ValidateConstraint:
		if !h.isNamed(c.Name) {
			return false, false, false
		}
		_, err := h.valid()
		return false, err == nil, false // the server says of others that it does not validate such
	case ddl.AddConstraint:
		switch {
		case c.UsingIndex != "" && h.isNamed(c.UsingIndex):
			return false, false, true
		case h.isNamed(c.Name):
			same := a.isHeld(i, h)
			return false, same, !same
		}
	case ddl.CreateIndex:
		if h.isNamed(c.Name) {
			same := c.IfNotExists || a.isHeld(i, h)
			return false, same, !same
		}
	case ddl.RenameConstraint:
		return false, false, h.isNamed(c.Name) || h.isNamed(c.To)
	case ddl.AlterConstraint:
		return false, false, h.isNamed(c.Name)
	case ddl.RenameColumn: // which its statement follows, if it is known what is called so there
		return false, false, !h.follows && slices.Contains(h.columns, c.Column) && (h.kind == ledger.WithheldConstraint || h.kind == ledger.WithheldIndex)
	}
	return false, false, false
}

// isHeld tells a statement that was sent before, by a run that ended before its runner
// could note it.
func (a *act) isHeld(i int, h heldRow) bool {
	change := a.plan.Changes[i]
	parsed := ddl.Parse(h.statement)
	if len(parsed) != 1 || len(parsed[0].Changes) != 1 || len(parsed[0].Changes[0].Relations()) == 0 {
		return false
	}
	table := parsed[0].Changes[0].Relations()[0]
	if c, ok := change.(ddl.AddConstraint); ok && c.NotValid { // it may have been validated since
		alter, err := a.takeApart()
		if err != nil {
			return false
		}
		if sql, err := alter.WriteValid(table, i); err == nil && sql == h.statement {
			return true
		}
	}
	if _, ok := change.(ddl.CreateIndex); ok {
		sql, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: h.object})
		return err == nil && sql == h.statement
	}
	alter, err := a.takeApart()
	if err != nil {
		return false
	}
	sql, err := alter.Write(table, i)
	return err == nil && sql == h.statement
}

// heldOf is what waits of the table that a change names, or under an index's name.
func (a *act) heldOf(ctx context.Context, change ddl.Change) (held []heldRow, err error) {
	where := "withheld.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass(" + ddl.Literal(change.Relations()[0].String()) + ")"
	if c, ok := change.(ddl.DropIndex); ok {
		schemas := "pg_catalog.current_schemas(true)"
		if c.Index.Schema != "" {
			schemas = "ARRAY[" + ddl.Literal(c.Index.Schema) + "]::pg_catalog.name[]"
		}
		where = fmt.Sprintf(`withheld.object_name OPERATOR(pg_catalog.=) %s AND pg_catalog.to_regclass(%s) IS NULL AND EXISTS (
			SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
			WHERE c.oid OPERATOR(pg_catalog.=) withheld.relation AND n.nspname OPERATOR(pg_catalog.=) ANY (%s))`, ddl.Literal(c.Index.Name), ddl.Literal(c.Index.String()), schemas)
	}
	return a.heldWhere(ctx, where)
}

// heldWhere is what waits and a condition holds for.
func (a *act) heldWhere(ctx context.Context, where string) (held []heldRow, err error) {
	rows, err := a.conn.Query(ctx, `SELECT id, kind, object_name, statement, (
		SELECT pg_catalog.string_agg(t.attname, E'\n') FROM pg_catalog.pg_attribute t
		WHERE t.attrelid OPERATOR(pg_catalog.=) withheld.relation AND t.attnum OPERATOR(pg_catalog.=) ANY (withheld.attnums) AND NOT t.attisdropped),
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute t WHERE t.attrelid OPERATOR(pg_catalog.=) withheld.relation
		AND t.attnum OPERATOR(pg_catalog.=) ANY (withheld.attnums) AND NOT t.attisdropped) OPERATOR(pg_catalog.<>) pg_catalog.cardinality(withheld.attnums)
		, (SELECT pg_catalog.json_object_agg(withheld.columns[one.n], t.attname) FROM pg_catalog.unnest(withheld.attnums) WITH ORDINALITY one (attnum, n)
			JOIN pg_catalog.pg_attribute t ON t.attrelid OPERATOR(pg_catalog.=) withheld.relation AND t.attnum OPERATOR(pg_catalog.=) one.attnum AND NOT t.attisdropped)
		, columns IS NOT NULL FROM `+ledger.WithheldFrom+" WHERE "+where)
	if err != nil {
		return nil, explained(err)
	}
	for _, row := range rows {
		h := heldRow{id: *row[0], kind: *row[1], object: *row[2], statement: *row[3], gone: *row[5] == "t", follows: *row[7] == "t"}
		if h.follows && row[6] != nil {
			if err := json.Unmarshal([]byte(*row[6]), &h.renamed); err != nil {
				return nil, fmt.Errorf("read what waits: %w", err)
			}
		}
		if row[4] != nil {
			h.columns = strings.Split(*row[4], "\n")
		}
		held = append(held, h)
	}
	return held, nil
}

// answer does what is left of a statement, some of whose changes are about what waits.
func (a *act) answer(ctx context.Context, record []string) (string, error) {
	if len(a.answered) < len(a.plan.Changes) && !has[ddl.DropIndex](a.plan.Changes) {
		if _, err := a.takeApart(); err != nil {
			return "", a.unjudged("it is about what is not there yet, and cannot be written without that", "Write it in statements of their own.")
		}
		rest, err := a.withoutHeld(nil)
		if err != nil {
			return "", a.unjudged(err.Error(), "Write it in statements of their own.")
		}
		a.executed = rest
		tag, err := a.withLock(ctx, nil, record, a.instead(rest...))
		return tag, explained(err)
	}
	if len(a.answered) < len(a.plan.Changes) {
		return "", a.unjudged("one of the indexes is not there yet", "Drop each in a statement of its own.")
	}
	if len(record) == 0 {
		return a.plan.Tag, nil
	}
	return a.plan.Tag, explained(a.conn.Exec(ctx, record...))
}
