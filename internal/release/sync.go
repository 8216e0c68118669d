package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/shim"
)

// codeCopy is the SQLSTATE of a rename, or a change of type, whose column has no copy yet, and that
// cannot wait for it where it stands.
const codeCopy = "MG061"

// A copied is a column whose copy is to be prepared.
type copied struct {
	relation uint32
	attnum   int16
}

// renameUnderSync renames a column whose copy takes its old name, in one transaction,
// which the client knows as the one statement it sent. What has no copy gets one
// before.
func (a *act) renameUnderSync(ctx context.Context, i int, d judge.Decision, found catalog.Lookup) (string, error) {
	s := a.syncOf(i, d, found)
	if !s.Ready() && !s.Copying.Synced {
		if err := a.prepareSync(ctx, s); err != nil {
			return "", err
		}
		again, found, err := a.decide(ctx, i)
		if err != nil {
			return "", err
		}
		if s = a.syncOf(i, again, found); again.Verdict == judge.Refuse || !s.Ready() {
			return "", a.noCopy(s, "the copy that was made is not as it ought to be")
		}
	}
	if since := s.Arbiter(); since != "" {
		return "", a.noCopy(s, "INSERT ... ON CONFLICT of code that knows it counts on what came since it has that name, "+since)
	}
	before := s.Before()
	after := append(s.After(), ledger.RecordSyncSQL(ledger.NewSync{
		ReleaseID: a.releaseID, Relation: s.Table.OID, CopyOf: s.Column.Number, Column: s.Column.Name}))
	tag, err := a.renamed(ctx, found, before, after)
	if err != nil {
		return "", err
	}
	a.verdict = a.verdict.Over(judge.Shim)
	a.notes = append(a.notes, fmt.Sprintf("column %s of %s stays for code that knows it: a trigger keeps it equal to %s, until no code that runs needs it",
		ddl.Quote(s.Column.Name), hazard.Display(s.Table), ddl.Quote(s.To)),
		"prepared statements of "+hazard.Display(s.Table)+` with * fail once in each session, "cached plan must not change result type" (0A000), as they did when the copy came and will when the old column goes`)
	a.mu.Lock()
	a.shimmed[s.Table.OID], a.defers, a.syncs = true, true, true
	a.mu.Unlock()
	return tag, nil
}

func (a *act) syncOf(i int, d judge.Decision, found catalog.Lookup) shim.Sync {
	if d.Sync != nil {
		return *d.Sync
	}
	s := shim.Sync{Table: *found.Relation, Copying: found.Copying}
	switch c := a.plan.Changes[i].(type) {
	case ddl.RenameColumn:
		s.Column, _ = found.Relation.Column(c.Column)
		s.To = c.To
	case ddl.ChangeColumnType:
		s.Column, _ = found.Relation.Column(c.Column)
		s.Type = c.Type
	}
	return s
}

// prepareSync has the copy made while the statement waits, where that is all of its
// transaction; otherwise it has the transaction given up, because its locks would be held
// meanwhile, and the copy is made before the command is started again.
func (a *act) prepareSync(ctx context.Context, s shim.Sync) error {
	if a.tasks.wants(s) {
		return a.noCopy(s, "it was made in this run, and is not there any more, or not as it was")
	}
	if same, err := a.isOutside(ctx, s); err != nil || !same {
		if err != nil {
			return err
		}
		return a.noCopy(s, "its transaction has changed the column, or its table, before; put the statement in a migration of its own")
	}
	if !a.alone {
		a.tasks.want(s, a.releaseID)
		// Django's traceback of it has 50 lines, which do not look like nothing.
		a.tasks.run.Out.Line("expected: the command ends with an error now, and is started again: %s", wanting(s))
		return a.givesUp(&guard.Refusal{Code: codeCopy,
			Message: wanting(s),
			Detail:  "Its transaction is rolled back, because its locks would be held while the rows are copied.",
			Hint:    "Nothing is to be done: migguard makes the copy and starts the command again."})
	}
	if err := a.conn.Exec(ctx, "ROLLBACK"); err != nil { // of the block that was begun for the statement
		return err
	}
	a.tasks.want(s, a.releaseID)
	return a.copiedNow(ctx, s)
}

// copiedNow makes the copies that are wanted while the statement waits.
func (a *act) copiedNow(ctx context.Context, s shim.Sync) error {
	err := a.tasks.prepareWanted(ctx)
	var server *pgconn.PgError
	switch {
	case err == nil:
		a.mu.Lock()
		a.defers, a.syncs = true, true
		a.mu.Unlock()
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &server):
		return a.noCopy(s, server.Message)
	}
	return a.noCopy(s, err.Error())
}

// noCopy refuses what could not be prepared.
func (a *act) noCopy(s shim.Sync, why string) error {
	a.verdict = judge.Refuse
	wanted := judge.Shim
	if s.Type != "" {
		wanted = judge.Rewrite
	}
	return a.refuse(judge.Decision{Verdict: judge.Refuse, Findings: a.findings, Obstacle: &judge.Obstacle{Wanted: wanted,
		Reason: "there could be no copy of " + s.What() + ": " + why}})
}

// want remembers a copy that is to be made.
func (t *tasks) want(s shim.Sync, release int64) {
	t.wanting.Lock()
	defer t.wanting.Unlock()
	t.wanted = append(t.wanted, wantedSync{s, release})
	if t.copies == nil {
		t.copies = map[copied]bool{}
	}
	t.copies[copied{s.Table.OID, s.Column.Number}] = true
}

// A wantedSync is a copy that a statement of a run needs.
type wantedSync struct {
	shim.Sync
	release int64
}

// wants tells whether the run has wanted a copy already.
func (t *tasks) wants(s shim.Sync) bool {
	t.wanting.Lock()
	defer t.wanting.Unlock()
	return t.copies[copied{s.Table.OID, s.Column.Number}]
}

// prepareWanted makes the copies that statements wanted, by tasks of the ledger: killed in
// between, the next run goes on.
func (t *tasks) prepareWanted(ctx context.Context) error {
	t.wanting.Lock()
	wanted := t.wanted
	t.wanted = nil
	t.wanting.Unlock()
	for _, s := range wanted {
		ids, err := t.run.Ledger.Owe(ctx, s.Copying.Role, s.tasks(t.run.Major)...)
		if err == nil {
			err = t.now(ctx, ids...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyBetween makes the copies that the command's statements wanted, while it does not
// run. It tells whether there was one.
func (r *Run) copyBetween(ctx context.Context, g *gate) (some bool, err error) {
	if !g.tasks.wantsSome() {
		return false, nil
	}
	err = r.between(ctx, g.tasks.prepareWanted)
	g.mu.Lock()
	g.defers, g.syncs = true, true
	g.mu.Unlock()
	return true, err
}

// wantsSome tells whether there are copies to be made.
func (t *tasks) wantsSome() bool {
	t.wanting.Lock()
	defer t.wanting.Unlock()
	return len(t.wanted) > 0
}

// tasks are what is to be done until the copy can take a name, or the column's place.
func (s wantedSync) tasks(major int) (all []ledger.NewTask) {
	add := func(kind, object, sql string) {
		all = append(all, ledger.NewTask{ReleaseID: s.release, Kind: kind, Relation: s.Table.OID,
			Schema: s.Table.Schema, Table: s.Table.Name, Object: object, SQL: sql})
	}
	if !s.Copying.Ready {
		own := append(s.Expand(), ledger.RecordPrepareSQL(ledger.NewSync{ReleaseID: s.release, Relation: s.Table.OID,
			CopyOf: s.Column.Number, Schema: s.Table.Schema, Table: s.Table.Name, Column: s.Copy(), Conversion: s.Conversion()}))
		own = append(own, s.Show...)
		add(ledger.CopyColumn, s.Copy(), strings.Join(own, ";\n"))
	}
	for _, double := range s.Doubles() {
		add(ledger.CreateIndex, double.Name, double.SQL)
	}
	if s.Required() {
		s.require(major, add)
	}
	return all
}

// dropPrepared takes away copies whose rename never came, when no run may want them.
func (r *Run) dropPrepared(ctx context.Context) error {
	deferred, err := r.Ledger.Deferred(ctx)
	if err != nil {
		return err
	}
	for _, d := range slices.DeleteFunc(deferred, func(d ledger.Deferred) bool { return d.Kind != ledger.PrepareSync }) {
		if err := r.Ledger.DropDeferred(ctx, d.ID); err != nil {
			r.Out.Line("%s, a copy that no migration wants, stays: %v", deferredName(d), err)
		}
	}
	return nil
}
