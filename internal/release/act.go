package release

import (
	"context"
	"errors"
	"slices"
	"time"

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
	cleared   []string         // SQL that has dropped views that stayed, before all that
	gone      []string         // the oids of these
	doubles   []string         // SQL that drops doubles of indexes, after a statement that runs in no block
	yielding  []string         // SQL that takes these down, and is still to run
	inPlace   *keptView        // a view that stays, and that the statement's takes the place of
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
	if a.plan.watched || a.forwards() || a.mayUnkeep() || a.looksAtDeferred() || a.hides() && !a.plan.Alone && !has[ddl.Reindex](a.plan.Changes) {
		// Outside a block what the catalogs are asked would end the
		// client's portal.
		if err := a.conn.Block(ctx); err != nil {
			return "", err
		}
	}
	var todo carrying
	for i := range a.plan.Changes {
		tag, goes, err := a.carry(ctx, i, &todo)
		if err != nil || goes == answers {
			return tag, err
		}
	}
	if err := a.beforehand(ctx, &todo); err != nil {
		return "", err
	}
	tag, err := a.perform(ctx, &todo)
	err = a.notInPlace(err)
	if err == nil {
		err = a.checkViews(ctx)
	}
	for _, sql := range a.doubles {
		if err == nil {
			err = explained(a.conn.Exec(ctx, sql))
		}
	}
	if err != nil {
		return tag, err
	}
	if !todo.deferring && !a.waits(&todo) {
		a.mark()
	}
	if a.executed == nil && len(a.ahead)+len(a.beside) > 0 {
		a.executed = []string{a.text}
	}
	a.executed = slices.Concat(a.ahead, a.executed, a.beside)
	a.say()
	return tag, nil
}

// beforehand does what has to be done before the statement itself, for all its changes.
func (a *act) beforehand(ctx context.Context, todo *carrying) error {
	if todo.held == nil { // or it goes before the same is recorded anew
		todo.record = append(a.closing, todo.record...)
	}
	if todo.shown != nil {
		var dropped []string
		if !todo.deferring {
			dropped = droppedColumns(a.plan.Changes)
		}
		if err := a.showBefore(ctx, *todo.shown, dropped); err != nil {
			return err
		}
	}
	for _, change := range todo.followed {
		if err := errors.Join(a.follow(ctx, change), a.followSync(ctx, change)); err != nil {
			return err
		}
	}
	if err := errors.Join(a.copyHeld(ctx), a.stepOut(ctx)); err != nil {
		return err
	}
	todo.record = append(todo.record, a.beside...)
	return nil
}

// waits tells a statement of which something is made later, or waits already.
func (a *act) waits(todo *carrying) bool { return todo.held != nil || a.answered != nil }

// perform executes the statement, or what is done in its place.
func (a *act) perform(ctx context.Context, todo *carrying) (string, error) {
	others := todo.staged != nil || todo.filled != nil
	switch {
	case a.waits(todo) && (todo.deferring || others):
		return "", a.cannotWait(errors.New("the statement does something else, too, that is carried out otherwise"))
	case todo.held != nil:
		return a.withhold(ctx, todo.held, todo.record, todo.encoding)
	case a.answered != nil:
		return a.answer(ctx, todo.record)
	case todo.deferring:
		return a.deferDrops(ctx, todo.drops, todo.record)
	case others:
		return a.stage(ctx, todo.staged, todo.filled, todo.record)
	}
	return a.run(ctx, todo.record)
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
