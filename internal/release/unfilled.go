package release

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// judgeUnfilled judges what the server filled before a statement, and does not any more,
// which nobody has seen it take away.
func (a *act) judgeUnfilled(ctx context.Context, before, after map[string]demand) error {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, is := after[key]; is || !strings.HasPrefix(key, pg.Filling) {
			continue
		}
		was := before[key]
		found, err := a.lookup(ctx, pg.Names{OID: was.table})
		if err != nil {
			return err
		}
		if found.Relation == nil {
			continue // it is gone, which is judged
		}
		// Both may have other names by now.
		for _, c := range found.Relation.Columns {
			if !strings.HasSuffix(key, fmt.Sprintf(".%d", c.Number)) {
				continue
			}
			drop := was.sql[strings.LastIndex(was.sql, "DROP "):]
			parsed := ddl.Parse(fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s %s", qualified(*found.Relation), ddl.Quote(c.Name), drop))
			if err := a.judgeDemand(ctx, parsed[0].Changes[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// refill has a column be as it was before the server stopped to fill it.
func refill(r *catalog.Relation, change ddl.Change) {
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Definition == nil {
			continue
		}
		switch is := change.(type) {
		case ddl.DropDefault:
			c.Definition.Default = c.Definition.Default || c.Name == is.Column
		case ddl.DropIdentity:
			if c.Name == is.Column {
				c.Definition.Identity = "d"
			}
		case ddl.DropExpression:
			c.Definition.Generated = c.Definition.Generated || c.Name == is.Column
		}
	}
}
