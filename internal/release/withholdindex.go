package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// withholdIndex records a unique index that is to be made when the code is gone that
// would break. It is tried, on a large table on an empty copy, and taken back.
func (a *act) withholdIndex(ctx context.Context, h withheldChange, encoding string) (string, error) {
	c := a.plan.Changes[h.action].(ddl.CreateIndex)
	may, err := a.mayIndex(ctx, h.Table)
	if err != nil {
		return "", err
	}
	if !may || a.plan.Alone && !a.alone || c.Concurrently && h.Table.Kind == catalog.PartitionedTable {
		return a.run(ctx, nil) // the server says why not
	}
	if h.Name == "" {
		h.Name = ddl.IndexName(a.text, h.Table.Name)
	}
	if h.Name == "" && h.Large {
		return "", a.cannotWait(errors.New("it has no name, and the one the server would choose is not known before"))
	}
	table := ddl.Name{Schema: h.Table.Schema, Name: h.Table.Name}
	sql, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: h.Name})
	if err != nil {
		return "", a.cannotWait(err)
	}
	if h.Large {
		if err := a.tryLargeIndex(ctx, h, c); err != nil {
			return "", err
		}
	}
	_, err = a.withLock(ctx, a.closing, nil, func(ctx context.Context) (string, error) {
		if !h.Large {
			if h.Name, err = a.tryIndex(ctx, h.Table, sql); err != nil {
				return "", err
			}
		}
		if c.Name == "" {
			h.Name, err = a.nameOfHeld(ctx, h.Table, h.Name, nil, func(name string) (string, error) {
				return ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: name})
			})
			if err != nil {
				return "", err
			}
			if sql, err = ddl.WriteIndex(a.text, ddl.IndexForm{On: table, Index: h.Name}); err != nil {
				return "", a.cannotWait(err)
			}
		}
		record := ledger.RecordWithheldSQL(a.newWithheld(h, h.Name, sql))
		if err := a.readable(encoding, []string{record}); err != nil {
			return "", err
		}
		return a.plan.Tag, a.recordHeld(ctx, record)
	})
	if err != nil {
		return "", explained(err)
	}
	a.heldBack([]withheldChange{h})
	return a.plan.Tag, nil
}

// tryIndex tells the name that the server gives an index.
func (a *act) tryIndex(ctx context.Context, table catalog.Relation, sql string) (name string, err error) {
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return "", err
	}
	before, err := a.conn.Query(ctx, pg.Indexes(table.OID))
	if err != nil {
		return "", err
	}
	if _, err := a.instead(sql)(ctx); err != nil {
		return "", err
	}
	after, err := a.conn.Query(ctx, pg.Indexes(table.OID))
	if err != nil {
		return "", err
	}
	for _, row := range after {
		if !slices.ContainsFunc(before, func(old []*string) bool { return *old[0] == *row[0] }) {
			name = *row[0]
		}
	}
	return name, a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
}

// tryLargeIndex tries it without the rows, and looks for duplicates among these.
func (a *act) tryLargeIndex(ctx context.Context, h withheldChange, c ddl.CreateIndex) error {
	probe, err := ddl.WriteIndex(a.text, ddl.IndexForm{On: ddl.Name{Schema: "pg_temp", Name: h.Table.Name}, Index: h.Name})
	if err != nil {
		return a.cannotWait(err)
	}
	if err := a.probe(ctx, &judge.ConcurrentIndex{Table: h.Table, Index: h.Name, Probe: probe}, func() error { return nil }); err != nil {
		return err
	}
	return a.checkDuplicates(ctx, h.Table, c, h.Name)
}

// nameOfHeld is the name that the server would give what waits, if what waits already
// were there: given is what it gives now, and taken are the others of the statement. A
// statement that was sent before has the name it got then.
func (a *act) nameOfHeld(ctx context.Context, table catalog.Relation, given string, taken []string, write func(name string) (string, error)) (string, error) {
	base := strings.TrimRight(given, "0123456789")
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT object_name, statement FROM "+ledger.WithheldFrom+
		" WHERE withheld.relation OPERATOR(pg_catalog.=) %d::pg_catalog.oid", table.OID))
	if err != nil {
		return "", explained(err)
	}
	for _, row := range rows {
		if strings.TrimRight(*row[0], "0123456789") != base {
			continue
		}
		if sql, err := write(*row[0]); err == nil && sql == *row[1] {
			return *row[0], nil
		}
	}
	others := []string{"''"}
	for _, name := range taken {
		if name != given {
			others = append(others, ddl.Literal(name))
		}
	}
	rows, err = a.conn.Query(ctx, fmt.Sprintf(`SELECT one.name FROM (
			SELECT n, %[1]s OPERATOR(pg_catalog.||) CASE WHEN n OPERATOR(pg_catalog.=) 0 THEN '' ELSE n::pg_catalog.text END FROM pg_catalog.generate_series(0, 999) n) one (n, name)
		WHERE one.name OPERATOR(pg_catalog.<>) ALL (ARRAY[%[2]s]::pg_catalog.text[])
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c, pg_catalog.pg_class t WHERE t.oid OPERATOR(pg_catalog.=) %[3]d::pg_catalog.oid
			AND c.relnamespace OPERATOR(pg_catalog.=) t.relnamespace AND c.relname OPERATOR(pg_catalog.=) one.name)
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k, pg_catalog.pg_class t WHERE t.oid OPERATOR(pg_catalog.=) %[3]d::pg_catalog.oid
			AND k.connamespace OPERATOR(pg_catalog.=) t.relnamespace AND k.conname OPERATOR(pg_catalog.=) one.name)
		AND NOT EXISTS (SELECT FROM %[4]s JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) withheld.relation
			JOIN pg_catalog.pg_class t ON t.relnamespace OPERATOR(pg_catalog.=) c.relnamespace AND t.oid OPERATOR(pg_catalog.=) %[3]d::pg_catalog.oid
			WHERE withheld.kind OPERATOR(pg_catalog.=) ANY (ARRAY['add-constraint', 'create-index']) AND withheld.object_name OPERATOR(pg_catalog.=) one.name)
		ORDER BY one.n LIMIT 1`, ddl.Literal(base), strings.Join(others, ", "), table.OID, ledger.WithheldFrom))
	if err != nil {
		return "", explained(err)
	}
	if len(rows) == 0 || len(*rows[0][0]) >= 64 {
		return "", a.cannotWait(errors.New("it has no name, and the one the server would choose is not known before"))
	}
	return *rows[0][0], nil
}
