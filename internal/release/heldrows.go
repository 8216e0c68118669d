package release

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
)

// heldOf is what waits of the table that a change names, or under an index's name.
func (a *act) heldOf(ctx context.Context, change ddl.Change) (held []heldRow, err error) {
	if name, ok := indexNamed(change); ok {
		return a.heldWhere(ctx, byIndexName(name))
	}
	return a.heldWhere(ctx, "withheld.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass("+ddl.Literal(change.Relations()[0].String())+")")
}

// heldWhere is what waits and a condition holds for.
func (a *act) heldWhere(ctx context.Context, where string) (held []heldRow, err error) {
	rows, err := a.conn.Query(ctx, `SELECT id, kind, object_name, statement, (
		SELECT pg_catalog.string_agg(t.attname, E'\n') FROM pg_catalog.pg_attribute t
		WHERE t.attrelid OPERATOR(pg_catalog.=) withheld.relation AND t.attnum OPERATOR(pg_catalog.=) ANY (withheld.attnums) AND NOT t.attisdropped),
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute t WHERE t.attrelid OPERATOR(pg_catalog.=) withheld.relation
		AND t.attnum OPERATOR(pg_catalog.=) ANY (withheld.attnums) AND NOT t.attisdropped) OPERATOR(pg_catalog.<>) pg_catalog.cardinality(withheld.attnums)
		, (SELECT pg_catalog.json_object_agg(withheld.columns[one.n], t.attname) FROM pg_catalog.unnest(withheld.attnums) WITH ORDINALITY one (attnum, n)
			JOIN pg_catalog.pg_attribute t ON t.attrelid OPERATOR(pg_catalog.=) withheld.relation AND t.attnum OPERATOR(pg_catalog.=) one.attnum AND NOT t.attisdropped)
		, columns IS NOT NULL FROM `+ledger.WithheldFrom+" WHERE "+where)
	if err != nil {
		return nil, explained(err)
	}
	for _, row := range rows {
		h := heldRow{id: *row[0], kind: *row[1], object: *row[2], statement: *row[3], gone: *row[5] == "t", follows: *row[7] == "t"}
		if h.follows && row[6] != nil {
			if err := json.Unmarshal([]byte(*row[6]), &h.renamed); err != nil {
				return nil, fmt.Errorf("read what waits: %w", err)
			}
		}
		if row[4] != nil {
			h.columns = strings.Split(*row[4], "\n")
		}
		held = append(held, h)
	}
	return held, nil
}

// indexNamed is the name of an index that a change is about.
func indexNamed(change ddl.Change) (name ddl.Name, ok bool) {
	switch c := change.(type) {
	case ddl.DropIndex:
		return c.Index, true
	case ddl.RenameTable:
		return c.Relation, c.Kind == ddl.KindIndex
	case ddl.Comment:
		return c.Object, c.Kind == ddl.KindIndex
	}
	return name, false
}

// byIndexName is the condition that something waits under a name which an index would
// be found by, and none is.
func byIndexName(name ddl.Name) string {
	schemas := "pg_catalog.current_schemas(true)"
	if name.Schema != "" {
		schemas = "ARRAY[" + ddl.Literal(name.Schema) + "]::pg_catalog.name[]"
	}
	return fmt.Sprintf(`withheld.object_name OPERATOR(pg_catalog.=) %s AND pg_catalog.to_regclass(%s) IS NULL AND EXISTS (
		SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
		WHERE c.oid OPERATOR(pg_catalog.=) withheld.relation AND n.nspname OPERATOR(pg_catalog.=) ANY (%s))`, ddl.Literal(name.Name), ddl.Literal(name.String()), schemas)
}
