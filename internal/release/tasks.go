package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/task"
)

// A TaskError says why a task that a committed migration owes is not done.
type TaskError struct {
	Task ledger.Task // zero if it is not known what is owed
	Err  error
}

func (e *TaskError) Error() string {
	if e.Task.ID == 0 {
		return e.Err.Error()
	}
	said := task.Describe(e.Task)
	return fmt.Sprintf("%s %s on %s: %v", said.Do, said.What, ddl.Name{Schema: e.Task.Schema, Name: e.Task.Table}, e.Err)
}

// Unwrap returns what went wrong.
func (e *TaskError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *TaskError) Hint() string {
	if task.Passing(e.Err) {
		return "Release again: what is owed stays in the ledger (migguard tasks), and every release tries it."
	}
	mend := "Mend what the server says"
	switch code := pg.SQLState(e.Err); {
	case code == pg.UniqueViolation:
		mend = "Remove the duplicates, by a migration or by hand"
	case slices.Contains(slices.Collect(maps.Values(violated)), code):
		mend = "Mend the rows that break it, by a migration or by hand"
	}
	return fmt.Sprintf("%s, and release again: the task stays in the ledger (migguard tasks), and every release tries it. To give it up: migguard tasks drop %d", mend, e.Task.ID)
}

// exit is the status of a run that ends with it: what only people can mend is a
// refusal.
func (e *TaskError) exit() int {
	if task.Passing(e.Err) {
		return ExitTryAgain
	}
	return ExitRefused
}

// owing is the exit status of a run that leaves a task undone, and the reason.
func owing(err *TaskError) (exit int, reason string) {
	return err.exit(), err.Error() + "\n" + err.Hint()
}

// tasks are the work that committed migrations owe, for one run.
type tasks struct {
	run    *Run
	worker task.Worker

	mu   sync.Mutex // held while one is done
	err  atomic.Pointer[TaskError]
	some atomic.Bool // there may be some
	did  []report.Task

	reopened map[int64]bool // what had waited, could not be made after all, and waits again

	wanting sync.Mutex
	wanted  []wantedSync    // by statements, and not made yet
	copies  map[copied]bool // all that were wanted
}

// work is the run's list.
func (r *Run) work() *tasks {
	if r.tasks == nil {
		r.tasks = &tasks{run: r, worker: task.Worker{Ledger: r.Ledger, Database: r.Database, Out: r.Out, LockWait: r.LockWait, Own: r.own.list, Cancel: r.cancel}}
	}
	return r.tasks
}

// failed is why a task could not be done; nil when none has failed.
func (t *tasks) failed() *TaskError { return t.err.Load() }

// all does everything that is owed, in order, and stops at the first that
// fails. While the command runs, what waits for it is left for later.
func (t *tasks) all(ctx context.Context, commandRuns bool) *TaskError {
	t.mu.Lock()
	defer t.mu.Unlock()
	failed := t.tryAll(ctx, commandRuns)
	t.err.Store(failed)
	if failed != nil {
		t.run.Out.Line("%v", failed)
	}
	return failed
}

func (t *tasks) tryAll(ctx context.Context, commandRuns bool) *TaskError {
	owed, err := t.run.Ledger.Owed(ctx)
	if err != nil {
		return &TaskError{Err: err}
	}
	t.some.Store(len(owed) > 0)
	for _, one := range owed {
		if t.reopened[one.Withheld] {
			continue
		}
		err := t.do(ctx, one, commandRuns)
		switch {
		case err == nil:
		case errors.Is(err, task.ErrPostponed):
			return nil
		case one.Withheld != 0 && !task.Passing(err):
			if err := t.reopen(ctx, one, err); err != nil {
				return &TaskError{Task: one, Err: err}
			}
		default:
			return &TaskError{Task: one, Err: err}
		}
	}
	return nil
}

// before does what earlier runs have left. What only a migration or people can
// mend is no reason not to run the migrations.
func (t *tasks) before(ctx context.Context) *TaskError {
	failed := t.all(ctx, false)
	if failed == nil || task.Passing(failed) {
		return failed
	}
	t.err.Store(nil)
	t.run.Out.Line("going on: a migration may mend that, and it is tried again after them")
	return nil
}

// after does what has waited for the command, and what before could not do. A
// build that was the last to be released has run without that.
func (t *tasks) after(ctx context.Context) {
	if !t.some.Load() {
		return
	}
	failed := t.all(ctx, false)
	if failed == nil || t.run.Build == "" || failed.Task.ReleaseID == t.run.keeper.request.ReleaseID {
		return
	}
	last, found, err := t.run.Ledger.LastSuccessful(ctx)
	if err == nil && found && last.Build == t.run.Build {
		t.run.Out.Line("this build is the one that was released last, and has run without that: going on\n%s", failed.Hint())
		t.err.Store(nil)
	}
}

// now does the tasks that are all of their statement. If the server says no, they
// are given up: the statement fails. What was stopped is owed.
func (t *tasks) now(ctx context.Context, ids ...int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	owed, err := t.run.Ledger.Owed(ctx)
	if err != nil {
		return err
	}
	owed = slices.DeleteFunc(owed, func(one ledger.Task) bool { return !slices.Contains(ids, one.ID) })
	if len(owed) < len(ids) {
		return fmt.Errorf("the tasks %d are not in the ledger", ids)
	}
	for i, one := range owed {
		err := t.do(ctx, one, true)
		var left *task.LeftError
		switch {
		case err == nil:
			continue
		case errors.Is(err, task.ErrPostponed):
			return err
		case task.Passing(err), errors.As(err, &left):
			t.err.Store(&TaskError{Task: one, Err: err})
			return err
		}
		keep, why := context.WithoutCancel(ctx), err.Error()
		for _, given := range owed[i:] {
			err = errors.Join(err, t.run.Ledger.CloseTask(keep, given.ID, false, why))
		}
		return errors.Join(err, t.worker.TakeBack(keep, owed[:i]))
	}
	return nil
}

// do does one task, and notes how it went.
func (t *tasks) do(ctx context.Context, owed ledger.Task, commandRuns bool) error {
	began := time.Now()
	note, err := t.worker.Do(ctx, owed, commandRuns)
	done := ReportTask(owed)
	done.Duration = time.Since(began)
	keep := context.WithoutCancel(ctx)
	if err != nil {
		if ctx.Err() != nil { // a signal: alone, Go's words for it tell nobody that
			err = fmt.Errorf("interrupted: %w", err)
		}
		if errors.Is(err, task.ErrPostponed) {
			t.run.Out.Line("%s is %s when the command is over: %v", done.What, done.Done, err)
		}
		done.Error = err.Error()
		t.tell(done)
		return errors.Join(err, t.run.Ledger.NoteTask(keep, owed.ID, err.Error()))
	}
	done.State, done.Error = report.TaskDone, ""
	t.tell(done)
	t.run.Out.Task(done, note)
	return t.run.Ledger.CloseTask(keep, owed.ID, note == "", note)
}

// tell notes how the last try of a task went.
func (t *tasks) tell(done report.Task) {
	t.did = slices.DeleteFunc(t.did, func(before report.Task) bool { return before.ID == done.ID })
	t.did = append(t.did, done)
}

// list is what was done, and what is owed still.
func (t *tasks) list() []report.Task {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.did
}
