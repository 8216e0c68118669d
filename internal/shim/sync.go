package shim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A Sync keeps the old name of a renamed column alive by a copy: a trigger keeps the
// two equal, whichever of them code writes. The copy is made, and filled, before the
// rename; then names change places, so that all that belongs to the column stays with
// it under its new name. Foreign keys, CHECKs and NOT NULL need no double: they hold
// the column, and the trigger, which fires before them, the copy.
type Sync struct {
	Table  catalog.Relation
	Column catalog.Column
	To     string
	// Type, as a statement writes it, is what the column gets in the place of a name.
	Type    string
	Copying *catalog.Copying
	// Shown, beside a Type, are overlays in which code that runs goes on with the column as it
	// was: it stays then. Show is the SQL that makes those which do not stand, with the copy.
	Shown []Overlay
	Show  []string
}

// The names of what a Sync makes. Triggers of a kind fire in the order of their names
// (manual, "Overview of Trigger Behavior"), and this one has to see what others write.
const (
	SyncTrigger = "zzz_migguard_sync_"
	SyncDouble  = "mg_copy_of_"
	copyPrefix  = "mg_copy_"
)

// Copy is the name of the copy until the column is renamed.
func (s Sync) Copy() string { return fmt.Sprintf("%s%d", copyPrefix, s.Column.Number) }

// What is it, for people.
func (s Sync) What() string {
	return Deferred{Table: s.Table, Column: s.Column.Name}.What()
}

// Check says why there can be none; nil when there can. The error is a *Precondition.
func (s Sync) Check() error {
	c := s.Copying
	_, taken := s.Table.Column(s.To)
	switch {
	case c == nil:
		return &Precondition{Reason: "what depends on " + s.What() + " is not known"}
	case c.Key != "" && s.Type == "":
		return &Precondition{Reason: s.What() + " cannot have a copy: " + c.Key}
	case c.Why != "":
		return &Precondition{Reason: s.What() + " cannot have a copy: " + c.Why}
	case s.Type != "" && s.checkType() != nil:
		return s.checkType()
	case c.Copy != "" && c.Conversion != s.Conversion():
		return &Precondition{Reason: "a copy of " + s.What() + " is there that was made for another change"}
	case s.Type != "":
	case taken && !c.Synced:
		return &Precondition{Reason: fmt.Sprintf("the table has a column %s", ddl.Quote(s.To))}
	case !c.Constant && !c.NotNull:
		return &Precondition{Reason: "a NULL that code writes into " + s.What() + " could not be told from a value that it leaves to the default, " + c.Default}
	}
	for _, i := range c.Indexes {
		if _, err := s.double(i); err != nil {
			return &Precondition{Reason: "an index of " + s.What() + " cannot be written for its copy: " + err.Error()}
		}
	}
	return nil
}

// Ready tells that the names can change places.
func (s Sync) Ready() bool {
	return s.Copying.Copy != "" && s.Copying.Fires && (s.Copying.Ready || s.Copying.Synced) && len(s.Doubles()) == 0 &&
		!s.Required() && s.Copying.Conversion == s.Conversion()
}

// A Double is an index that the copy has to have.
type Double struct{ Name, SQL string }

// Doubles are those that are not there.
func (s Sync) Doubles() (missing []Double) {
	if s.Copying.Synced {
		return nil // those that came since then are new code's
	}
	for _, i := range s.Copying.Indexes {
		if sql, err := s.double(i); err == nil && !i.Doubled {
			missing = append(missing, Double{doubleName(i), sql})
		}
		if s.Kept() && i.Primary && !i.Beside {
			missing = append(missing, Double{besideName(i), s.beside(i)})
		}
	}
	return missing
}

// Arbiter is the definition of a unique index that ON CONFLICT can use by the name that is about to
// be the copy's, which has none; "" where there is no such index. It came since the names changed
// places.
func (s Sync) Arbiter() string {
	if !s.Copying.Synced {
		return ""
	}
	for _, i := range s.Copying.Indexes {
		if i.Immediate && !i.Doubled && strings.HasPrefix(i.Definition, "CREATE UNIQUE ") {
			return i.Definition
		}
	}
	return ""
}

func doubleName(i catalog.CopiedIndex) string { return fmt.Sprintf("%s%d", SyncDouble, i.OID) }

// double is the statement that makes an index for the copy. It is unique where ON
// CONFLICT can use it: the column's own keeps duplicates out of both.
func (s Sync) double(i catalog.CopiedIndex) (string, error) {
	return ddl.WriteIndex(i.Definition, ddl.IndexForm{On: s.table(), Index: doubleName(i), Concurrently: true,
		Copies: map[string]string{s.Column.Name: s.Copy()}, NotUnique: !i.Immediate})
}

func (s Sync) table() ddl.Name { return ddl.Name{Schema: s.Table.Schema, Name: s.Table.Name} }

func (s Sync) alter() string { return "ALTER TABLE " + s.table().String() }

// Expand is the SQL that adds the copy and has it follow the column, to be run in one
// transaction. It takes ACCESS EXCLUSIVE for a moment.
func (s Sync) Expand() []string {
	column := s.Copy() + " " + s.CopyType()
	if s.Copying.Collation != "" && s.Type == "" {
		column += " COLLATE " + s.Copying.Collation
	}
	sql := []string{s.alter() + " ADD COLUMN " + column}
	granted := map[string][]string{}
	for _, g := range s.Copying.Grants {
		to := "PUBLIC"
		if g.Grantee != "" {
			to = ddl.Quote(g.Grantee)
		}
		if g.Grantable {
			to += " WITH GRANT OPTION"
		}
		granted[to] = append(granted[to], fmt.Sprintf("%s (%s)", g.Privilege, s.Copy()))
	}
	for _, to := range slices.Sorted(maps.Keys(granted)) {
		sql = append(sql, fmt.Sprintf("GRANT %s ON TABLE %s TO %s", strings.Join(granted[to], ", "), s.table(), to))
	}
	return append(sql, s.trigger(s.follow(), s.value("NEW."), "NEW."+s.Copy())...)
}

// follow is the body of the trigger while the copy is prepared.
func (s Sync) follow() string {
	return fmt.Sprintf("NEW.%s := %s;", s.Copy(), s.value("NEW."))
}

// Before, and After, is the SQL around the rename, in its transaction, that lets the
// copy take the column's old name. Where the copy has the new one, the two change
// places.
func (s Sync) Before() []string {
	if !s.Copying.Synced {
		return nil
	}
	return []string{s.rename(s.Copying.Copy, s.Copy())}
}

// After is described at Before.
func (s Sync) After() []string {
	sql := []string{s.dropTrigger(), s.rename(s.Copy(), s.Column.Name)}
	if s.Copying.Default != "" && s.Copying.Constant && !s.Copying.Synced {
		sql = append(sql, fmt.Sprintf("%s ALTER COLUMN %s SET DEFAULT %s", s.alter(), ddl.Quote(s.Column.Name), s.Copying.Default))
	}
	return append(sql, s.trigger(s.body(), "NEW."+ddl.Quote(s.To), "NEW."+ddl.Quote(s.Column.Name))...)
}

func (s Sync) rename(from, to string) string {
	return fmt.Sprintf("%s RENAME COLUMN %s TO %s", s.alter(), ddl.Quote(from), ddl.Quote(to))
}

// body keeps both equal. Of a row that is added that one counts which is not what the
// default makes of it: code that knows both, as ActiveRecord does when it boots
// meanwhile, writes the default into the other. Where both are not, and of a row that
// is changed in both, the column counts, under its new name. A default that is another one
// each time the copy does not have: NULL is what code leaves out.
func (s Sync) body() string {
	column, old := ddl.Quote(s.To), ddl.Quote(s.Column.Name)
	was := "NULL"
	if s.Copying.Constant && s.Copying.Default != "" {
		was = "(" + s.Copying.Default + ")"
	}
	was += "::" + s.Copying.Type
	written := differ("NEW."+old, was)
	if s.Copying.Constant {
		written += fmt.Sprintf(" AND NOT (%s)", differ("NEW."+column, was))
	}
	return equalBody(column, old, "NEW."+old, "NEW."+column, written)
}

// equalBody lets a column have what is made of its old one where code has written that,
// and that what is made of the column elsewhere. written tells such a row that is added.
func equalBody(column, old, ofOld, ofColumn, written string) string {
	return fmt.Sprintf(`IF TG_OP = 'INSERT' AND %[3]s OR TG_OP = 'UPDATE' AND %[4]s AND NOT (%[5]s) THEN
    NEW.%[1]s := %[6]s;
  ELSE
    NEW.%[2]s := %[7]s;
  END IF;`, column, old, written, differ("NEW."+old, "OLD."+old), differ("NEW."+column, "OLD."+column), ofOld, ofColumn)
}

// differ compares by image: "=" takes 1.0 for 1.00, and some types have none (manual,
// "Row and Array Comparisons"). NULL is equal to NULL. It is the function behind *<>: the
// operator between rows is not read again as it is written by pg_get_triggerdef, so
// that no dump of the trigger could be restored.
func differ(a, b string) string {
	return fmt.Sprintf("pg_catalog.record_image_ne(ROW(%s), ROW(%s))", a, b)
}

// Differs is the condition of rows whose copy has not the value, in SQL, that it ought to.
func Differs(copied, value string) string { return differ(ddl.Quote(copied), value) }

// trigger makes function and trigger. It always fires, also for logical replication
// and pg_restore --disable-triggers (session_replication_role). Rows that are equal do not
// get as far as the function; value and other are what is equal, in SQL.
func (s Sync) trigger(body, value, other string) []string {
	name, quote := fmt.Sprint(SyncTrigger, s.Column.Number), dollars(body)
	return []string{
		fmt.Sprintf("CREATE OR REPLACE FUNCTION %s RETURNS pg_catalog.trigger LANGUAGE plpgsql AS %s", s.function(), quote+source(body)+quote),
		fmt.Sprintf("CREATE TRIGGER %s BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION %s",
			name, s.table(), differ(value, other), s.function()),
		fmt.Sprintf("%s ENABLE ALWAYS TRIGGER %s", s.alter(), name),
	}
}

func source(body string) string { return "\nBEGIN\n  " + body + "\n  RETURN NEW;\nEND " }

// dollars quotes a body that holds quotes of its own.
func dollars(body string) string {
	tag := "$sync$"
	for strings.Contains(body, tag) {
		tag = "$s" + tag[1:]
	}
	return tag
}

func (s Sync) function() string {
	return fmt.Sprintf("migguard.sync_%d_%d()", s.Table.OID, s.Column.Number)
}

func (s Sync) dropTrigger() string {
	return fmt.Sprintf("DROP TRIGGER IF EXISTS %s%d ON %s", SyncTrigger, s.Column.Number, s.table())
}

// Contract is the SQL that takes the copy away, whatever its name is now.
func (s Sync) Contract() []string {
	return []string{s.dropTrigger(), "DROP FUNCTION IF EXISTS " + s.function(), fmt.Sprintf("%s DROP COLUMN %s", s.alter(), ddl.Quote(s.Copying.Copy))}
}
