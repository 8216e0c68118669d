package release

import (
	"context"
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// sequenceName is the name that the server gives the sequence of a serial or
// identity column: the first that nothing has (ChooseRelationName,
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

// withSequences puts the sequences of serial and identity columns around the steps
// that add these. Who writes an identity column needs no right to its sequence.
func withSequences(filled []filledChange, steps []string) []string {
	var before, after []string
	for _, f := range filled {
		if !f.Numbered {
			continue
		}
		before = append(before, f.numbers.Create)
		after = append(after, fmt.Sprintf("ALTER SEQUENCE %s OWNED BY %s.%s", f.sequence, qualified(f.Table), ddl.Quote(f.Column)))
		if f.numbers.Identity != "" {
			after = append(after, fmt.Sprintf("GRANT USAGE ON SEQUENCE %s TO PUBLIC", f.sequence))
		}
	}
	return append(append(before, steps...), after...)
}

// promiseIdentity has a column with a default that counts made an identity column.
// Only the server makes the sequence of one: it goes on where the other has come to,
// which nobody moves meanwhile, because the table is locked.
func (a *act) promiseIdentity(ctx context.Context, f filledChange) error {
	if f.numbers.Identity == "" {
		return nil
	}
	const reached = "migguard.reached"
	return a.promise(ctx, f.Table, ledger.AddIdentity, f.Column, strings.Join([]string{
		fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", qualified(f.Table), ddl.Quote(f.Column)),
		fmt.Sprintf("SELECT pg_catalog.set_config('%s.value', last_value::pg_catalog.text, true), pg_catalog.set_config('%[1]s.called', is_called::pg_catalog.text, true) FROM %s", reached, f.sequence),
		"DROP SEQUENCE " + f.sequence.String(),
		f.numbers.Identity,
		fmt.Sprintf("SELECT pg_catalog.setval(%s, pg_catalog.current_setting('%s.value')::pg_catalog.int8, pg_catalog.current_setting('%[2]s.called')::pg_catalog.bool)", ddl.Literal(f.sequence.String()), reached),
	}, "; "))
}
