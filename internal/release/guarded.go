package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

// gate makes the Gate of a run from what is in the database now.
func (r *Run) gate(ctx context.Context, id int64) (*gate, error) {
	rows, err := r.Catalog.Query(ctx, pg.HarmlessFunctions)
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	hidden, err := r.hidden(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	existed, err := r.existing(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.learn(ctx); err != nil {
		return nil, err
	}
	var path string
	if err := r.Catalog.QueryRow(ctx, "SELECT pg_catalog.current_setting('search_path')").Scan(&path); err != nil {
		return nil, fmt.Errorf("read the search path: %w", err)
	}
	g := &gate{
		database: r.Database.Database(), releaseID: id, release: report.ReleaseName(r.Version, id), major: r.Major, policy: r.Policy, existed: existed,
		lockWait: r.LockWait, cancelAfter: r.CancelBlockers, code: r.codeRuns, seen: r.seenQueries(), replay: r.replay(path), warnReplay: r.WarnReplay, next: r.Contract, out: r.Out,
		harmless: make(map[string]bool, len(names)), standing: map[string]bool{}, replaced: map[uint32]bool{}, made: map[string]bool{}, functions: map[string]bool{}, told: map[string]bool{}, weighed: map[ddl.Shape]bool{}, owes: map[string]bool{}, tasks: r.work(),
		byHand: map[string]bool{}, grown: make(chan struct{}, 1), hidden: hidden, outside: &outside{database: r.Database},
		cache: map[string]inspected{}, own: &r.own, path: r.watchPath(),
		idle: r.idle(), keeper: r.keeper, noPlatform: whyNoPlatform(r.App),
	}
	if g.idle {
		r.Out.Line("no code runs, so none can break: %s", strings.Join(r.known.Running.Reasons, "; "))
	}
	for _, name := range names {
		g.harmless[name] = true
	}
	shims, err := r.Ledger.Shims(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range shims {
		g.standing[s.OldName] = true
		g.parented = g.parented || s.Kind == ledger.TableParent
	}
	g.shimmed = shimmedTables(shims)
	deferred, err := r.Ledger.Deferred(ctx)
	if err != nil {
		return nil, err
	}
	g.defers = len(deferred) > 0
	for _, d := range deferred {
		if d.Kind == ledger.Sync {
			g.shimmed[d.Object.Relation] = true
		}
		g.syncs = g.syncs || d.Kind == ledger.Sync || d.Kind == ledger.PrepareSync
	}
	if g.unkept, err = r.unkept(ctx, g.syncs); err != nil {
		return nil, err
	}
	held, err := r.Ledger.Withheld(ctx)
	if err != nil {
		return nil, err
	}
	g.withholds = len(held) > 0
	if !g.tasks.some.Load() {
		return g, nil
	}
	owed, err := r.Ledger.Owed(ctx)
	if err != nil {
		return nil, err
	}
	for _, task := range owed { // before could not do it
		g.owe(task.Table)
		if task.MakesIndex() || task.Kind == ledger.ReindexIndex {
			g.owe(task.Object)
		}
	}
	return g, nil
}

// idle tells that no code runs, this app's or another's that migrates this database,
// too. What that is has to be learned before.
func (r *Run) idle() bool {
	return !r.shared && r.known.Running.Source == report.FromPlatform && r.known.Running.Nothing()
}

// guarded runs the command with its connection strings leading to the guard.
func (r *Run) guarded(ctx context.Context, g *gate) (exit int, reason string, err error) {
	guarding, err := r.listen(ctx, g)
	if err != nil {
		return ExitInternal, err.Error(), err
	}
	closed := sync.OnceValue(func() error { return guarding.close(ctx) })
	defer func() { _ = closed() }()
	command, env, err := guarding.Lead(r.Command, r.Environ)
	if err != nil {
		return ExitUsage, err.Error(), err
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case err := <-r.Ledger.Lost():
			stop(&LostError{err})
		case <-ctx.Done():
		}
	}()
	r.Out.Line("running %s through the guard", command)
	if r.Starting != nil {
		r.Starting()
	}
	ended, runErr := command.Run(ctx, runner.Options{
		Env: env, DatabaseURL: guarding.URL(), Stdin: r.Stdin, Stdout: r.Stdout, Stderr: r.Stderr,
		Signals: r.Signals, Logger: r.Log,
	})
	if err := closed(); err != nil {
		r.Out.Line("the runner left sessions behind that did not end: %v", err)
	}
	if guarding.Sessions() == 0 && runErr == nil {
		r.Out.Line("the command never connected to the database through the guard: if it migrated anything, migguard has not seen it (is the database address taken from DATABASE_URL?)")
	}
	return r.explainExit(ctx, command, ended, runErr)
}

// rolledBack is what a command that is over has left of its transactions.
const rolledBack = "what it had not committed is rolled back"

// explainExit sorts how the command ended.
func (r *Run) explainExit(ctx context.Context, command runner.Command, ended runner.Exit, runErr error) (int, string, error) {
	var lost *LostError
	if errors.As(context.Cause(ctx), &lost) {
		return ExitUnreachable, lost.Error(), lost
	}
	var migration *runner.MigrationError
	var owner *runner.OwnerError
	switch {
	case errors.As(runErr, &migration):
		fmt.Fprintln(r.Stderr, migration)
		return max(ended.Code, 1), fmt.Sprintf("the migration failed: %s; %s", migration.File, rolledBack), nil
	case errors.As(runErr, &owner):
		return ExitUsage, owner.Error(), owner
	case runErr != nil:
		return max(ended.Code, 1), runErr.Error(), runErr
	case ended.Signal != 0:
		return ended.Code, fmt.Sprintf("%s was ended by signal %d (%s); %s", command, ended.Signal, ended.Signal, rolledBack), nil
	case ended.Code != 0:
		return ended.Code, fmt.Sprintf("%s exited with status %d", command, ended.Code), nil
	}
	return 0, "", nil
}
