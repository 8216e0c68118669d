package release

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
)

// checkHidden refuses a statement whose effects its text does not show, and that may make, behind
// a condition, what has the name of something that stays: a condition finds that, nothing is
// made, and what new code takes for its own is what goes with the old code. The bare database
// has nothing of the name, so a text that has it, and a word that makes such a thing, makes it.
func (a *act) checkHidden(ctx context.Context) error {
	a.mu.Lock()
	some := a.defers || len(a.standing) > 0
	a.mu.Unlock()
	adds, creates := hasWord(a.text, "add"), hasWord(a.text, "create")
	if !some || !adds && !creates {
		return nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf(`SELECT n.nspname, c.relname, t.attname
		FROM (SELECT relation, attnum FROM %s UNION ALL SELECT view, 0 FROM %s) o
		JOIN pg_catalog.pg_class c ON c.oid = o.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = o.attnum AND o.attnum <> 0 AND NOT t.attisdropped
		WHERE o.attnum = 0 OR t.attnum IS NOT NULL ORDER BY 1, 2, 3`, ledger.DeferredFrom, ledger.StandingFrom))
	if err != nil {
		return explained(err)
	}
	for _, row := range rows {
		name := ddl.Name{Schema: *row[0], Name: *row[1]}
		var change ddl.Change = ddl.CreateTable{Relation: name}
		switch {
		case !hasWord(a.text, name.Name):
			continue
		case row[2] == nil && !creates, row[2] != nil && (!adds || !hasWord(a.text, *row[2])):
			continue
		case row[2] != nil:
			change = ddl.AddColumn{Relation: name, Column: *row[2]}
		}
		if err := a.checkShims(ctx, change); err != nil {
			return err
		}
		if err := a.checkDeferred(ctx, change); err != nil {
			return err
		}
	}
	return nil
}

// hasWord tells whether a text has a word, or a name, in letters of any size.
func hasWord(text, word string) bool {
	return regexp.MustCompile(`(?i)(^|[^a-z0-9_])` + regexp.QuoteMeta(strings.ReplaceAll(word, `"`, `""`)) + `($|[^a-z0-9_])`).MatchString(text)
}
