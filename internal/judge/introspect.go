package judge

import (
	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
)

// introspected says why a view cannot stand in for a table: ActiveRecord looks up a
// table's primary key and defaults when a model is first used, which in a process of
// old code may be after the migration, and a view has none of them. Then find fails
// with UnknownPrimaryKey, and what is created has no id and no defaults (measured
// with Redmine, Rails 6.1). A model that says its primary_key
// still finds no defaults. SQLAlchemy makes a class of what is a table and has a key,
// and of a view none.
func introspected(r catalog.Relation, code []Code) (why, hint string) {
	for _, c := range code {
		if c.Contract == nil {
			continue
		}
		if is := c.Contract.Introspects(contract.Name{Schema: r.Schema, Name: r.Name}); is.Verdict == contract.Yes {
			return "code of " + c.Name + " that uses it for the first time then looks for its primary key and defaults, and a view has none: " + Spoken(is),
				"Leave the table as it is, and give the model the new name: with Rails self.table_name for a table, alias_attribute for a column."
		}
	}
	return "", ""
}
