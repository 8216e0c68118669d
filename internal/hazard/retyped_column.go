package hazard

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RetypedColumn is a column whose type no longer takes what running code
// writes, or gives it something else to read.
var RetypedColumn = &Hazard{
	ID:      "retyped-column",
	Shimmed: true,
	Kind:    BreaksCode,
	Code:    "MG012",
	Title:   "a column's new type rejects what running code writes, or reads as something else",
	Explanation: `After ALTER COLUMN ... TYPE the running code writes values of the old type, and
expects them when it reads. A narrower type rejects some (22001, 22003), another one
all (42804), operators are missing (42883), and a client decodes what it gets as
another kind of value: a string for a number, a local time for a UTC one.`,
	Verdicts: `Shimmed, an integer to a wider one, where each build that runs is proven to look into a
schema of its own before any other: it goes on with a column of the old type there, which a
trigger keeps equal (docs/shims.md). Otherwise refused. Under maintenance mode, if migguard.toml has [policy] retyped-column =
"maintenance". Passes where every old value fits and is read as the same kind:
varchar to a longer one or to text, text to varchar without length, numeric with
more digits before the point, smallint to int to bigint, real to double precision, a
time with more digits, a longer bit varying; if no code runs that could break, and
with --allow retyped-column:TABLE.COLUMN. How long the change rewrites the table is
not judged by this. A smaller integer that becomes a bigint passes only where the contracts
of all builds that run show that none is given another kind of value then: node-postgres,
postgres.js, Knex and Sequelize give a bigint as a text, unless the source sets a type
parser, drivers of Rust and Java tell it from an integer, and pgx, too, where no type is
declared, as by Values() and RowToMap. Else Ruby, Python, Go, PHP and Elixir do not mind. No
query tells who reads what it returns.
Passes, too, where the contracts of all builds that run show that none uses the column.`,
	Remedy: `Add a column of the new type, write both, copy the old values in batches, read the
new one, and drop the old one two releases later.`,
	Bad:  `ALTER TABLE users ALTER COLUMN notes TYPE varchar(20);`,
	Good: `ALTER TABLE users ALTER COLUMN notes TYPE varchar;`,
	Run:  runRetypedColumn,
}

func runRetypedColumn(p *Pass) []Finding {
	c, ok := p.Change.(ddl.ChangeColumnType)
	if !ok {
		return nil
	}
	r, ok := p.knownColumn(c.Column)
	if !ok {
		return nil
	}
	column, _ := r.Column(c.Column)
	from := "its type"
	if column.Definition != nil {
		if c.Collation == "" && KeepsValues(c) && fits(column.Type, c.Type) {
			return widened(r, c.Column, column.Type, c.Type)
		}
		from = column.Type
	}
	return []Finding{{
		Relation: qualified(r), Column: c.Column,
		Message: fmt.Sprintf("changing column %s of %s from %s to %s breaks the code that is still running: what it writes may be rejected, and what it reads is not what it expects",
			ddl.Quote(c.Column), Display(r), from, c.Type),
		Detail: existed("column"),
		Needs:  needs(contract.RetypeColumn, r, c.Column),
		Hint: fmt.Sprintf("Add a column of type %s, write both, copy the values, and drop %s when no release in use names it. Or say that the running code takes both types: %s",
			c.Type, ddl.Quote(c.Column), allow("retyped-column", r, c.Column)),
	}}
}

// widened finds a column that is a bigint from now on: clients of JavaScript read that as
// a text, and a smaller integer as a number; Rust's and Java's tell the two apart as well.
func widened(r catalog.Relation, column, from, to string) []Finding {
	was, _ := ddl.ServerTypeOf(from)
	is, _ := ddl.ServerTypeOf(to)
	question := needs(contract.WidenColumn, r, column)
	if is.Name != "bigint" || was.Name == is.Name || question == nil {
		return nil
	}
	return []Finding{{
		Relation: qualified(r), Column: column,
		Message: fmt.Sprintf("changing column %s of %s from %s to bigint breaks code that is still running, if a client of it gives a bigint as another type of value: node-postgres and postgres.js as a text, where they gave a number",
			ddl.Quote(column), Display(r), from),
		Detail:  existed("column"),
		Needs:   question,
		Shown:   true,
		Doubted: true,
		Direct:  true,
		Hint: fmt.Sprintf("Release code first that takes both, by pg.types.setTypeParser(20, Number), say, and change the type in the release after that one. Or say that the running code takes both: %s",
			allow("retyped-column", r, column)),
	}}
}

// KeepsValues tells a USING that converts as the server would without it.
func KeepsValues(c ddl.ChangeColumnType) bool {
	name := ddl.Quote(c.Column)
	to, casts := strings.CutPrefix(c.Using, name+"::")
	return c.Using == "" || c.Using == name || casts && sameType(to, c.Type)
}

// fits tells whether each value of one type is one of the other, and the same
// kind of value for a client.
func fits(from, to string) bool {
	if from == to {
		return true
	}
	was, ok := ddl.ServerTypeOf(from)
	is, known := ddl.ServerTypeOf(to)
	switch {
	case !ok || !known:
		return false
	case was == is:
		return true
	case was.Array || is.Array: // varchar[] has not the operators of text[]
		return false
	}
	switch is.Name {
	case "text":
		return was.Name == "character varying"
	case "character varying":
		return was.Name == "text" && is.Modifier == "" || was.Name == is.Name && longer(was.Modifier, is.Modifier)
	case "bit varying":
		return was.Name == is.Name && longer(was.Modifier, is.Modifier)
	case "integer":
		return was.Name == "smallint"
	case "bigint":
		return was.Name == "smallint" || was.Name == "integer"
	case "double precision":
		return was.Name == "real"
	case "numeric":
		return was.Name == is.Name && moreDigits(was.Modifier, is.Modifier)
	case "interval", "timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone":
		return was.Name == is.Name && longer(precision(was.Modifier), precision(is.Modifier))
	}
	return false
}

// longer compares lengths; none is no bound.
func longer(was, is string) bool {
	if is == "" || was == "" {
		return is == ""
	}
	old, err := strconv.Atoi(was)
	if err != nil {
		return false
	}
	length, err := strconv.Atoi(is)
	return err == nil && length >= old
}

// precision is that of a time, which has microseconds if none is given.
func precision(modifier string) string {
	if modifier == "" {
		return "6"
	}
	return modifier
}

// moreDigits compares precision and scale: with another scale values are
// rounded, or read with other digits.
func moreDigits(was, is string) bool {
	if is == "" || was == "" {
		return is == ""
	}
	digits, scale, _ := strings.Cut(was, ",")
	newDigits, newScale, _ := strings.Cut(is, ",")
	return orZero(scale) == orZero(newScale) && longer(digits, newDigits)
}

func orZero(scale string) string {
	if scale == "" {
		return "0"
	}
	return scale
}
