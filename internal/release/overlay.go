package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// renameUnderOverlays renames a column and lets each build that runs see it under
// its old name, in one transaction. A view that shows a build the table already
// keeps the names it has.
func (a *act) renameUnderOverlays(ctx context.Context, d judge.Decision, found catalog.Lookup) (string, error) {
	table := *found.Relation
	standing, err := a.conn.Query(ctx, fmt.Sprintf("SELECT schema FROM %s WHERE relation = %d::pg_catalog.oid", ledger.OverlaysFrom, table.OID))
	if err != nil {
		return "", explained(err)
	}
	var after, shown []string
	for _, o := range d.Overlays {
		shown = append(shown, ddl.Quote(o.Overlay))
		if slices.ContainsFunc(standing, func(row []*string) bool { return *row[0] == o.Overlay }) {
			continue
		}
		after = append(append(after, o.Expand()...), ledger.RecordShimSQL(ledger.NewShim{
			ReleaseID: a.releaseID, Kind: ledger.Overlay, ViewSchema: o.Overlay,
			Schema: table.Schema, OldName: table.Name, NewName: table.Name,
		}))
	}
	tag, err := a.renamed(ctx, found, nil, after)
	if err != nil {
		return "", err
	}
	name := hazard.Display(table)
	a.notes = append(a.notes,
		fmt.Sprintf("code that is still running sees %s as it was, in %s, where it looks first", name, strings.Join(shown, ", ")),
		"on a view these statements of old code fail: "+strings.Join(d.Overlays[0].Limits(), "; "))
	a.hold(table.Name, table.OID)
	return tag, nil
}
