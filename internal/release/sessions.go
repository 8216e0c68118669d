package release

import (
	"context"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// ofSessions tells a change of who may log in, or of what new sessions begin with, and what
// it has to be asked about, as literals: a time and a setting.
func ofSessions(change ddl.Change) (until, setting string, ok bool) {
	until, setting = "NULL", "''"
	switch c := change.(type) {
	case ddl.AlterRole:
		if c.ValidUntil != nil {
			until = ddl.Literal(*c.ValidUntil)
		}
	case ddl.AlterDatabase:
		return until, setting, c.Limit != nil
	case ddl.SetSessionDefault:
		if c.FromCurrent {
			setting = ddl.Literal(c.Setting)
		}
	case ddl.RenameObject:
		return until, setting, c.Kind == ddl.KindRole
	default:
		return until, setting, false
	}
	return until, setting, true
}

// sessions asks who logs in to the database.
func (a *act) sessions(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
	until, setting, ok := ofSessions(change)
	if !ok || a.idle {
		return nil
	}
	doc, err := a.document(ctx, pg.Sessions(until, setting, ledger.CreatedFrom))
	if err != nil {
		return explained(err)
	}
	found.Sessions, err = catalog.DecodeSessions(doc)
	return err
}
