package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/shim"
)

// SQLSTATEs of refusals that are about no hazard.
const (
	codeNameTaken = "MG052" // a name is a shim's, or in the way of one
	codeUnjudged  = "MG053" // a text that could not be read
)

// instead says what there is none of.
var instead = map[judge.Verdict]string{judge.Shim: "No shim: ", judge.Rewrite: "Not rewritten: ", judge.Maintenance: "No maintenance mode: "}

// refuse turns a decision into what the client is told.
func (a *act) refuse(d judge.Decision) *guard.Refusal {
	f := d.Findings[0]
	r := &guard.Refusal{Code: f.Hazard.Code, Message: f.Message + " (" + f.Hazard.ID + ")", Detail: f.Detail, Hint: f.Hint}
	if d.Obstacle != nil {
		r.Detail = instead[d.Obstacle.Wanted] + d.Obstacle.Reason + ". " + r.Detail
		if d.Obstacle.Hint != "" {
			r.Hint = d.Obstacle.Hint
		}
	}
	more := d.Findings[1:]
	r.Hint += exceptToo(r.Hint, more)
	if a.keeper.machine != nil && d.Verdict == judge.Refuse && slices.Contains(judge.Choices(f.Hazard), judge.Maintenance) {
		r.Hint += fmt.Sprintf(" Or let it have maintenance mode: [policy] %s = \"maintenance\" in %s.", f.Hazard.ID, config.FileName)
	}
	if len(more) > 0 {
		r.Detail += " " + also(more)
	}
	return r
}

// refuseEffect is refuse for what a statement turned out to do.
func (a *act) refuseEffect(d judge.Decision) error {
	a.verdict = judge.Refuse
	r := a.refuse(d)
	if a.unshown {
		r.Detail += " No statement of the transaction says so: a trigger, a view or the like did that, or a statement that does more than it should. It is rolled back."
	} else {
		r.Detail += " The statement did that, and was rolled back."
	}
	if d.Verdict == judge.Shim {
		r.Hint = "Write the ALTER TABLE ... RENAME, or SET SCHEMA, as a statement of the migration's own: then migguard keeps the old name alive."
	}
	return r
}

// SQLSTATEs of a change that a view of the table is in the way of.
const (
	codeDependents   = "2BP01" // DROP COLUMN
	codeNotSupported = "0A000" // ALTER COLUMN TYPE
)

// SQLSTATEs of a change that is not made to a partition.
const (
	codeWrongObject       = "42809" // ADD COLUMN
	codeInvalidDefinition = "42P16" // DROP COLUMN
)

// codeOtherColumns is the SQLSTATE of ATTACH PARTITION and INHERIT of a table whose columns
// are not its parent's.
const codeOtherColumns = "42804"

// SQLSTATEs of a change that counts on an index which is not there.
const (
	codeUndefinedObject   = "42704" // ADD CONSTRAINT ... USING INDEX
	codeInvalidForeignKey = "42830"
)

// laterRelease is for what a shim stands in the way of. A release of the same
// migrations meets the same shim: the code that it serves runs until one succeeds.
const laterRelease = "This has to come with a later release: take the migration out of this one, and bring it when the shim is gone (see \"migguard shims\")."

// dependent explains an error that only a shim's view or trigger is the cause of. The
// server's hint, CASCADE, would take the view away from the code it serves.
func (g *gate) dependent(err error) error {
	var server *guard.ServerError
	if !errors.As(err, &server) {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch server.SQLState() {
	case codeWrongObject, codeInvalidDefinition:
		if g.parented && server.Response.Hint == "" {
			server.Response.Hint = "If it is about a table that a shim has for its partition: write it as a statement of the migration's own, or bring it with a later release, when the shim is gone (see \"migguard shims\")."
		}
	case codeOtherColumns:
		if g.defers && server.Response.Hint == "" {
			server.Response.Hint = "If it is about a column that a migration has dropped or renamed: it stays for code that is still running (migguard shims). Put this statement in a release after that."
		}
	case codeUndefinedObject, codeInvalidForeignKey:
		if g.withholds && server.Response.Hint == "" {
			server.Response.Hint = "If it is about a constraint or index of a migration before: it waits for code that is still running (migguard shims). Put this statement in a release after that one."
		}
		if len(g.owes) > 0 && server.Response.Hint == "" {
			server.Response.Hint = "If it is about an index that this transaction asked for: migguard builds that after the commit. Put this statement in a migration of its own, after that one."
		}
	}
	name := g.inTheWay(server)
	if state := server.SQLState(); name == "" && g.defers && (state == codeDependents || state == codeNotSupported) && strings.Contains(server.Response.Detail, "view ") {
		server.Response.Hint = strings.TrimSpace(server.Response.Hint + " If the view is one that a migration has dropped, it stays for code that is still running (migguard shims): write this as a statement of the migration's own, which tells more.")
	}
	if name != "" {
		server.Response.Hint = fmt.Sprintf("%s is migguard's shim for the code that is still running. %s", name, laterRelease)
	}
	return err
}

// inTheWay is the view of a shim, or the trigger of a copy, that an error says depends
// on what was to be changed. The caller holds mu.
func (g *gate) inTheWay(server *guard.ServerError) string {
	if state := server.SQLState(); state != codeDependents && state != codeNotSupported {
		return ""
	}
	if _, number, found := strings.Cut(server.Response.Detail, "trigger "+shim.SyncTrigger); found {
		number, _, _ = strings.Cut(number, " ")
		return "trigger " + shim.SyncTrigger + number
	}
	for name := range g.standing {
		if view := dependentView(server.Response.Detail, ddl.Quote(name)); view != "" {
			return view
		}
	}
	return ""
}

// dependentView is the view of a name, or an overlay's, that the server says
// depends on what was to be changed.
func dependentView(detail, name string) string {
	for line := range strings.Lines(detail) {
		_, rest, _ := strings.Cut(line, "view ")
		view, _, _ := strings.Cut(rest, " depends")
		schema, _, _ := strings.Cut(view, ".")
		if view == name || shim.IsOverlaySchema(schema) && view == schema+"."+name {
			return view
		}
	}
	return ""
}

func (a *act) unjudged(why, instead string) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeUnjudged,
		Message: "migguard cannot judge this statement: " + why, Hint: instead}
}

// shimInTheWay refuses a change of a shim's view, or that takes its name.
func (a *act) shimInTheWay(change ddl.Change, view catalog.Relation) error {
	a.verdict = judge.Refuse
	name := hazard.Display(view)
	r := &guard.Refusal{Code: codeNameTaken,
		Message: fmt.Sprintf("the name %s is that of a shim: the code that is still running reaches %s through it", name, view.Standing.Name),
		Detail:  "Changing it, or using the name for something else, would break that code.",
		Hint:    fmt.Sprintf("If the table is meant, write its name, %s.", view.Standing.Name)}
	switch change.(type) {
	case ddl.CreateTable, ddl.CreateView, ddl.CreateMaterializedView, ddl.RenameTable, ddl.SetSchema:
		r.Hint = laterRelease + " Or choose another name."
	}
	return r
}

// shimLost refuses a statement that turned out to take a shim's view away.
func (a *act) shimLost(view catalog.Relation) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeNameTaken,
		Message: fmt.Sprintf("the shim %s does not outlive this statement, and the code that is still running needs it", hazard.Display(view)),
		Detail:  "The statement was rolled back.",
		Hint:    laterRelease}
}

// taken says what the server would say, before anything is done.
func (a *act) taken(change ddl.Change, target catalog.Relation) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeNameTaken,
		Message: fmt.Sprintf("cannot rename %s to %s: there is a %s of that name", change.Relations()[0], ddl.Quote(target.Name), target.Kind),
		Hint:    "Choose another name, or rename what has it first."}
}
