package shim

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// An Overlay keeps the old names of a table's columns alive for one build: a view
// of the table's name in a schema that the build's sessions look into before any
// other. The schema is not there until the first overlay is, which PostgreSQL
// does not mind (manual, "search_path"); then the sessions resolve the table's
// name anew, those of prepared statements, too (measured on 14 to 18).
type Overlay struct{ TableView }

// OverlayOf is the overlay in a schema for code that knows a column by its name
// before a rename.
func OverlayOf(table catalog.Relation, schema, before, after string, major int, release string) Overlay {
	o := OverlayBefore(table, schema, major, release)
	o.Renamed = map[string]string{before: after}
	return o
}

// OverlayBefore is the overlay in a schema for code that knows a table without the
// columns that it gets. Those that the code cannot know the view has not, either.
func OverlayBefore(table catalog.Relation, schema string, major int, release string) Overlay {
	table.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(c catalog.Column) bool { return c.Created })
	return Overlay{TableView{
		Old: table, New: ddl.Name{Schema: table.Schema, Name: table.Name}, Major: major, Release: release, Overlay: schema,
	}}
}

// OverlayMoved is the overlay in a schema for code that knows a table where it was
// before it moved to another.
func OverlayMoved(table catalog.Relation, schema, to string, major int, release string) Overlay {
	o := OverlayBefore(table, schema, major, release)
	o.New.Schema = to
	return o
}

// Expand is the SQL that makes it, to be run right after the rename, in the same
// transaction. The view's own privileges say who may use it. Nobody but a superuser
// may make anything else in the schema: what old code creates without a schema, IF
// NOT EXISTS, say, would land there and hide what it has in others. It hears an
// error instead. The schema's owner can take a right from itself (manual, "Privileges").
func (o Overlay) Expand() []string {
	schema := ddl.Quote(o.Overlay)
	return slices.Concat([]string{
		fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %s", schema),
		fmt.Sprintf("GRANT CREATE ON SCHEMA %s TO CURRENT_USER", schema),
		fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO PUBLIC", schema),
	}, o.TableView.Expand(), []string{
		fmt.Sprintf("REVOKE CREATE ON SCHEMA %s FROM CURRENT_USER", schema),
	})
}
