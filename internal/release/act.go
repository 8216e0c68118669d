package release

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/report"
)

// An act carries out one gated statement.
type act struct {
	*gate
	conn  guard.Conn
	plan  plan
	text  string
	began time.Time
	alone bool // in a transaction of its own

	verdict  judge.Verdict
	findings []hazard.Finding
	allowed  []judge.Allowance
	unused   []hazard.Finding // by the contracts of what runs
	said     []hazard.Finding // of what each session meets once
	covered  []hazard.Finding // of the same, from which overlays keep code
	creates  []ddl.Name       // relations, as the statement names them
	// renamedIn are tables with a column that no code uses and that has another
	// name now.
	renamedIn []uint32
	broken    []hazard.Finding // on record in the statement's transaction
	executed  []string         // all that ran, when that was not just the statement
	ahead     []string         // SQL of migguard's own that has run before it
	beside    []string         // and with it, to keep code from noticing the statement
	yields    []string         // schemas of overlays that go before it
	gone      []string         // the oids of these
	doubles   []string         // SQL that drops doubles of indexes, after a statement that runs in no block
	yielding  []string         // SQL that takes these down, and is still to run
	notes     []string
	answered  map[int]bool    // changes about what waits, which are done with that
	closing   []string        // SQL that takes back what waits
	takenBack map[string]bool // what that is, by id
	apart     *ddl.Alter      // the statement's actions, once asked for
	tried     time.Time       // when it was last sent for its locks
	locks     []*report.Lock
	ending    bool // judges a transaction that is about to commit
	unshown   bool // judges what no statement says
}

// carryOut judges the statement's changes and does what the verdict says.
func (a *act) carryOut(ctx context.Context) (string, error) {
	a.verdict = judge.Allow
	if a.plan.unjudged != "" {
		return "", a.unjudged(a.plan.unjudged, a.plan.instead)
	}
	if a.plan.said.wrong != nil {
		return "", a.misdirected()
	}
	if err := a.checkUnfilled(ctx); err != nil {
		return "", err
	}
	// REINDEX may turn out to be one that cannot run in a block.
	if a.plan.watched || a.forwards() || a.hides() && !a.plan.Alone && !has[ddl.Reindex](a.plan.Changes) {
		// Outside a block what the catalogs are asked would end the
		// client's portal.
		if err := a.conn.Block(ctx); err != nil {
			return "", err
		}
	}
	var record []string
	var staged []stagedChange
	var filled []filledChange
	var drops []deferredDrop
	var held []withheldChange
	var shown *besides
	var followed []ddl.Change
	deferring, encoding := false, ""
	for i, change := range a.plan.Changes {
		if c, ok := change.(ddl.WriteRows); ok {
			if err := a.weigh(ctx, c); err != nil {
				return "", err
			}
			continue
		}
		if err := a.checkShims(ctx, change); err != nil {
			return "", err
		}
		if err := a.checkOwed(ctx, change); err != nil {
			return "", err
		}
		synced, err := a.checkSynced(ctx, change)
		if err != nil || synced == answered {
			return a.plan.Tag, err
		}
		if synced != changesPlaces {
			if err := a.checkDeferred(ctx, change); err != nil {
				return "", err
			}
		}
		met, closing, err := a.meetHeld(ctx, i)
		if err != nil {
			return "", err
		}
		a.closing = append(a.closing, closing...)
		if met {
			if a.answered == nil {
				a.answered = map[int]bool{}
			}
			a.answered[i] = true
			continue
		}
		decision, found, err := a.decide(ctx, i)
		if err != nil {
			return "", err
		}
		if _, ok := change.(ddl.Reindex); ok && found.Relation != nil && found.Relation.Kind == catalog.PartitionedTable {
			a.plan.Alone = true // a transaction for each of its partitions
		}
		if decision.Verdict != judge.Refuse && decision.Deferred == nil {
			if err := a.giveWay(ctx, change, found); err != nil {
				return "", err
			}
		}
		if len(decision.Beside) > 0 && shown == nil {
			shown = &besides{decision, *found.Relation}
		}
		if len(decision.Pending) > 0 {
			if err := a.judgeAtCommit(ctx, change, found); err != nil {
				return "", err
			}
		}
		if later, ok := judge.DeferredDrop(change, found); ok || missing(change, found) {
			drops = append(drops, deferredDrop{later, i, found.Encoding})
		}
		built, err := a.built(ctx, change, found)
		switch {
		case err != nil:
			return "", err
		case built:
			return a.plan.Tag, nil
		case repeated(change, found):
			return a.skip(found), nil
		case found.Already && has[ddl.ValidateDomainConstraint](a.plan.Changes):
			return a.done("it is valid already, and the server would read all that use the domain again"), nil
		case decision.Verdict == judge.Refuse:
			return "", a.refuse(decision)
		case a.plan.watched && decision.Withheld != nil && (slices.ContainsFunc(a.plan.Changes, reaches) || decision.Withheld.Large && !decision.Withheld.Index):
			return "", a.cannotWait(errors.New("the statement does more than its text shows, or drops something"))
		case a.plan.watched && (decision.Staged != nil || decision.Filled != nil):
			return "", a.unwritable(errors.New("the statement does more than its text shows, or drops something"))
		case decision.Staged != nil:
			staged = append(staged, stagedChange{StagedConstraint: *decision.Staged, action: i})
			continue
		case decision.Filled != nil:
			filled = append(filled, filledChange{FilledColumn: *decision.Filled, action: i})
		case decision.Refresh != "":
			return a.refresh(ctx, decision.Refresh)
		case decision.Index != nil:
			return a.buildLater(ctx, decision.Index)
		case decision.Reindex != nil:
			return a.reindexLater(ctx, decision.Reindex)
		case decision.Sync != nil, synced == changesPlaces:
			return a.renameUnderSync(ctx, i, decision, found)
		case decision.Overlays != nil:
			return a.renameUnderOverlays(ctx, change, decision, found)
		case decision.Deferred != nil:
			deferring = true
			continue
		case decision.Withheld != nil && decision.Withheld.Index:
			return a.withholdIndex(ctx, withheldChange{*decision.Withheld, i}, found.Encoding)
		case decision.Withheld != nil:
			held, encoding = append(held, withheldChange{*decision.Withheld, i}), found.Encoding
			if !decision.Withheld.Added {
				continue
			}
		case decision.View != nil:
			return a.renameWithView(ctx, change, decision, found)
		case decision.Parent != nil:
			return a.renameUnderParent(ctx, change, decision, found)
		case decision.Verdict == judge.Maintenance && a.plan.Alone:
			decision.Obstacle = &judge.Obstacle{Wanted: judge.Maintenance, Hint: decision.Findings[0].Hint,
				Reason: "the statement cannot run in a transaction, and what maintenance mode is for is recorded in the statement's"}
			return "", a.refuse(decision)
		case decision.Verdict == judge.Maintenance:
			if err := a.maintain(ctx, decision); err != nil {
				return "", err
			}
		}
		if err := a.secures(ctx, change, found); err != nil {
			return "", err
		}
		followed = append(followed, change)
		before, after, err := a.bookkeeping(ctx, change, found)
		if err != nil {
			return "", err
		}
		before = append(before, a.freePrepared(decision, found, i)...)
		if before != nil { // a rename, which is alone in its statement
			return a.renamed(ctx, found, before, nil)
		}
		record = append(record, after...)
	}
	if held == nil { // or it goes before the same is recorded anew
		record = append(a.closing, record...)
	}
	if shown != nil {
		var dropped []string
		if !deferring {
			dropped = droppedColumns(a.plan.Changes)
		}
		if err := a.showBefore(ctx, *shown, dropped); err != nil {
			return "", err
		}
	}
	for _, change := range followed {
		if err := errors.Join(a.follow(ctx, change), a.followSync(ctx, change)); err != nil {
			return "", err
		}
	}
	if err := errors.Join(a.copyHeld(ctx), a.stepOut(ctx)); err != nil {
		return "", err
	}
	record = append(record, a.beside...)
	var tag string
	var err error
	waits := held != nil || a.answered != nil
	switch {
	case waits && (deferring || staged != nil || filled != nil):
		return "", a.cannotWait(errors.New("the statement does something else, too, that is carried out otherwise"))
	case held != nil:
		tag, err = a.withhold(ctx, held, record, encoding)
	case a.answered != nil:
		tag, err = a.answer(ctx, record)
	case deferring:
		tag, err = a.deferDrops(ctx, drops, record)
	case staged != nil || filled != nil:
		tag, err = a.stage(ctx, staged, filled, record)
	default:
		tag, err = a.run(ctx, record)
	}
	for _, sql := range a.doubles {
		if err == nil {
			err = explained(a.conn.Exec(ctx, sql))
		}
	}
	if err != nil {
		return tag, err
	}
	if !deferring && !waits {
		a.mark()
	}
	if a.executed == nil && len(a.ahead)+len(a.beside) > 0 {
		a.executed = []string{a.text}
	}
	a.executed = slices.Concat(a.ahead, a.executed, a.beside)
	a.say()
	return tag, nil
}

// run executes the statement as it is, and what is to be recorded with it.
func (a *act) run(ctx context.Context, record []string) (string, error) {
	if a.plan.watched {
		tag, err := a.watchAndYield(ctx)
		if err == nil && a.beside != nil {
			err = explained(a.conn.Exec(ctx, a.beside...))
		}
		if err == nil {
			err = a.followAll(ctx)
		}
		var triggers []string
		if err == nil {
			triggers, err = a.syncTriggers(ctx, "g.tgenabled <> 'A'")
		}
		if err == nil && triggers != nil {
			err = explained(a.conn.Exec(ctx, triggers...))
		}
		return tag, err
	}
	if a.forwards() {
		tag, err := a.conn.Forward(ctx)
		if err != nil || len(record) == 0 {
			return tag, err
		}
		return tag, explained(a.conn.Exec(ctx, record...))
	}
	if a.queues() {
		tag, err := a.withLock(ctx, nil, record, a.conn.Run)
		return tag, explained(err)
	}
	if len(record) == 0 {
		return a.conn.Run(ctx)
	}
	tag, err := a.conn.RunWith(ctx, record...)
	return tag, explained(err)
}

// forwards tells the statements that have rows, COPY data or parameters, and
// so go to the server in the client's own messages.
func (a *act) forwards() bool {
	switch a.plan.Class {
	case ddl.Schema:
		for _, change := range a.plan.Changes {
			switch c := change.(type) {
			case ddl.CreateTable:
				return c.As
			case ddl.CreateMaterializedView:
				return true
			}
		}
		return a.plan.Tag == "EXPLAIN"
	case ddl.Unparsed:
		return !severalMaybe(a.text)
	}
	return a.plan.Tag != "DO" || !a.shims() // or it may have to run again, see watchAndYield
}
