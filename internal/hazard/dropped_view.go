package hazard

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// DroppedView is a view that the running code may still use, and that is not
// there again, or is another one, when its transaction commits.
var DroppedView = &Hazard{
	ID:      "dropped-view",
	Kind:    BreaksCode,
	Code:    "MG030",
	Shimmed: true,
	Title:   "a dropped view is gone for the code that is still running",
	Explanation: `Every statement of the running code that names the view, or refreshes the
materialized view, fails with 42P01 (undefined_table). To drop a view and create
it anew in one transaction breaks nobody, as long as the new one has what the old
one had: other sessions see only what was committed, and analyze their prepared
statements again.`,
	Verdicts: `Judged when the transaction is about to commit. Passes if under the view's name
there is a relation again that has the view's columns with the same types, takes
the same writes and lets the same roles in; of a materialized view, one that
can be refreshed and has its rows. Otherwise shimmed, if nothing has the name of a view that
DROP VIEW names: it is made anew as it was, and a later release drops it when no code that
runs needs it any more. COMMIT is refused, or the statement itself where it is a
transaction of its own, of a materialized view, where another one has the name, and
where the view cannot be what it was. Under maintenance mode then, if
migguard.toml has [policy] dropped-view = "maintenance", or ["maintenance"] if the view is
to go at once. Passes if no code runs that
could break, and with --allow dropped-view:VIEW. Not compared: the columns' order,
and whether one could write through a view that CASCADE or a function has dropped.
Passes, too, where the contracts of all builds that run show that none uses the view.`,
	Remedy: `Create the view anew in the transaction that drops it, with the columns it had;
more may follow. To drop it for good, release code that does not use it first,
and drop it in the release after that one.`,
	AtCommit: true,
	Given:    `CREATE VIEW active_users AS SELECT id, notes FROM users WHERE id > 0;`,
	Bad:      `DROP VIEW active_users;`,
	Good: `BEGIN;
DROP VIEW active_users;
CREATE VIEW active_users AS SELECT id, notes FROM users WHERE notes <> '';
COMMIT;`,
	Run: func(p *Pass) []Finding {
		r, ok := p.known()
		if _, drops := p.Change.(ddl.DropView); !drops || !ok || !isView(r) {
			return nil
		}
		why := `its statements fail with "relation does not exist" (42P01)`
		if p.Lookup.Again != nil {
			if why = lacks(r, *p.Lookup.Again); why == "" {
				return nil
			}
			why = "what has its name now is another one: " + why
		}
		return []Finding{{
			Relation: qualified(r),
			Message:  fmt.Sprintf("dropping %s %s breaks the code that is still running: %s", r.Kind, Display(r), why),
			Detail:   existed(r.Kind.String()),
			Needs:    needs(contract.DropTable, r, ""),
			Hint: fmt.Sprintf("Create it anew in the same transaction, with what it had. To drop it for good, release code that does not use it first. If that code is what is running now, say so: %s",
				allow("dropped-view", r, "")),
		}}
	},
}

func isView(r catalog.Relation) bool {
	return r.Kind == catalog.View || r.Kind == catalog.MaterializedView
}

// lacks says what code that knew a view misses in what has its name now.
func lacks(was, is catalog.Relation) string {
	switch {
	case was.Kind == catalog.MaterializedView && is.Kind != catalog.MaterializedView:
		return fmt.Sprintf("a %s cannot be refreshed", is.Kind)
	case was.Populated && !is.Populated:
		return "it has no rows before it is refreshed"
	case was.Writable&^is.Writable != 0:
		return "not all that could be written through it can be"
	}
	for _, c := range was.Columns {
		now, ok := is.Column(c.Name)
		switch {
		case c.Created:
		case !ok:
			return fmt.Sprintf("it has no column %s", ddl.Quote(c.Name))
		case c.TypeOID != now.TypeOID || c.TypeMod != now.TypeMod:
			return fmt.Sprintf("its column %s was %s and is %s", ddl.Quote(c.Name), c.Type, now.Type)
		}
	}
	return deprived(was, is)
}

// deprived names a privilege that somebody had on a view and has not on what has
// its name now.
func deprived(was, is catalog.Relation) string {
	for _, privilege := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
		holders := is.Holders(privilege)
		if role, ok := missing(was.Holders(privilege), holders); ok {
			return fmt.Sprintf("role %s may no longer %s", role, privilege)
		}
		for _, c := range was.Columns {
			now, _ := is.Column(c.Name)
			if role, ok := missing(c.Holders(privilege), append(now.Holders(privilege), holders...)); ok {
				return fmt.Sprintf("role %s may no longer %s column %s", role, privilege, ddl.Quote(c.Name))
			}
		}
	}
	return ""
}

// missing is the first of some roles that others do not include, as PUBLIC does
// all.
func missing(roles, others []string) (role string, found bool) {
	for _, role := range roles {
		if !slices.Contains(others, role) && !slices.Contains(others, "") {
			return cmp.Or(role, "PUBLIC"), true
		}
	}
	return "", false
}
