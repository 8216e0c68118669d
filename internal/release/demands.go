package release

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// A demand is what a table asks of the rows that are written to it.
type demand struct {
	table uint32 // oid
	sql   string // would make it
}

// demands are those of all tables, by what tells each from others.
func (a *act) demands(ctx context.Context) (map[string]demand, error) {
	rows, err := a.conn.Query(ctx, pg.Demands)
	if err != nil {
		return nil, explained(err)
	}
	all := make(map[string]demand, len(rows))
	for _, row := range rows {
		all[*row[0]] = demand{oid(row[1]), *row[2]}
	}
	return all, nil
}

// judgeDemands judges what a statement has added, unseen, to the tables that were there.
func (a *act) judgeDemands(ctx context.Context, before map[string]demand, tables catalog.Snapshot) error {
	after, err := a.demands(ctx)
	if err != nil {
		return err
	}
	if err := a.judgeRetyped(ctx, before, after); err != nil {
		return err
	}
	same := make(map[string]bool, len(before)) // another type makes them anew
	for _, d := range before {
		same[d.sql] = true
	}
	var added []string
	for key, d := range after {
		if _, was := before[key]; was || same[d.sql] || strings.Contains(pg.Filling+pg.Typing+pg.Belonging, key[:1]) {
			continue
		}
		if _, was := tables[d.table]; was {
			added = append(added, key)
		}
	}
	slices.Sort(added)
	for _, key := range added {
		parsed := ddl.Parse(after[key].sql)
		if len(parsed) != 1 || len(parsed[0].Changes) != 1 {
			continue // no grammar of this version's: NOT ENFORCED, say
		}
		if err := a.judgeDemand(ctx, parsed[0].Changes[0]); err != nil {
			return err
		}
	}
	if err := a.judgeParted(ctx, before, after); err != nil {
		return err
	}
	return a.judgeUnfilled(ctx, before, after)
}

// judgeParted judges what a statement has taken, unseen, from a partitioned table, or from one
// that it inherited from. What is dropped too is not found.
func (a *act) judgeParted(ctx context.Context, before, after map[string]demand) error {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, is := after[key]; is || !strings.HasPrefix(key, pg.Belonging) {
			continue
		}
		if parsed := ddl.Parse(before[key].sql); len(parsed) == 1 && len(parsed[0].Changes) == 1 {
			if err := a.judgeDemand(ctx, parsed[0].Changes[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// judgeDemand judges one as if it were not there yet.
func (a *act) judgeDemand(ctx context.Context, change ddl.Change) error {
	names, needed := a.asks(change)
	if !needed {
		return nil
	}
	found, err := a.lookup(ctx, names)
	if err != nil || found.Relation == nil {
		return err
	}
	r := found.Relation
	switch c := change.(type) {
	case ddl.SetNotNull:
		for i, column := range r.Columns {
			if column.Name == c.Column && column.Definition != nil {
				r.Columns[i].NotNull, column.Definition.NotNull = false, false
			}
		}
	case ddl.DropDefault, ddl.DropIdentity, ddl.DropExpression:
		refill(r, change)
	case ddl.SetRowSecurity:
		r.RowSecurity = r.RowSecurity && c.Action != "enable"
		r.RowSecurityForced = r.RowSecurityForced && c.Action != "force"
	case ddl.SetIdentity:
		for i, column := range r.Columns {
			if column.Name == c.Column && column.Definition != nil {
				r.Columns[i].Definition.Identity = "d"
			}
		}
	case ddl.AddConstraint:
		r.Arbiters = slices.DeleteFunc(r.Arbiters, func(is catalog.Arbiter) bool { return is.Constraint == c.Name })
	case ddl.CreateIndex:
		r.Arbiters = slices.DeleteFunc(r.Arbiters, func(is catalog.Arbiter) bool { return is.Index == c.Name })
	}
	if err := a.triggerSource(ctx, change, &found); err != nil {
		return err
	}
	if found.Passes, err = a.passesUnknown(ctx, change, r); err != nil {
		return err
	}
	return a.judgeEffect(ctx, change, found)
}
