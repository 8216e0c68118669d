package release

import (
	"context"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// triggerSource asks what the function of a new trigger does. One that the statement does
// not find has none: the server says so.
func (a *act) triggerSource(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
	c, ok := change.(ddl.CreateTrigger)
	if !ok || a.idle || found.Relation == nil || found.Relation.Created {
		return nil
	}
	doc, err := a.document(ctx, pg.TriggerSource(ddl.Literal(c.Function.String()+"()")))
	found.TriggerSource = string(doc)
	return err
}
