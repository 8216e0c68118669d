package release

import (
	"context"
	"errors"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// A carrying is what the changes of one statement come to, until all are judged.
type carrying struct {
	record    []string // SQL that notes what is done
	staged    []stagedChange
	filled    []filledChange
	drops     []deferredDrop
	deferring bool // of the drops one or more stay
	held      []withheldChange
	encoding  string // the database's, where something is held
	shown     *besides
	followed  []ddl.Change
}

// A passage is how it goes on after a change.
type passage byte

const (
	runs    passage = iota // the statement does it
	dealt                  // it is done otherwise, or there is nothing to do
	answers                // the whole statement is answered
)

// carry judges a change, and does or notes what is done about it. The tag is set where the
// statement is answered.
func (a *act) carry(ctx context.Context, i int, todo *carrying) (tag string, goes passage, err error) {
	change := a.plan.Changes[i]
	if c, ok := change.(ddl.WriteRows); ok {
		return "", dealt, a.weigh(ctx, c)
	}
	synced, goes, err := a.stands(ctx, i)
	if err != nil || goes != runs {
		return a.plan.Tag, goes, err
	}
	decision, found, err := a.decide(ctx, i)
	if err != nil {
		return "", runs, err
	}
	if _, ok := change.(ddl.Reindex); ok && found.Relation != nil && found.Relation.Kind == catalog.PartitionedTable {
		a.plan.Alone = true // a transaction for each of its partitions
	}
	if decision.Verdict != judge.Refuse && decision.Deferred == nil && decision.Overlays == nil {
		if err := a.clearViews(ctx, change, decision, found); err != nil {
			return "", runs, err
		}
		if err := a.giveWay(ctx, change, found); err != nil {
			return "", runs, err
		}
	}
	if len(decision.Beside) > 0 && todo.shown == nil {
		todo.shown = &besides{decision, *found.Relation}
	}
	if len(decision.Pending) > 0 {
		if err := a.judgeAtCommit(ctx, change, found); err != nil {
			return "", runs, err
		}
		if err := a.rememberView(ctx, change, found); err != nil {
			return "", runs, err
		}
	}
	if later, ok := judge.DeferredDrop(change, found); ok || missing(change, found) {
		todo.drops = append(todo.drops, deferredDrop{later, i, found.Encoding})
	}
	if tag, goes, err := a.already(ctx, change, found); err != nil || goes != runs {
		return tag, goes, err
	}
	if decision.Verdict == judge.Refuse {
		decision.Findings = a.refusedToo(ctx, i, decision.Findings, writesRows)
		return "", runs, a.refuse(decision)
	}
	if err := a.checkWatched(decision); err != nil {
		return "", runs, err
	}
	if tag, goes, err := a.whole(ctx, i, decision, found, synced); err != nil || goes != runs {
		return tag, goes, err
	}
	if goes, err := a.among(ctx, i, decision, found, todo); err != nil || goes != runs {
		return "", goes, err
	}
	return a.asItIs(ctx, i, decision, found, todo)
}

func writesRows(change ddl.Change) bool {
	_, ok := change.(ddl.WriteRows)
	return ok
}

// stands looks at what earlier migrations have left of what the change is about.
func (a *act) stands(ctx context.Context, i int) (synced syncedness, goes passage, err error) {
	change := a.plan.Changes[i]
	if err := a.checkShims(ctx, change); err != nil {
		return synced, runs, err
	}
	if err := a.checkOwed(ctx, change); err != nil {
		return synced, runs, err
	}
	synced, err = a.checkSynced(ctx, change)
	if err != nil || synced == answered {
		return synced, answers, err
	}
	handled, err := a.takesPlace(ctx, change)
	if err != nil {
		return synced, runs, err
	}
	if synced != changesPlaces && !handled {
		if err := a.checkDeferred(ctx, change); err != nil {
			return synced, runs, err
		}
	}
	met, closing, err := a.meetHeld(ctx, i)
	if err != nil {
		return synced, runs, err
	}
	a.closing = append(a.closing, closing...)
	if !met {
		return synced, runs, nil
	}
	if a.answered == nil {
		a.answered = map[int]bool{}
	}
	a.answered[i] = true
	return synced, dealt, nil
}

// already answers a statement that leaves nothing to do.
func (a *act) already(ctx context.Context, change ddl.Change, found catalog.Lookup) (tag string, goes passage, err error) {
	built, err := a.built(ctx, change, found)
	switch {
	case err != nil:
		return "", runs, err
	case built:
		return a.plan.Tag, answers, nil
	case repeated(change, found):
		return a.skip(found), answers, nil
	case found.Already && has[ddl.ValidateDomainConstraint](a.plan.Changes):
		return a.done("it is valid already, and the server would read all that use the domain again"), answers, nil
	}
	return "", runs, nil
}

// checkWatched refuses what cannot be done of a statement whose text does not show all.
func (a *act) checkWatched(d judge.Decision) error {
	if !a.plan.watched {
		return nil
	}
	more := errors.New("the statement does more than its text shows, or drops something")
	switch {
	case d.Withheld != nil && (slices.ContainsFunc(a.plan.Changes, reaches) || d.Withheld.Large && !d.Withheld.Index):
		return a.cannotWait(more)
	case d.Staged != nil || d.Filled != nil:
		return a.unwritable(more)
	}
	return nil
}

// whole does what is all that its statement does.
func (a *act) whole(ctx context.Context, i int, d judge.Decision, found catalog.Lookup, synced syncedness) (tag string, goes passage, err error) {
	change := a.plan.Changes[i]
	switch {
	case d.Retyped != nil:
		tag, err = a.retype(ctx, i, *d.Retyped, found)
	case d.Refresh != "":
		tag, err = a.refresh(ctx, d.Refresh)
	case d.Index != nil:
		tag, err = a.buildLater(ctx, d.Index)
	case d.Reindex != nil:
		tag, err = a.reindexLater(ctx, d.Reindex)
	case d.Sync != nil, synced == changesPlaces:
		tag, err = a.renameUnderSync(ctx, i, d, found)
	case d.Overlays != nil:
		tag, err = a.renameUnderOverlays(ctx, change, d, found)
	case d.Withheld != nil && d.Withheld.Index:
		tag, err = a.withholdIndex(ctx, withheldChange{*d.Withheld, i}, found.Encoding)
	case d.View != nil:
		tag, err = a.renameWithView(ctx, change, d, found)
	case d.Parent != nil:
		tag, err = a.renameUnderParent(ctx, change, d, found)
	default:
		return "", runs, nil
	}
	return tag, answers, err
}

// among notes what is done about one of the changes, beside others.
func (a *act) among(ctx context.Context, i int, d judge.Decision, found catalog.Lookup, todo *carrying) (goes passage, err error) {
	switch {
	case d.Staged != nil:
		todo.staged = append(todo.staged, stagedChange{StagedConstraint: *d.Staged, action: i})
		return dealt, nil
	case d.Filled != nil:
		todo.filled = append(todo.filled, filledChange{FilledColumn: *d.Filled, action: i})
	case d.Deferred != nil:
		todo.deferring = true
		return dealt, nil
	case d.Withheld != nil:
		todo.held, todo.encoding = append(todo.held, withheldChange{*d.Withheld, i}), found.Encoding
		if !d.Withheld.Added {
			return dealt, nil
		}
	case d.Verdict == judge.Maintenance && a.plan.Alone:
		d.Obstacle = &judge.Obstacle{Wanted: judge.Maintenance, Hint: d.Findings[0].Hint,
			Reason: "the statement cannot run in a transaction, and what maintenance mode is for is recorded in the statement's"}
		return runs, a.refuse(d)
	case d.Verdict == judge.Maintenance:
		return runs, a.maintain(ctx, d)
	}
	return runs, nil
}

// asItIs notes a change that the statement makes, and makes room for it.
func (a *act) asItIs(ctx context.Context, i int, d judge.Decision, found catalog.Lookup, todo *carrying) (tag string, goes passage, err error) {
	change := a.plan.Changes[i]
	if err := a.secures(ctx, change, found); err != nil {
		return "", runs, err
	}
	todo.followed = append(todo.followed, change)
	before, after, err := a.bookkeeping(ctx, change, found)
	if err != nil {
		return "", runs, err
	}
	before = append(before, a.freePrepared(d, found, i)...)
	if before != nil { // a rename, which is alone in its statement
		tag, err := a.renamed(ctx, found, before, nil)
		return tag, answers, err
	}
	todo.record = append(todo.record, after...)
	return "", runs, nil
}
