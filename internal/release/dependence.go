package release

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// shownByEffect tells the changes that are judged by what they turned out to do.
func shownByEffect(change ddl.Change) bool {
	switch change.(type) {
	case ddl.DropTable, ddl.DropColumn, ddl.RenameColumn, ddl.DropSchema, ddl.RenameSchema:
		return false
	}
	return reaches(change)
}

func untried(t *catalog.Trial) bool { return t != nil && t.Failed != "" }

// absent tells the changes that are judged where there is no relation of the name.
func absent(change ddl.Change) bool {
	switch c := change.(type) {
	case ddl.CreateTable, ddl.CreateView, ddl.CreateMaterializedView:
		return true
	case ddl.DropTable:
		return c.IfExists
	case ddl.DropView:
		return c.IfExists
	case ddl.RenameTable:
		return c.IfExists
	}
	return false
}

// missingColumn is one that a change takes for there, and that the relation lacks.
func missingColumn(change ddl.Change, found catalog.Lookup) (column string) {
	switch c := change.(type) {
	case ddl.DropColumn:
		if !c.IfExists {
			column = c.Column
		}
	case ddl.RenameColumn:
		column = c.Column
	default:
		_, column, _ = columnOf(change)
	}
	if column == "" || found.Relation == nil {
		return ""
	}
	if _, there := found.Relation.Column(column); there {
		return ""
	}
	return column
}

// parts are the columns and constraints of a relation that a change is about.
func parts(change ddl.Change) (relation ddl.Name, names []string) {
	switch c := change.(type) {
	case ddl.AddColumn:
		return c.Relation, []string{c.Column}
	case ddl.DropColumn:
		return c.Relation, []string{c.Column}
	case ddl.RenameColumn:
		return c.Relation, []string{c.Column, c.To}
	case ddl.AddConstraint:
		return c.Relation, []string{c.Name}
	case ddl.DropConstraint:
		return c.Relation, []string{c.Name}
	case ddl.ValidateConstraint:
		return c.Relation, []string{c.Name}
	}
	relation, column, _ := columnOf(change)
	return relation, []string{column}
}

// depends says that what is there now does not tell what a change will meet: an
// earlier statement is to change that.
func (f *foresight) depends(change ddl.Change) string {
	const why = "it depends on an earlier statement, which changes %s"
	relation, names := parts(change)
	for _, name := range names {
		if key := relation.Name + "." + name; name != "" && f.touched[key] {
			return fmt.Sprintf(why, key)
		}
	}
	relations := change.Relations()
	switch c := change.(type) {
	case ddl.DropIndex:
		relations = append(relations, c.Index)
	case ddl.AddConstraint:
		relations = append(relations, ddl.Name{Name: c.UsingIndex}, c.References)
	case ddl.RenameTable:
		relations = append(relations, ddl.Name{Name: c.To})
	}
	for _, name := range relations {
		if name.Name != "" && f.touched[name.Name] && !f.gate.hasMade(name) {
			return fmt.Sprintf(why, name)
		}
	}
	if asked, _ := f.gate.asks(change); f.others && (asked.Type != "" || asked.Schema != "" || len(relations) == 0) {
		return "it depends on an earlier statement, which changes a type, a function or the like"
	}
	return ""
}

// touch remembers what a change leaves otherwise than it is now.
func (f *foresight) touch(change ddl.Change) {
	relation, names := parts(change)
	part := false
	for _, name := range names {
		if name != "" {
			f.touched[relation.Name+"."+name], part = true, true
		}
	}
	switch c := change.(type) {
	case ddl.WriteRows: // which changes none
		return
	case ddl.CreateIndex:
		f.touched[c.Name] = true
		return
	case ddl.DropIndex:
		f.touched[c.Index.Name] = true
		return
	case ddl.RenameTable:
		f.touched[c.To] = true
	case ddl.CreateTable, ddl.AddConstraint, ddl.Comment, ddl.CreateTrigger:
		return
	}
	if part {
		return
	}
	for _, name := range change.Relations() {
		f.touched[name.Name] = true
	}
	f.others = f.others || len(change.Relations()) == 0
}
