package release

import (
	"context"
	"time"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// codeMaintenance is the SQLSTATE of a statement that needs maintenance mode
// and cannot wait for it where it stands.
const codeMaintenance = "MG060"

// clientPoll is how often a session that waits for maintenance looks whether
// its client is still there.
const clientPoll = 250 * time.Millisecond

// maintain sees to it that the statement runs under maintenance, and records in
// its transaction what it breaks.
func (a *act) maintain(ctx context.Context, d judge.Decision) error {
	if err := a.underMaintenance(ctx, d); err != nil {
		return err
	}
	if err := a.conn.Block(ctx); err != nil {
		return err
	}
	period, _ := a.keeper.leaveGiven()
	var breaks []string
	for _, f := range d.Findings {
		if !contains(a.broken, f) {
			a.broken = append(a.broken, f)
			breaks = append(breaks, ledger.RecordBreakSQL(period, a.releaseID, f.Hazard.ID, f.Relation, f.Column))
		}
	}
	if len(breaks) == 0 {
		return nil
	}
	return explained(a.conn.Exec(ctx, breaks...))
}

// underMaintenance waits in place where nothing else hangs on the transaction,
// and otherwise has it given up.
func (a *act) underMaintenance(ctx context.Context, d judge.Decision) error {
	if _, ok := a.keeper.leaveGiven(); ok {
		return nil
	}
	f := d.Findings[0]
	if a.keeper.machine == nil {
		a.verdict = judge.Refuse
		r := a.refuse(d)
		r.Detail += " The policy allows it under maintenance mode, which migguard cannot turn on: " + a.noPlatform + "."
		return r
	}
	if !a.alone {
		a.keeper.want()
		return a.givesUp(&guard.Refusal{Code: codeMaintenance,
			Message: "this statement needs maintenance mode: " + f.Message + " (" + f.Hazard.ID + ")",
			Detail:  "Its transaction is rolled back, because its locks would be held meanwhile.",
			Hint:    "Nothing is to be done: migguard turns maintenance mode on and starts the command again."})
	}
	a.out.Line("waiting for maintenance mode: %s", f.Message)
	if err := a.enterInPlace(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.notEntered(err)
		return &guard.Refusal{Code: codeMaintenance, Message: "maintenance mode, which this statement needs, was not to be had: " + err.Error(),
			Detail: f.Message, Hint: "Nothing of the statement was executed. Release again."}
	}
	return nil
}

// givesUp is the refusal of a statement whose transaction comes again. It is not committed
// either where its client goes back to a savepoint and on: what it notes as done then
// would not be.
func (a *act) givesUp(refusal *guard.Refusal) error {
	a.conn.BeforeCommit(func(context.Context, guard.Conn) error { return refusal })
	return refusal
}

// enterInPlace enters while the client waits, and gives up when it does.
func (a *act) enterInPlace(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	entered := make(chan error, 1)
	go func() { entered <- a.keeper.enter(ctx) }()
	for {
		err := a.conn.Wait(ctx, clientPoll)
		select {
		case err := <-entered:
			return err
		default:
		}
		if err != nil { // the client is gone
			cancel()
			<-entered
			return err
		}
	}
}

// notEntered remembers why maintenance could not be had: that is worth another
// try, or not.
func (g *gate) notEntered(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unmaintained = err
}

// whyNoPlatform says what is missing, for people.
func whyNoPlatform(app string) string {
	return "there is no token of the Platform API (" + heroku.GiveToken(app) + ")"
}
