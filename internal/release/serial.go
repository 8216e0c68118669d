package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// sequenceName is the name that the server gives the sequence of a serial column:
// the first that nothing has (ChooseRelationName,
// src/backend/commands/indexcmds.c).
func (a *act) sequenceName(ctx context.Context, table catalog.Relation, column string) (ddl.Name, error) {
	label := "seq"
	for n := 1; ; n++ {
		name := ddl.Name{Schema: table.Schema, Name: ddl.ConstraintName(table.Name, column, label)}
		rows, err := a.conn.Query(ctx, pg.TakenNames([]string{fmt.Sprintf("(%s, %s)", ddl.Literal(name.Schema), ddl.Literal(name.Name))}))
		if err != nil || len(rows) == 0 {
			return name, explained(err)
		}
		label = fmt.Sprintf("seq%d", n)
	}
}

// withSequences puts the sequences of serial columns around the steps that add
// these.
func withSequences(filled []filledChange, steps []string) []string {
	var before, after []string
	for _, f := range filled {
		if f.Serial {
			before = append(before, fmt.Sprintf("CREATE SEQUENCE %s AS %s", f.sequence, f.integer))
			after = append(after, fmt.Sprintf("ALTER SEQUENCE %s OWNED BY %s.%s", f.sequence, qualified(f.Table), ddl.Quote(f.Column)))
		}
	}
	return append(append(before, steps...), after...)
}
