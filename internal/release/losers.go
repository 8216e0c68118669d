package release

import (
	"context"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// losers asks who may do less when a relation has another owner.
func (a *act) losers(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
	switch c := change.(type) {
	case ddl.RevokeRole:
		if c.OptionOnly || a.idle {
			return nil
		}
		return a.lostWith(ctx, c.Role, c.From, found)
	case ddl.DropOwned:
		for _, role := range c.Roles {
			if err := a.lostWith(ctx, role, role, found); err != nil || a.idle {
				return err
			}
		}
		return nil
	}
	c, ok := change.(ddl.SetOwner)
	if !ok || a.idle || found.Relation == nil || found.Relation.Created {
		return nil
	}
	rows, err := a.conn.Query(ctx, pg.Losers(found.Relation.OID, roleIs(c.Owner)))
	if err != nil {
		return explained(err)
	}
	for _, row := range rows {
		found.Losers = append(found.Losers, *row[0])
	}
	return nil
}

// lostWith asks what running code may use only as a role that is taken from another, or from itself.
func (a *act) lostWith(ctx context.Context, role, from string, found *catalog.Lookup) error {
	rows, err := a.conn.Query(ctx, pg.LostBy(roleIs(role), roleIs(from), ledger.CreatedFrom))
	if err != nil {
		return explained(err)
	}
	for _, row := range rows {
		found.Lost = append(found.Lost, catalog.Relation{Schema: *row[0], Name: *row[1]})
	}
	return nil
}

// roleIs is a role of a statement in SQL.
func roleIs(role string) string {
	switch role {
	case "current_user", "current_role", "session_user":
		return role
	}
	return ddl.Literal(role)
}
