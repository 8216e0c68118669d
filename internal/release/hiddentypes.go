package release

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// judgeRetyped judges the types that a statement has given, unseen, to columns that were
// there.
func (a *act) judgeRetyped(ctx context.Context, before, after map[string]demand) error {
	was := map[string]string{} // by column, the type
	for key, d := range before {
		if column, _, types := strings.Cut(key, ":"); types && strings.HasPrefix(key, pg.Typing) {
			was[column] = d.sql[strings.LastIndex(d.sql, " TYPE ")+len(" TYPE "):]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		column, _, types := strings.Cut(key, ":")
		from, there := was[column]
		if _, same := before[key]; !types || !there || same {
			continue
		}
		parsed := ddl.Parse(after[key].sql)
		if len(parsed) != 1 || len(parsed[0].Changes) != 1 {
			continue
		}
		change, _ := parsed[0].Changes[0].(ddl.ChangeColumnType)
		names, _ := a.asks(change)
		found, err := a.lookup(ctx, names)
		if err != nil {
			return err
		}
		if found.Relation == nil {
			continue
		}
		for i := range found.Relation.Columns {
			if c := &found.Relation.Columns[i]; c.Name == change.Column {
				c.Type = from
			}
		}
		if err := a.judgeEffect(ctx, change, found); err != nil {
			return err
		}
	}
	return nil
}
