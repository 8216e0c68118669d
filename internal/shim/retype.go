package shim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A Sync with a Type is a column that gets another type: its copy is of that type, and
// takes its place when all rows are there. Then the column goes, for code finds its name,
// and a value of the new type, as it would after the statement itself.

// total are conversions that never fail, whatever the value: the trigger makes them in what
// running code writes (src/backend/utils/adt/numeric.c, int.c, int8.c, float.c).
var total = map[string][]string{
	"smallint":          {"integer", "bigint", "numeric", "real", "double precision", "text", "character varying"},
	"integer":           {"bigint", "numeric", "double precision", "text", "character varying"},
	"bigint":            {"numeric", "text", "character varying"},
	"real":              {"double precision"},
	"character":         {"text", "character varying"},
	"character varying": {"text"},
	"boolean":           {"text", "character varying"},
	"uuid":              {"text", "character varying"},
	"json":              {"text", "character varying"},
	"jsonb":             {"json", "text", "character varying"},
	timestamp:           {timestamptz},
	timestamptz:         {timestamp},
}

const (
	timestamp   = "timestamp without time zone"
	timestamptz = "timestamp with time zone"
)

// conversion is what the copy has in the place of the column's value, in SQL, with what
// the column is called by there; empty where it has the value, or a value may have none.
// Between times with a zone and without one the zone is the migration's, whoever writes.
func (s Sync) conversion(column string) string {
	from, known := ddl.ServerTypeOf(s.Copying.Type)
	to, also := ddl.ServerTypeOf(s.Type)
	if !known || !also || from.Array || to.Array || to.Modifier != "" || !slices.Contains(total[from.Name], to.Name) {
		return ""
	}
	if from.Name == timestamp || from.Name == timestamptz {
		if !zoned(s.Copying.Retyping.Zone) {
			return ""
		}
		return fmt.Sprintf("(%s AT TIME ZONE %s)", column, ddl.Literal(s.Copying.Retyping.Zone))
	}
	return fmt.Sprintf("(%s)::%s", column, to.Name)
}

// zoned tells a TimeZone that AT TIME ZONE takes for the same one: it looks among abbreviations
// first, and CET is there an hour ahead of UTC in summer, too (timestamp_zone,
// src/backend/utils/adt/timestamp.c).
func zoned(name string) bool {
	return name == "UTC" || name == "GMT" || strings.Contains(name, "/") && !strings.ContainsAny(name, "<>,")
}

// Same tells that the column has the type already: a run was killed when the copy had taken
// its place, say, and its runner had not noted that yet.
func (s Sync) Same() bool {
	from, known := ddl.ServerTypeOf(s.Copying.Type)
	to, also := ddl.ServerTypeOf(s.Type)
	return known && also && from == to && s.Copying.Collation == ""
}

// value is what the copy has, of a row that is called by a prefix: "NEW.", say.
func (s Sync) value(prefix string) string {
	column := prefix + ddl.Quote(s.Column.Name)
	if s.Type == "" {
		return column
	}
	return s.conversion(column)
}

// Conversion is what the ledger notes of the copy; empty where it has the column's value.
func (s Sync) Conversion() string {
	if s.Type == "" {
		return ""
	}
	return s.value("")
}

// CopyType is the type of the copy, in SQL.
func (s Sync) CopyType() string {
	if s.Type == "" {
		return s.Copying.Type
	}
	to, _ := ddl.ServerTypeOf(s.Type)
	return to.Name
}

// checkType says why no copy of another type can take the column's place; nil when one can.
func (s Sync) checkType() error {
	r := s.Copying.Retyping
	switch {
	case r == nil:
		return &Precondition{Reason: "what depends on " + s.What() + " is not known"}
	case r.Why != "":
		return &Precondition{Reason: "no copy of " + s.What() + " can take its place: " + r.Why}
	case s.Copying.Synced:
		return &Precondition{Reason: s.What() + " has a copy under its old name, which goes when no code needs it"}
	case s.conversion("x") == "":
		return &Precondition{Reason: fmt.Sprintf("a value of %s may have none of type %s, or how it is made is not known", s.What(), s.Type)}
	}
	return nil
}

// Required tells that the copy has to be NOT NULL, and is not yet.
func (s Sync) Required() bool {
	return s.Type != "" && s.Copying.NotNull && !s.Copying.Retyping.Required
}

// Swap is the SQL by which the copy takes the column's place, in one transaction. It takes
// ACCESS EXCLUSIVE first. Constraints that the server would look at all rows for are NOT
// VALID after it: NotValid are these.
func (s Sync) Swap() []string {
	r, column := s.Copying.Retyping, ddl.Quote(s.Column.Name)
	sql := []string{s.dropTrigger(), "DROP FUNCTION IF EXISTS " + s.function()}
	for _, q := range r.Sequences {
		sql = append(sql, fmt.Sprintf("ALTER SEQUENCE %s OWNED BY %s.%s", q, s.table(), s.Copy()))
	}
	sql = append(sql, s.takeIdentity()...)
	for _, k := range r.Referencing {
		sql = append(sql, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", ddl.Name{Schema: k.Schema, Name: k.Table}, ddl.Quote(k.Name)))
	}
	for _, k := range r.Constraints {
		if k.Index != 0 && k.Kind != "p" && s.Kept() {
			continue // its name goes with the index's; of primary keys there can be but one
		}
		sql = append(sql, fmt.Sprintf("%s DROP CONSTRAINT %s", s.alter(), ddl.Quote(k.Name)))
	}
	if s.Kept() {
		sql = append(sql, s.setAside()...)
	} else {
		sql = append(sql, fmt.Sprintf("%s DROP COLUMN %s", s.alter(), column))
	}
	sql = append(sql, s.rename(s.Copy(), s.Column.Name))
	if s.Copying.Default != "" {
		sql = append(sql, fmt.Sprintf("%s ALTER COLUMN %s SET DEFAULT %s", s.alter(), column, s.Copying.Default))
	}
	if r.Statistics != "" {
		sql = append(sql, fmt.Sprintf("%s ALTER COLUMN %s SET STATISTICS %s", s.alter(), column, r.Statistics))
	}
	sql = append(sql, comment("COLUMN "+s.table().String()+"."+column, r.Comment)...)
	if r.NotNullName != "" {
		sql = append(sql, fmt.Sprintf("%s RENAME CONSTRAINT %s TO %s", s.alter(), ddl.Quote(s.NotNullName()), ddl.Quote(r.NotNullName)))
	}
	for _, i := range s.Copying.Indexes {
		sql = append(sql, s.takeIndex(i)...)
	}
	for _, k := range r.Constraints {
		if k.Index == 0 {
			sql = append(sql, addAgain(s.table(), k)...)
		}
	}
	for _, k := range r.Referencing {
		sql = append(sql, addAgain(ddl.Name{Schema: k.Schema, Name: k.Table}, k.RetypedConstraint)...)
	}
	if s.Kept() {
		sql = append(sql, s.keepEqual()...)
	}
	return sql
}

// addAgain makes a constraint anew, without a look at the rows there are.
func addAgain(table ddl.Name, k catalog.RetypedConstraint) []string {
	definition := k.Definition
	if k.Valid {
		definition += " NOT VALID"
	}
	return append([]string{fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, ddl.Quote(k.Name), definition)}, commentConstraint(table, k)...)
}

// takeIdentity makes the copy an identity column, whose sequence goes on where the column's has
// come to. That one has another name first, which locks it: nobody takes a number meanwhile.
func (s Sync) takeIdentity() []string {
	is := s.Copying.Retyping.Identity
	if is == nil {
		return nil
	}
	kind := "BY DEFAULT"
	if is.Always {
		kind = "ALWAYS"
	}
	sequence, was := ddl.Name{Schema: is.Schema, Name: is.Name}, ddl.Name{Schema: is.Schema, Name: s.Copy() + "_" + fmt.Sprint(s.Table.OID)}
	return []string{
		fmt.Sprintf("ALTER SEQUENCE %s RENAME TO %s", sequence, was.Name),
		fmt.Sprintf("%s ALTER COLUMN %s ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)", s.alter(), s.Copy(), kind, sequence, is.Options),
		fmt.Sprintf("SELECT pg_catalog.setval(%s, last_value, is_called) FROM %s", ddl.Literal(sequence.String()), was),
	}
}

// takeIndex gives a double the name of its index, and its constraint.
func (s Sync) takeIndex(i catalog.CopiedIndex) []string {
	r := s.Copying.Retyping
	at := slices.IndexFunc(r.Indexes, func(is catalog.RetypedIndex) bool { return is.OID == i.OID })
	if at < 0 {
		return nil
	}
	is := r.Indexes[at]
	name := ddl.Name{Schema: s.Table.Schema, Name: is.Name}
	sql := []string{fmt.Sprintf("ALTER INDEX %s RENAME TO %s", ddl.Name{Schema: s.Table.Schema, Name: doubleName(i)}, ddl.Quote(is.Name))}
	for _, k := range r.Constraints {
		if k.Index == i.OID {
			kind := map[string]string{"u": "UNIQUE", "p": "PRIMARY KEY"}[k.Kind]
			sql = append(sql, fmt.Sprintf("%s ADD CONSTRAINT %s %s USING INDEX %s", s.alter(), ddl.Quote(k.Name), kind, ddl.Quote(is.Name)))
			sql = append(sql, commentConstraint(s.table(), k)...)
		}
	}
	return append(sql, comment("INDEX "+name.String(), is.Comment)...)
}

func commentConstraint(table ddl.Name, k catalog.RetypedConstraint) []string {
	return comment(fmt.Sprintf("CONSTRAINT %s ON %s", ddl.Quote(k.Name), table), k.Comment)
}

func comment(object, text string) []string {
	if text == "" {
		return nil
	}
	return []string{fmt.Sprintf("COMMENT ON %s IS %s", object, ddl.Literal(text))}
}

// NotValid are the constraints that Swap leaves NOT VALID, and that were valid.
func (s Sync) NotValid() (all []catalog.Referencing) {
	for _, k := range s.Copying.Retyping.Constraints {
		if k.Index == 0 && k.Valid {
			all = append(all, catalog.Referencing{RetypedConstraint: k, OID: s.Table.OID, Schema: s.Table.Schema, Table: s.Table.Name})
		}
	}
	for _, k := range s.Copying.Retyping.Referencing {
		if k.Valid {
			all = append(all, k)
		}
	}
	return all
}

// NotNullName is the name of the copy's NOT NULL, where such have one.
func (s Sync) NotNullName() string { return s.Copy() + "_not_null" }

// moves tells that the column gets another place among those of its table.
func (s Sync) moves() bool { return !s.Copying.Retyping.Last }

// Moves says, for people, that the column is the last one from now on; empty: it was.
func (s Sync) Moves() string {
	if !s.moves() {
		return ""
	}
	return strings.TrimSpace(s.What() + " is the last column of its table from now on: code that reads * by position, or writes rows without the names of columns, finds it there")
}
