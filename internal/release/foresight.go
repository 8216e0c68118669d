package release

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/task"
)

// A foresight judges statements that have not been sent, by what there is now.
// What that says nothing about, because an earlier statement is to change it, or
// because it is found out by doing, is left to the run.
type foresight struct {
	run  *Run
	gate *gate
	conn *looking
	// touched are names of relations that earlier statements change, and with a
	// column or constraint behind a dot those of such.
	touched map[string]bool
	others  bool // something that is no relation is changed, too
	moved   bool // names may mean something else in this migration
	blind   bool // an earlier statement may do what it does not say
	// takes is how long the tasks of the statement that is judged may take.
	takes *report.Span
}

func (f *foresight) migration(ctx context.Context, m pendingFile) (report.Planned, error) {
	planned := report.Planned{File: m.file, Unread: m.unread}
	f.moved = false
	f.blind = f.blind || m.unread != ""
	for _, text := range m.texts {
		all := f.gate.Inspect(text, guard.Settings{Database: f.gate.database, ClientEncoding: "UTF8"})
		f.moved = f.moved || movesPath(text, all)
		for _, st := range all {
			if !st.Gated {
				continue
			}
			foreseen, err := f.statement(ctx, st)
			if err := errors.Join(err, f.conn.done(ctx)); err != nil {
				return planned, err
			}
			if st.Data.(plan).Class == ddl.Query && foreseen.Verdict == string(judge.Allow) && len(foreseen.Hazards) == 0 {
				continue
			}
			planned.Statements = append(planned.Statements, foreseen)
		}
	}
	return planned, nil
}

// setting is in every text that changes a setting, and in few that show one.
var setting = regexp.MustCompile(`(?i)\bset\b|\bset_config\b`)

// movesPath tells a text that may set the search path, by SET or set_config; that of
// a function's definition is the function's.
func movesPath(text string, all []guard.Statement) bool {
	defines := len(all) == 1 && has[ddl.CreateFunction](all[0].Data.(plan).Changes)
	return !defines && strings.Contains(strings.ToLower(text), "search_path") && setting.MatchString(text)
}

// statement judges one. An error is of looking; what the server, or the gate, says
// of the statement is in the answer.
func (f *foresight) statement(ctx context.Context, st guard.Statement) (report.Foreseen, error) {
	a := &act{gate: f.gate, conn: f.conn, plan: st.Data.(plan), text: st.SQL, began: time.Now(), verdict: judge.Allow}
	was := f.blind
	f.takes = nil
	unknown, err := f.judge(ctx, a)
	done := a.finish("", err)
	s := report.Foreseen{Text: runner.Masked(clip(done.Text)), Verdict: done.Verdict, Hazards: done.Hazards, Executed: done.Executed,
		Notes: done.Notes, Error: done.Error, Detail: done.Detail, Hint: done.Hint}
	var refusal *guard.Refusal
	var server *guard.ServerError
	switch {
	case errors.As(err, &refusal) && refusal.Code == codeMaintenance:
		s.Error, s.Detail, s.Hint = "", "", ""
	case errors.As(err, &refusal):
	case errors.As(err, &server):
		unknown = "it cannot be looked at now: " + server.Response.Message
	case err != nil:
		return s, err
	}
	switch {
	case refusal == nil && unknown != "":
		s.Verdict, s.Executed, s.Error, s.Hint, s.Detail = report.Unknown, nil, "", "", unknown
	case s.Verdict == string(judge.Refuse):
	default:
		s.Takes = f.takes
		if was {
			s.Notes = append(s.Notes, "an earlier statement may change what this one meets, and does not show it")
		}
	}
	if s.Hazards == nil {
		s.Hazards = []report.Hazard{}
	}
	s.Executed = append([]string{}, s.Executed...)
	for _, change := range a.plan.Changes {
		f.touch(change)
	}
	if refusal == nil {
		a.mark()
	}
	return s, nil
}

// judge is carryOut without doing anything. It returns why only the run can tell.
func (f *foresight) judge(ctx context.Context, a *act) (unknown string, err error) {
	switch {
	case a.plan.unjudged != "":
		return "", a.unjudged(a.plan.unjudged, a.plan.instead)
	case a.plan.said.wrong != nil:
		return "", a.misdirected()
	case len(a.plan.Changes) == 0, a.plan.rigged, a.callsUnknown(a.plan.Statement), slices.ContainsFunc(a.plan.Changes, shownByEffect):
		f.blind = true
		return "what it does is not all in its text, and is looked at when it runs", nil
	case f.moved:
		return "the migration sets the search path, which tells what names mean", nil
	}
	for i, change := range a.plan.Changes {
		if why := f.depends(change); why != "" {
			unknown = why
			continue
		}
		if c, ok := change.(ddl.WriteRows); ok {
			if err := a.weigh(ctx, c); err != nil {
				return "", err
			}
			continue
		}
		if why, err := f.stands(ctx, a, change); err != nil {
			return "", err
		} else if why != "" {
			unknown = why
			continue
		}
		for _, check := range []func(context.Context, ddl.Change) error{a.checkShims, a.checkOwed, a.checkDeferred} {
			if err := check(ctx, change); err != nil {
				return "", err
			}
		}
		names, _ := a.asks(change)
		d, found, err := a.decide(ctx, i)
		switch {
		case err != nil:
			return "", err
		case names.Relation != "" && found.Relation == nil && !absent(change):
			unknown = fmt.Sprintf("%s is not there now", change.Relations()[0])
			continue
		case missingColumn(change, found) != "":
			unknown = fmt.Sprintf("column %s of %s is not there now", ddl.Quote(missingColumn(change, found)), change.Relations()[0])
			continue
		case d.Verdict != judge.Allow && (untried(found.Trial) || untried(found.DefaultTrial)):
			unknown = fmt.Sprintf("whether it reads or writes all of %s is tried on an empty copy, at the run", change.Relations()[0])
			continue
		}
		if d.Verdict == judge.Refuse {
			d.Findings = a.refusedToo(ctx, i, d.Findings, func(other ddl.Change) bool { return writesRows(other) || f.depends(other) != "" })
		}
		if err := f.act(ctx, a, d); err != nil {
			return "", err
		}
		if found.Relation != nil {
			f.takes = f.takes.Plus(task.Estimate(d, found.Relation.Size))
		}
		if _, _, err := a.bookkeeping(ctx, change, found); err != nil {
			return "", err
		}
	}
	if a.cascades() {
		a.notes = append(a.notes, "what goes along (CASCADE) is looked at when it runs")
	}
	return unknown, nil
}

// act is what carryOut does about a decision, in words.
func (f *foresight) act(ctx context.Context, a *act, d judge.Decision) error {
	note := func(text string) { a.notes = append(a.notes, text) }
	if len(d.Pending) > 0 {
		note("it is judged again before its transaction commits")
	}
	switch {
	case d.Verdict == judge.Refuse, d.Verdict == judge.Maintenance && a.plan.Alone:
		a.verdict = judge.Refuse
		return a.refuse(d)
	case d.Verdict == judge.Maintenance:
		return a.underMaintenance(ctx, d)
	case d.Index != nil:
		a.executed = []string{d.Index.SQL}
		note("it is built when its transaction has committed")
	case d.Staged != nil:
		note("it is added without a look at the rows, which are checked when its transaction has committed")
	case d.Filled != nil:
		note("the column is added without its default's value, which the rows get when its transaction has committed")
	case d.Retyped != nil && d.Retyped.Same():
		note(alreadyOf(*d.Retyped))
	case d.Retyped != nil && d.Overlays != nil:
		note(fmt.Sprintf("%s gets a copy of the new type before it, which takes its name, and stays for code that runs, which sees it as it was; the command is started again if the statement is in a transaction", d.Retyped.What()))
	case d.Retyped != nil:
		note(fmt.Sprintf("%s gets a copy of the new type before it, which takes its place; the command is started again if the statement is in a transaction", d.Retyped.What()))
	case d.Refresh != "":
		a.executed = []string{d.Refresh}
	case d.Sync != nil:
		a.executed = []string{a.text}
		note(fmt.Sprintf("%s gets a copy before it, which takes its old name and is kept equal; the command is started again if the statement is in a transaction", d.Sync.What()))
	case d.Overlays != nil:
		a.executed = []string{a.text}
		for _, o := range d.Overlays {
			a.executed = append(a.executed, o.Expand()...)
		}
	case d.Deferred != nil:
		if err := d.Deferred.Check(); err != nil {
			return a.notDeferred(*d.Deferred, err.Error())
		}
		a.executed = d.Deferred.Expand()
		note(d.Deferred.What() + " stays until no code that runs needs it; that it can be dropped then is tried at the run")
	case d.View != nil:
		a.executed = append([]string{a.text}, d.View.Expand()...)
	case d.Parent != nil:
		a.executed = append([]string{a.text}, d.Parent.Expand()...)
	}
	return nil
}
