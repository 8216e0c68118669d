package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RenamedTable is a relation that is no longer found under the name the
// running code has for it.
var RenamedTable = &Hazard{
	ID:      "renamed-table",
	Kind:    BreaksCode,
	Code:    "MG001",
	Shimmed: true,
	Title:   "a renamed table is gone for the code that is still running",
	Explanation: `Heroku starts new dynos after the migration has committed. Until the last old
dyno has exited, every statement of its code that names the table under the old
name fails with 42P01 (undefined_table). ALTER TABLE ... SET SCHEMA does the
same to code that does not have the new schema on its search_path.`,
	Verdicts: `Shimmed: migguard renames the table and, in the same transaction, puts an
updatable view under the old name, which a later release drops. Where a contract or a query
shows what needs a table, a model of ActiveRecord, GROUP BY its key, TRUNCATE, ctid or TABLESAMPLE, a
partitioned table takes the old name, with the renamed one as its partition. For SET SCHEMA the view is in
a schema of its own, into which each build that runs is proven to look before any other, or, if one is
not, in the old schema, unless new code would find it there. Where nothing
can stand in, also because of ON CONFLICT ON CONSTRAINT or COPY of the name: under maintenance mode, if migguard.toml has
[policy] renamed-table = "maintenance", or else refused. Passes if no code runs
that could break, and with --allow renamed-table:TABLE.
Passes, too, where nothing can stand in and the contracts of all builds that run show
that none uses the table.`,
	Remedy: `Where nothing can stand in, create the new table beside the old one, write to
both and move the readers in one release, and drop the old one in the next.`,
	Bad:  `ALTER TABLE users RENAME TO accounts;`,
	Good: `CREATE TABLE accounts (id bigint PRIMARY KEY);`,
	Run:  runRenamedTable,
}

func runRenamedTable(p *Pass) []Finding {
	r, ok := p.known()
	switch c := p.Change.(type) {
	case ddl.RenameTable:
		if !ok || p.Lookup.FromBlock {
			return nil
		}
		return []Finding{renamed(r, ddl.Name{Schema: r.Schema, Name: c.To})}
	case ddl.SetSchema:
		if !ok || c.Schema == r.Schema {
			return nil
		}
		return []Finding{renamed(r, ddl.Name{Schema: c.Schema, Name: r.Name})}
	case ddl.RenameSchema:
		var found []Finding
		for _, in := range p.Lookup.Inside {
			found = append(found, renamed(in, ddl.Name{Schema: c.To, Name: in.Name}))
		}
		return found
	}
	return nil
}

func renamed(r catalog.Relation, to ddl.Name) Finding {
	return Finding{
		Relation: qualified(r),
		Message: fmt.Sprintf("renaming %s %s to %s breaks the code that is still running: its statements fail with \"relation does not exist\" (42P01) until its last dyno is gone",
			r.Kind, Display(r), display(to)),
		Detail: existed(r.Kind.String()),
		Needs:  needs(contract.RenameTable, r, ""),
		Hint: fmt.Sprintf("Create %s beside it, write to both and move the readers in one release, drop %s in the next. Or say that no running code uses it: %s",
			display(to), Display(r), allow("renamed-table", r, "")),
	}
}
