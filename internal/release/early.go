package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// earlyQuery asks which indexes that are owed, or wait, have their names taken: whether
// it waits, schema, name and table.
const earlyQuery = `SELECT waits, schema_name, object_name, table_name FROM (
	SELECT false AS waits, schema_name, object_name, table_name FROM ` + ledger.OwedFrom + ` WHERE kind IN ('create-index', 'index-partitioned', 'constrain-partitioned')
	UNION ALL SELECT true, n.nspname, object_name, c.relname FROM ` + ledger.WithheldFrom + ` JOIN pg_catalog.pg_class c ON c.oid = relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE kind = 'create-index') awaited
	WHERE EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = schema_name AND c.relname = object_name)
	ORDER BY 1, 2, 3`

// An earlyIndex is there under the name of one that is to be built later.
type earlyIndex struct {
	waits bool
	name  ddl.Name
	table string
}

// early are those.
func (a *act) early(ctx context.Context) (early []earlyIndex, err error) {
	a.mu.Lock()
	some := len(a.owes) > 0 || a.withholds && a.making.Load() == 0
	a.mu.Unlock()
	if !some {
		return nil, nil
	}
	rows, err := a.conn.Query(ctx, earlyQuery)
	for _, row := range rows {
		early = append(early, earlyIndex{*row[0] == "t", ddl.Name{Schema: *row[1], Name: *row[2]}, *row[3]})
	}
	return early, explained(err)
}

// checkEarly refuses what a statement has made, unseen, under the name of an index that a
// migration has asked for and that is built later: it would be built again, and could not.
func (a *act) checkEarly(ctx context.Context, before []earlyIndex) error {
	after, err := a.early(ctx)
	if err != nil {
		return err
	}
	for _, e := range after {
		if slices.Contains(before, e) {
			continue
		}
		a.verdict = judge.Refuse
		refusal := &guard.Refusal{Code: codeTask,
			Message: fmt.Sprintf("index %s of %s is built when the transaction that asked for it has committed, and this statement cannot go before it", ddl.Quote(e.name.Name), ddl.Quote(e.table)),
			Hint:    "Put it in a migration of its own, after that one."}
		if e.waits {
			refusal = notYetThere(e.name.Name)
		}
		refusal.Detail = strings.TrimSpace(refusal.Detail + " The statement made something of its name, and was rolled back.")
		return refusal
	}
	return nil
}
