package release

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
)

// keepHeld is the SQL that keeps, with what waits, what a change would have done to it: it
// is made that way.
func (a *act) keepHeld(ctx context.Context, change ddl.Change, h heldRow) (sql []string, err error) {
	var statement, to string
	switch c := change.(type) {
	case ddl.ValidateConstraint:
		if statement, err = h.valid(); err == nil {
			return []string{ledger.RewriteWithheldSQL(h.id, statement)}, nil
		}
	case ddl.Comment:
		return []string{ledger.CommentWithheldSQL(h.id, c.Text)}, nil
	case ddl.RenameConstraint:
		to = c.To
	case ddl.RenameTable:
		to = c.To
	default:
		return nil, nil
	}
	if err == nil {
		statement, err = h.named(to)
	}
	if err != nil {
		return nil, a.unjudged(fmt.Sprintf("%s is not there yet, and cannot be written anew", ddl.Quote(h.object)), "Put it in a release after this one.")
	}
	if err := a.nameIsTaken(ctx, h, to); err != nil {
		return nil, err
	}
	if h.kind == ledger.WithheldNotNull { // which is known by its column
		return []string{ledger.RewriteWithheldSQL(h.id, statement)}, nil
	}
	return []string{ledger.RenameWithheldSQL(h.id, to, statement)}, nil
}

// nameIsTaken is the server's error, or one like it, where something has the name that
// what waits is to have.
func (a *act) nameIsTaken(ctx context.Context, h heldRow, name string) error {
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) withheld.relation AND k.conname OPERATOR(pg_catalog.=) %[1]s),
		EXISTS (SELECT FROM pg_catalog.pg_class c, pg_catalog.pg_class t WHERE t.oid OPERATOR(pg_catalog.=) withheld.relation
			AND c.relnamespace OPERATOR(pg_catalog.=) t.relnamespace AND c.relname OPERATOR(pg_catalog.=) %[1]s)
		FROM %[2]s WHERE withheld.id OPERATOR(pg_catalog.=) %[3]s`, ddl.Literal(name), ledger.WithheldFrom, h.id))
	if err != nil {
		return explained(err)
	}
	if *rows[0][0] == "f" && (*rows[0][1] == "f" || !h.hasIndex()) {
		return nil
	}
	return &guard.ServerError{Response: pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR",
		Code: "42710", Message: fmt.Sprintf("%s already exists", ddl.Quote(name))}} // duplicate_object
}

// change is what its statement makes; nil where that cannot be read.
func (h heldRow) change() ddl.Change {
	parsed := ddl.Parse(h.statement)
	if len(parsed) != 1 || len(parsed[0].Changes) != 1 || len(parsed[0].Changes[0].Relations()) == 0 {
		return nil
	}
	return parsed[0].Changes[0]
}

// hasIndex tells what has an index under its name.
func (h heldRow) hasIndex() bool {
	c, ok := h.change().(ddl.AddConstraint)
	return h.kind != ledger.WithheldNotNull && (!ok || c.Constraint != ddl.Check && c.Constraint != ddl.ForeignKey)
}

// named is the statement that makes it under another name.
func (h heldRow) named(name string) (string, error) {
	change := h.change()
	if change == nil {
		return "", ddl.ErrUnfaithful
	}
	table := change.Relations()[0]
	if h.makesIndex() {
		return ddl.WriteIndex(h.statement, ddl.IndexForm{On: table, Index: name})
	}
	alter, err := ddl.TakeApart(h.statement, []ddl.Change{change})
	if err == nil {
		err = alter.Name(0, name)
	}
	if err != nil {
		return "", err
	}
	return alter.Write(table, 0)
}

// valid is the statement that makes a constraint whose rows are looked at.
func (h heldRow) valid() (string, error) {
	change := h.change()
	if change == nil {
		return "", ddl.ErrUnfaithful
	}
	alter, err := ddl.TakeApart(h.statement, []ddl.Change{change})
	if err != nil {
		return "", err
	}
	return alter.WriteValid(change.Relations()[0], 0)
}
