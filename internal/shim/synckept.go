package shim

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A Kept is what a Sync has left, as it is now.
type Kept struct{ catalog.Synced }

// What is both columns, for people.
func (k Kept) What() string {
	return fmt.Sprintf("columns %s and %s of %s", ddl.Quote(k.Column), ddl.Quote(k.Copy), k.Table)
}

// Broken says why the two are not kept equal, in a clause; empty when they are. A
// table, or a column, that is gone is judged elsewhere.
func (k Kept) Broken() string {
	switch {
	case k.Column == "" || k.Copy == "":
		return ""
	case !k.Fires:
		return "the trigger that keeps them equal is gone, off, or another one"
	case k.Converted && !k.Renamed: // a trigger's condition keeps the type of the column
		return ""
	case !k.Converted && !k.Alike:
		return "they are of different types"
	case k.Renamed && k.Beside != "":
		return k.Beside
	case k.Renamed && k.given() != k.CopyDefault && (k.given() == "" || k.CopyDefault == ""):
		return "they have different defaults"
	case source(k.body()) != k.Source:
		return "the function that keeps them equal is made for other names, types or defaults"
	}
	return ""
}

// given is the default that both have.
func (k Kept) given() string {
	if !k.Constant {
		return ""
	}
	return k.Default
}

// body is that of the trigger's function, as it would be made now.
func (k Kept) body() string {
	s := Sync{Column: catalog.Column{Name: k.Copy, Number: k.Number}, To: k.Column,
		Copying: &catalog.Copying{Type: k.Type, Default: k.Default, Constant: k.Constant}}
	switch {
	case k.Converted && k.Renamed:
		s = Sync{Column: catalog.Column{Name: k.Column}, Type: k.Type, Copying: &catalog.Copying{Type: k.CopyType, Default: k.CopyDefault, Constant: k.Constant}}
		return s.keptBody(k.Copy)
	case k.Renamed:
		return s.body()
	}
	s.Column.Name = k.Column
	return s.follow()
}

// SameDefault is a query for whether two defaults come to the same value, whose SQL is not
// the same: the server does not read each as it has written it. Empty: there is nothing to ask.
func (k Kept) SameDefault() string {
	if !k.Renamed || k.given() == k.CopyDefault {
		return ""
	}
	return fmt.Sprintf("SELECT NOT %s", differ("("+k.Default+")::"+k.Type, "("+k.CopyDefault+")::"+k.Type))
}
