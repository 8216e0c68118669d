package shim

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A Sync with a Type that is Shown does not drop the column when its copy has taken its
// place. The column gets a name of migguard's own, and keeps its indexes; a trigger keeps the
// two equal by casts both ways; and code that runs goes on with it in its overlays, which
// have followed it to that name.

// KeptPrefix begins the name of a column that is kept so.
const KeptPrefix = "mg_old_"

// keptName is what the column is called when its copy has its name.
func (s Sync) keptName() string { return fmt.Sprintf("%s%d", KeptPrefix, s.Column.Number) }

// Kept tells that the column stays when its copy takes its place.
func (s Sync) Kept() bool { return len(s.Shown) > 0 }

// integers are the types, smallest first, between which a cast gives the same value or
// fails (22003; src/backend/utils/adt/int.c, int8.c).
var integers = []string{"smallint", "integer", "bigint"}

// CheckKept says why the column cannot stay; nil when it can. The error is a
// *Precondition. That its copy can take its place Check says.
func (s Sync) CheckKept() error {
	from, _ := ddl.ServerTypeOf(s.Copying.Type)
	to, _ := ddl.ServerTypeOf(s.Type)
	cannot := func(why string) error {
		return &Precondition{Reason: s.What() + " cannot stay beside a copy of the new type: " + why}
	}
	switch was, is := slices.Index(integers, from.Name), slices.Index(integers, to.Name); {
	case was < 0 || is <= was:
		return cannot("a value of the new type may not be one of the old type's when it is cast back and forth")
	case s.Copying.Bound != "":
		return cannot(s.Copying.Bound)
	case !s.Copying.Constant && !s.Copying.NotNull:
		return cannot("a NULL that code writes could not be told from a value that it leaves to the default, " + s.Copying.Default)
	}
	return nil
}

// ShownAfter are the overlays as they are made when the column has the name that it is kept by.
func (s Sync) ShownAfter() []Overlay {
	all := slices.Clone(s.Shown)
	for i := range all {
		all[i].Renamed = map[string]string{s.Column.Name: s.keptName()}
	}
	return all
}

// KeptAs is the name that the column is kept by, and what it has of the one that has its
// name then, in SQL.
func (s Sync) KeptAs() (name, conversion string) {
	return s.keptName(), s.back(ddl.Quote(s.Column.Name))
}

// back casts to the type that the column had.
func (s Sync) back(value string) string { return fmt.Sprintf("(%s)::%s", value, s.Copying.Type) }

// KeyBeside begins the name of the unique index that a primary key leaves to the column.
const KeyBeside = "mg_key_of_"

func besideName(i catalog.CopiedIndex) string { return fmt.Sprint(KeyBeside, i.OID) }

// beside is the statement that makes the index by which code that runs finds rows, and ON CONFLICT
// the column, when the primary key is the copy's: of two columns it can be one's only. It has
// the copy, too, so that it goes with whichever of the two goes.
func (s Sync) beside(i catalog.CopiedIndex) string {
	return fmt.Sprintf("CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s) INCLUDE (%s)", besideName(i), s.table(), ddl.Quote(s.Column.Name), s.Copy())
}

// setAside gives the column the name that it is kept by, and its indexes those of doubles of the ones
// that take their names: they go with these.
// NOT NULL would have the name of the copy's; it holds without, as for a renamed column.
func (s Sync) setAside() []string {
	kept := ddl.Quote(s.keptName())
	sql := []string{s.rename(s.Column.Name, s.keptName())}
	identity := s.Copying.Retyping.Identity != nil
	if identity {
		sql = append(sql, fmt.Sprintf("%s ALTER COLUMN %s DROP IDENTITY", s.alter(), kept))
	}
	if s.Copying.NotNull {
		sql = append(sql, fmt.Sprintf("%s ALTER COLUMN %s DROP NOT NULL", s.alter(), kept))
	}
	if !s.Copying.Constant && !identity {
		sql = append(sql, fmt.Sprintf("%s ALTER COLUMN %s DROP DEFAULT", s.alter(), kept))
	}
	for _, i := range s.Copying.Indexes {
		at := slices.IndexFunc(s.Copying.Retyping.Indexes, func(is catalog.RetypedIndex) bool { return is.OID == i.OID })
		if at < 0 {
			continue
		}
		name := ddl.Name{Schema: s.Table.Schema, Name: s.Copying.Retyping.Indexes[at].Name}
		if i.Primary { // its own went with the constraint
			name.Name = besideName(i)
		}
		sql = append(sql, fmt.Sprintf("ALTER INDEX %s RENAME TO %s%d", name, SyncDouble, i.Double))
	}
	return sql
}

// keepEqual is the SQL of the trigger between the two, whose names and function are those of the
// column that stays for good.
func (s Sync) keepEqual() []string {
	of := s
	copied, _ := s.Table.Column(s.Copy())
	of.Column.Number = copied.Number
	column, old := "NEW."+ddl.Quote(s.Column.Name), "NEW."+ddl.Quote(s.keptName())
	return of.trigger(s.keptBody(s.keptName()), column, s.conversion(old))
}

// keptBody is as body, with a cast each way. A value that the old type has not fails with 22003,
// whoever writes it.
func (s Sync) keptBody(kept string) string {
	column, old := ddl.Quote(s.Column.Name), ddl.Quote(kept)
	was := "NULL"
	if s.Copying.Constant && s.Copying.Default != "" {
		was = "(" + s.Copying.Default + ")"
	}
	written := differ("NEW."+old, s.back(was))
	if s.Copying.Constant {
		written += fmt.Sprintf(" AND NOT (%s)", differ("NEW."+column, s.conversion(was)))
	}
	return equalBody(column, old, s.conversion("NEW."+old), s.back("NEW."+column), written)
}
