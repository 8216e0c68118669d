package release

import (
	"context"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// losers asks who may do less when a relation has another owner.
func (a *act) losers(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
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

// roleIs is a role of a statement in SQL.
func roleIs(role string) string {
	switch role {
	case "current_user", "current_role", "session_user":
		return role
	}
	return ddl.Literal(role)
}
