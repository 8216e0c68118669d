package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// stands looks at what keeps old code working of the change's table, and is not due. It returns why only
// the run can tell what becomes of that.
func (f *foresight) stands(ctx context.Context, a *act, change ddl.Change) (unknown string, err error) {
	synced, err := a.checkSynced(ctx, change)
	switch {
	case err != nil:
		return "", err
	case synced != apart:
		return "its column has a copy of that name, and what is done with the two is seen when it runs", nil
	}
	if relation, column, ok := makes(change); ok && column == "" && a.hasDeferred() {
		if views, err := a.keptCalled(ctx, relation); err != nil || len(views) > 0 {
			return "a view of its name stays for code that is still running, and what takes its place is judged when it runs", err
		}
	}
	for _, name := range change.Relations() {
		found, err := a.lookup(ctx, pg.Names{Relation: ddl.Literal(name.String())})
		if err != nil {
			return "", err
		}
		if found.Relation == nil {
			continue
		}
		if a.mayUnkeep() {
			rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT FROM %s WHERE s.relation = %d::pg_catalog.oid", ledger.SyncsFrom, found.Relation.OID))
			if err != nil {
				return "", explained(err)
			}
			if len(rows) > 0 {
				return "whether columns of " + name.String() + " are still kept equal after it is seen when it runs", nil
			}
		}
		if _, typed := change.(ddl.ChangeColumnType); typed {
			attnum, _ := inTheWayOf(change, found)
			if views, err := a.keptOn(ctx, found.Relation.OID, attnum); err != nil || len(views) > 0 {
				return "a view reads the column that stays for code that is still running, and whether it goes first is seen when it runs", err
			}
		}
		if !ofPartition(change) {
			continue
		}
		parent, _, err := a.parentOf(ctx, *found.Relation)
		if err == nil && parent != nil && !f.touched[parent.Name] {
			err = a.fitsParent(*parent, *found.Relation)
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}
