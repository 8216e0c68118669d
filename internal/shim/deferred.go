package shim

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A Deferred is a column, a table or a view that a migration drops and running code
// still uses: it stays until no code does. What only code that does not know it would
// stumble over is changed at once.
type Deferred struct {
	Table  catalog.Relation
	Column string // empty: the table itself
	// Held is what stands in the way of code that does not know it; nil: not
	// known.
	Held *catalog.Holding
}

// What is it, for people.
func (d Deferred) What() string {
	table := ddl.Name{Schema: d.Table.Schema, Name: d.Table.Name}
	if d.Table.Schema == "public" {
		table.Schema = ""
	}
	if d.Column == "" {
		return fmt.Sprintf("%s %s", d.Table.Kind, table)
	}
	return fmt.Sprintf("column %s of %s", ddl.Quote(d.Column), table)
}

// Check says why it cannot stay; nil when it can. The error is a *Precondition.
func (d Deferred) Check() error {
	cannot := func(format string, args ...any) error {
		return &Precondition{Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case d.Held == nil:
		return cannot("what depends on %s is not known", d.What())
	case d.Held.Child && d.Column == "":
		return cannot("%s is part of another table, and its rows would still be there for code that reads that", d.What())
	}
	for _, r := range d.Held.References {
		if r.Full {
			return cannot("the foreign key %s wants all its columns or none (MATCH FULL), and code that does not know %s would fill some", ddl.Quote(r.Name), d.What())
		}
	}
	if d.Column == "" {
		return nil
	}
	if d.Held.NotNull && d.Held.Domain {
		return cannot("its type takes no NULL, and code that does not know %s would write that", d.What())
	}
	for _, k := range d.Held.Keys {
		switch {
		case k.Primary:
			return cannot("%s is part of the primary key, which code that does not know it would not fill", d.What())
		case !k.Column || d.Held.Generated:
			return cannot("rows of code that does not know it would still have to be unique (%s), which would go with %s", ddl.Quote(k.Name), d.What())
		case !d.Held.Identity && (d.Held.Default != "" || k.Nulls):
			return cannot("%s has to be unique (%s), and rows of code that does not know it would all have the same value", d.What(), ddl.Quote(k.Name))
		case !k.Alone: // rows that there are have a value in it
			return &Precondition{Reason: fmt.Sprintf("code that does not know %s could not change what else has to be unique with it (%s), which would go with it", d.What(), ddl.Quote(k.Name)),
				Hint: fmt.Sprintf("Drop %s in a statement before.", ddl.Quote(k.Name))}
		}
	}
	for _, c := range d.Held.Checks {
		if !d.Held.Identity && (d.Held.Generated || !c.Holds) {
			return cannot("the constraint %s may not take rows of code that does not know %s", ddl.Quote(c.Name), d.What())
		}
	}
	return nil
}

// Expand is the SQL that lets code which does not know it write, and delete rows
// that it refers to, and those only. It takes ACCESS EXCLUSIVE for a moment.
func (d Deferred) Expand() []string {
	sql, _ := d.expand()
	return sql
}

// Undo is the SQL that takes back what Expand did, a statement for each.
func (d Deferred) Undo() []string {
	_, undo := d.expand()
	return undo
}

func (d Deferred) expand() (sql, undo []string) {
	alter := "ALTER TABLE " + ddl.Name{Schema: d.Table.Schema, Name: d.Table.Name}.String()
	if d.Column != "" && d.Held.NotNull {
		column := alter + " ALTER COLUMN " + ddl.Quote(d.Column)
		sql, undo = append(sql, column+" DROP NOT NULL"), append(undo, column+" SET NOT NULL")
	}
	for _, r := range d.Held.References {
		if r.Harms {
			sql = append(sql, alter+" DROP CONSTRAINT "+ddl.Quote(r.Name))
			undo = append(undo, alter+" ADD CONSTRAINT "+ddl.Quote(r.Name)+" "+r.Definition)
		}
	}
	return sql, undo
}

// Contract is the SQL that drops it.
func (d Deferred) Contract() string { return ContractAll([]Deferred{d}) }

// ContractAll is the statement that drops several tables, or several columns of one,
// which may depend on each other.
func ContractAll(all []Deferred) string {
	var names []string
	for _, d := range all {
		if d.Column == "" {
			names = append(names, ddl.Name{Schema: d.Table.Schema, Name: d.Table.Name}.String())
		} else {
			names = append(names, "DROP COLUMN "+ddl.Quote(d.Column))
		}
	}
	list, table := strings.Join(names, ", "), all[0].Table
	if all[0].Column == "" {
		return "DROP TABLE " + list
	}
	return fmt.Sprintf("ALTER TABLE %s %s", ddl.Name{Schema: table.Schema, Name: table.Name}, list)
}
