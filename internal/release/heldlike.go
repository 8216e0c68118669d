package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
)

// copyHeld has what waits of a table made at once for one that is made in its likeness:
// of that nobody writes a row yet.
func (a *act) copyHeld(ctx context.Context) error {
	a.mu.Lock()
	some := a.withholds && a.making.Load() == 0
	a.mu.Unlock()
	if !some || len(a.plan.Changes) == 0 {
		return nil
	}
	c, ok := a.plan.Changes[0].(ddl.CreateTable)
	if !ok || len(c.Like) == 0 {
		return nil
	}
	if c.IfNotExists {
		there, err := a.conn.Query(ctx, "SELECT pg_catalog.to_regclass("+ddl.Literal(c.Relation.String())+") IS NOT NULL")
		if err != nil || *there[0][0] == "t" {
			return explained(err)
		}
	}
	for _, like := range ddl.LikenessesOf(a.text) {
		held, err := a.heldWhere(ctx, "withheld.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass("+ddl.Literal(like.Of.String())+")")
		if err != nil {
			return err
		}
		for _, h := range held {
			sql, err := h.likewise(c.Relation, like)
			if err != nil {
				return a.unjudged(fmt.Sprintf("%s of %s is not there yet, and cannot be written for the copy", ddl.Quote(h.object), like.Of), "Write the columns out.")
			}
			if sql != "" {
				a.beside = append(a.beside, sql)
				a.notes = append(a.notes, fmt.Sprintf("%s of %s waits for code that is still running, and is copied as if it were there", ddl.Quote(h.object), like.Of))
			}
		}
	}
	return nil
}

// likewise is the SQL that makes it on a table which has the columns, where LIKE would
// have copied it; else nothing.
func (h heldRow) likewise(on ddl.Name, like ddl.Likeness) (string, error) {
	if h.gone {
		return "", nil
	}
	switch h.kind {
	case ledger.WithheldNotNull:
		c := notNullOf(h.statement)
		c.Column, c.NotValid = h.columns[0], false
		return c.Write(on.String()), nil
	case ledger.WithheldDefault:
		if !like.Defaults {
			return "", nil
		}
		return dropDefault(on, h.columns[0]), nil
	}
	parsed := ddl.Parse(h.statement)
	if len(parsed) != 1 || len(parsed[0].Changes) != 1 {
		return "", ddl.ErrUnfaithful
	}
	sql, err := ddl.Renamed(h.statement, ddl.Renames{Table: parsed[0].Changes[0].Relations()[0].Name, Columns: h.renamed})
	if err != nil {
		return "", err
	}
	c, ok := parsed[0].Changes[0].(ddl.AddConstraint)
	switch {
	case !ok && like.Indexes: // its name is chosen anew
		return ddl.WriteIndex(sql, ddl.IndexForm{On: on})
	case !ok, c.Constraint == ddl.ForeignKey, c.Constraint == ddl.Check && !like.Checks, c.Constraint != ddl.Check && !like.Indexes:
		return "", nil
	}
	alter, err := ddl.TakeApart(sql, parsed[0].Changes)
	if err != nil {
		return "", err
	}
	if c.Constraint == ddl.Check {
		return alter.WriteValid(on, 0) // there are no rows
	}
	if err := alter.Name(0, ""); err != nil {
		return "", err
	}
	return alter.Write(on, 0)
}
