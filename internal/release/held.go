package release

import (
	"context"
	"fmt"
	"slices"

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
	if h.kind == ledger.WithheldNotNull {
		return name != "" && notNullOf(h.statement).Name == name
	}
	return h.object == name && (h.kind == ledger.WithheldConstraint || h.kind == ledger.WithheldIndex)
}

// notNullOf is the NOT NULL that a statement makes.
func notNullOf(statement string) (c ddl.SetNotNull) {
	if parsed := ddl.Parse(statement); len(parsed) == 1 && len(parsed[0].Changes) == 1 {
		c, _ = parsed[0].Changes[0].(ddl.SetNotNull)
	}
	return c
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
			return false, nil, notYetThere(h.object)
		}
		answered = answered || answers
		if answers && !taken {
			keep, err := a.keepHeld(ctx, change, h)
			if err != nil {
				return false, nil, err
			}
			closing = append(closing, keep...)
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

// notYetThere refuses what would need, or make otherwise, something that waits.
func notYetThere(object string) *guard.Refusal {
	return &guard.Refusal{Code: codeDeferred,
		Message: fmt.Sprintf("%s is not there yet: a migration has asked for it, and it waits for code from before that", ddl.Quote(object)),
		Detail:  "It is made by a later release, when that code is gone; \"migguard shims\" tells what it waits for.",
		Hint:    "Put this statement in a release after that one. To have such things made at once: [policy] rejected-write = \"allow\"."}
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
		return false, h.isNamed(c.Name) && !h.makesIndex(), h.isNamed(c.To)
	case ddl.RenameTable:
		return false, c.Kind == ddl.KindIndex && h.isNamed(c.Relation.Name), false
	case ddl.Comment:
		answers = c.Kind == ddl.KindIndex && h.makesIndex() || c.Kind == ddl.KindConstraint && !h.makesIndex()
		return false, answers && h.isNamed(c.Object.Name), false
	case ddl.SetClusterIndex:
		return false, false, h.isNamed(c.Index)
	case ddl.Cluster:
		return false, false, h.isNamed(c.Index)
	case ddl.SetReplicaIdentity:
		return false, false, h.isNamed(c.Index)
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
