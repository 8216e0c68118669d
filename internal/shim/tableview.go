// Package shim turns changes that would break running code into objects that
// keep it working: the SQL that makes them, the SQL that takes them down, and
// what has to hold before. The package is pure.
package shim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// securityInvoker is the first major with WITH (security_invoker) for views.
const securityInvoker = 15

// mergeIntoView is the first major whose MERGE works on a view.
const mergeIntoView = 17

// A Precondition is why a shim cannot be made.
type Precondition struct{ Reason, Hint string }

func (p *Precondition) Error() string { return p.Reason }

// A TableView keeps the old name of a renamed or moved relation alive as a
// view of it. An automatically updatable view takes SELECT, INSERT, UPDATE,
// DELETE, RETURNING and ON CONFLICT (columns) (manual, CREATE VIEW,
// "Updatable Views"; measured on 14 to 18).
type TableView struct {
	// Old is the relation as it is before the change, New what it is
	// called after it.
	Old catalog.Relation
	New ddl.Name
	// Major is the server's version.
	Major int
	// Release tells people which release made it: "release v42".
	Release string
	// Overlay is the schema of the view; empty: that of the relation.
	Overlay string
	// Renamed are the names of columns after the change, by those before.
	Renamed map[string]string
}

// Check says why the view cannot be made; nil when it can. The error is a
// *Precondition.
func (v TableView) Check() error {
	if role := v.columnReader(); v.Old.RowSecurity && v.Major >= securityInvoker && role != "" {
		return &Precondition{
			Reason: fmt.Sprintf("row security is on, so a view in the place of %s has to work with the rights of its user, and %s may read some columns of the table only, where a view asks for all", v.name(), role),
			Hint:   "GRANT SELECT on the whole table to that role first, or rename the table while the app is down.",
		}
	}
	if v.Old.RowSecurity && v.Major < securityInvoker {
		return &Precondition{
			Reason: fmt.Sprintf("a view in the place of %s would show every row to every role, because row security is on and views obey it only from PostgreSQL %d (this is %d)",
				v.name(), securityInvoker, v.Major),
			Hint: fmt.Sprintf("Upgrade the database to PostgreSQL %d, or rename the table while the app is down.", securityInvoker),
		}
	}
	if v.Old.RowsIn != "" {
		return &Precondition{
			Reason: fmt.Sprintf("%s is of the row type of %s, and the rows of a view in its place would be of another", v.Old.RowsIn, ddl.Name{Schema: v.Old.Schema, Name: v.Old.Name}),
			Hint:   "Change what is of that type first, in a release of its own, or rename while the app is down.",
		}
	}
	if missing := v.ownerLacks(); missing != "" && !v.Old.RowSecurity {
		return &Precondition{
			Reason: fmt.Sprintf("a view reads and writes with the rights of its owner, and %s, the owner of %s, has taken %s from itself though others have it", ddl.Quote(v.Old.Owner), v.name(), missing),
			Hint:   fmt.Sprintf("GRANT %s ON %s TO %s first.", missing, v.name(), ddl.Quote(v.Old.Owner)),
		}
	}
	return nil
}

// columnReader is a role that may read single columns and not the relation.
func (v TableView) columnReader() string {
	for _, c := range v.Old.Columns {
		for _, g := range c.Grants {
			if g.Privilege == "SELECT" && !v.granted(g.Grantee, "SELECT") && !v.granted("", "SELECT") {
				return grantee(g.Grantee)
			}
		}
	}
	return ""
}

// ownerLacks is a privilege that the owner does not have and somebody has.
func (v TableView) ownerLacks() string {
	if v.Old.DefaultGrants {
		return ""
	}
	for _, privilege := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
		for _, g := range v.Old.Grants {
			if g.Privilege == privilege && !v.granted(v.Old.Owner, privilege) {
				return privilege
			}
		}
	}
	return ""
}

func (v TableView) granted(role, privilege string) bool {
	return slices.ContainsFunc(v.Old.Grants, func(g catalog.Grant) bool {
		return g.Grantee == role && g.Privilege == privilege
	})
}

// Expand is the SQL that makes the view, to be run right after the relation
// has its new name, in the same transaction.
func (v TableView) Expand() []string {
	sql := []string{v.create()}
	if sets := v.defaults(); sets != "" {
		sql = append(sql, sets)
	}
	if v.Old.Owner != v.Old.Role {
		sql = append(sql, fmt.Sprintf("ALTER VIEW %s OWNER TO %s", v.name(), ddl.Quote(v.Old.Owner)))
	}
	sql = append(sql, grants(v.Old, v.name())...)
	return append(sql, fmt.Sprintf("COMMENT ON VIEW %s IS %s", v.name(), ddl.Literal(v.comment())))
}

func (v TableView) name() ddl.Name {
	return ddl.Name{Schema: cmp.Or(v.Overlay, v.Old.Schema), Name: v.Old.Name}
}

// create lists the columns, so that one added to the table later does not
// change what the old code's SELECT * returns.
func (v TableView) create() string {
	columns, now := make([]string, len(v.Old.Columns)), make([]string, len(v.Old.Columns))
	for i, c := range v.Old.Columns {
		columns[i], now[i] = ddl.Quote(c.Name), ddl.Quote(cmp.Or(v.Renamed[c.Name], c.Name))
	}
	list := strings.Join(now, ", ")
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE VIEW %s", v.name())
	if len(columns) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(columns, ", "))
	}
	if v.Old.RowSecurity {
		b.WriteString(" WITH (security_invoker = true)")
	}
	fmt.Fprintf(&b, " AS SELECT %s FROM %s", list, v.New)
	return b.String()
}

// defaults gives the view's columns the defaults of the relation's. Empty where there
// are none.
func (v TableView) defaults() string {
	if !slices.ContainsFunc(v.Old.Columns, func(c catalog.Column) bool { return c.Default }) {
		return ""
	}
	return follow(ddl.Literal(v.name().String())+"::pg_catalog.regclass", v.Old.OID, followDefaults)
}

func (v TableView) comment() string {
	if v.Overlay != "" {
		return fmt.Sprintf("migguard shim: shows %s as it was before %s to code of one build, whose search_path begins with %s. \"migguard run\" drops it when that build is gone; see \"migguard shims\".",
			v.New, v.Release, ddl.Quote(v.Overlay))
	}
	return fmt.Sprintf("migguard shim: %s is now %s. This view keeps code of builds before %s working. \"migguard run\" drops it when a newer build is released and those are gone; see \"migguard shims\".",
		v.name(), v.New, v.Release)
}

// Limits are the statements of old code that fail on a view though they work
// on a table, as measured on 14 to 18.
func (v TableView) Limits() []string {
	limits := []string{
		"INSERT ... ON CONFLICT ON CONSTRAINT",
		"GROUP BY the primary key with other columns selected",
		"TRUNCATE",
		"WHERE CURRENT OF",
		"UPDATE ... SET an identity, serial or generated column = DEFAULT",
		"COPY table FROM and COPY table TO",
	}
	if v.Major < mergeIntoView {
		limits = append(limits, "MERGE INTO")
	}
	limits = append(limits, "ctid, xmin, tableoid and TABLESAMPLE", "pg_get_serial_sequence, which finds none")
	if v.Old.Kind == catalog.MaterializedView {
		limits = append(limits, "REFRESH MATERIALIZED VIEW")
	}
	if v.Old.Schema != v.New.Schema {
		limits = append(limits, "nextval and the like of its columns' own sequences, which move along")
	}
	return append(limits, "an ORM that looks up the primary key when it boots")
}
