package release

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

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

// A sessionRow is a setting of a role, or of all, in this database only or in all.
type sessionRow struct {
	role, setting string
	here          bool
}

// sessionRows are the settings that sessions begin with, and who may log in; none if no code runs
// that could notice.
func (a *act) sessionRows(ctx context.Context) (map[sessionRow]string, error) {
	if a.idle {
		return nil, nil
	}
	rows, err := a.conn.Query(ctx, pg.SessionDefaults)
	if err != nil {
		return nil, explained(err)
	}
	all := make(map[sessionRow]string, len(rows))
	for _, row := range rows {
		all[sessionRow{*row[0], *row[2], *row[1] == "t"}] = *row[3]
	}
	return all, nil
}

// judgeSessions judges what a statement has done, unseen, to what sessions begin with, and to who may
// log in.
func (a *act) judgeSessions(ctx context.Context, before map[sessionRow]string) error {
	after, err := a.sessionRows(ctx)
	if err != nil || maps.Equal(before, after) {
		return err
	}
	doc, err := a.outside.document(ctx, pg.Sessions("NULL", "''", ledger.CreatedFrom)) // as it was
	if err != nil {
		return a.unseen(err)
	}
	sessions, err := catalog.DecodeSessions(doc)
	if err != nil {
		return err
	}
	either := maps.Clone(after)
	maps.Copy(either, before)
	for _, row := range slices.SortedFunc(maps.Keys(either), func(x, y sessionRow) int {
		return cmp.Or(cmp.Compare(x.setting, y.setting), cmp.Compare(x.role, y.role))
	}) {
		was, had := before[row]
		is, has := after[row]
		if had == has && was == is {
			continue
		}
		var change ddl.Change = ddl.AlterRole{Role: row.role, Login: &has}
		if row.setting != pg.LoginRow {
			set := ddl.SetSessionDefault{Role: row.role, Setting: strings.ToLower(row.setting), FromCurrent: has}
			if row.here {
				set.Database = sessions.Database
			}
			change, sessions.Value = set, is
		}
		if err := a.judgeEffect(ctx, change, catalog.Lookup{Sessions: sessions}); err != nil {
			return err
		}
	}
	return nil
}
