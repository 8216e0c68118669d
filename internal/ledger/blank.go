package ledger

import (
	"fmt"
	"strings"
)

// Blank has what reads the ledger find nothing where there is none, instead of
// failing with ErrNoLedger: as the first run finds the one that it makes.
func (l *Ledger) Blank() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blank = true
}

// froms are the FROM items of this package for a migration's own session, each with
// the columns it has, as an empty one.
var froms = map[string]string{
	CreatedFrom:  empty("", "relation oid", "attnum int2"),
	StandingFrom: empty("shim", "view oid", "relation oid", "new_name text", "transaction xid8"),
	ParentsFrom:  empty("shim", "parent oid", "relation oid"),
	OverlaysFrom: empty("overlay", "schema name", "name name", "view oid", "relation oid", "plain bool"),
	ViewsFrom:    empty("shim", "view oid", "relation oid", "kind text", "schema name"),
	DeferredFrom: empty("deferred", "relation oid", "attnum int2"),
	SyncsFrom:    empty("s", "relation oid", "attnum int2", "copy_of int2", "kind text", "ready bool", "conversion text"),
	OwedFrom:     empty("task", "kind text", "schema_name text", "table_name text", "object_name text", "sql text"),
	WithheldFrom: empty("withheld", "id int8", "kind text", "relation oid", "attnums _int2", "columns _name", "object_name text", "statement text"),
}

// empty is a FROM item without rows; without a name it gets one where it stands.
func empty(name string, columns ...string) string {
	for i, c := range columns {
		column, kind, _ := strings.Cut(c, " ")
		columns[i] = fmt.Sprintf("NULL::pg_catalog.%s AS %s", kind, column)
	}
	item := "(SELECT " + strings.Join(columns, ", ") + " WHERE false)"
	if name != "" {
		item += " AS " + name
	}
	return item
}

var blanks = func() *strings.Replacer {
	var all []string
	for from, none := range froms {
		all = append(all, from, none)
	}
	return strings.NewReplacer(all...)
}()

// Blanked is a query of such FROM items as it is where there is no ledger: it finds
// none of them.
func Blanked(sql string) string { return blanks.Replace(sql) }
