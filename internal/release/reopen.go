package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/task"
)

// reopen has something wait again that had waited, and of which a task has failed: rows
// that violate it have come between the look for such and the end of its validation, or
// something else has its index's name. What was made of it is taken back: a constraint that
// is not valid, and an index without its constraint, reject what code writes as well. It
// waits again before that, so that a run which is killed meanwhile leaves it to the next one.
func (t *tasks) reopen(ctx context.Context, failed ledger.Task, failure error) error {
	ctx = context.WithoutCancel(ctx)
	if err := t.run.Ledger.ReopenWithheld(ctx, failed.Withheld, failure.Error()); err != nil {
		return errors.Join(failure, err)
	}
	made, err := t.run.Ledger.MakingOf(ctx, failed.Withheld)
	if err != nil {
		return errors.Join(failure, err)
	}
	var left *task.LeftError
	for i := len(made) - 1; i >= 0; i-- {
		task := made[i]
		task.Done = task.Done || task.ID == failed.ID && errors.As(failure, &left)
		if err := t.worker.Undo(ctx, task); err != nil {
			return fmt.Errorf("%w; what is made of it could not be taken back: %w", failure, err)
		}
	}
	w, err := t.run.Ledger.WithheldOne(ctx, failed.Withheld)
	if err != nil {
		return errors.Join(failure, err)
	}
	why, err := t.whyNot(ctx, w, failure)
	if err == nil {
		err = t.run.Ledger.NoteWithheld(ctx, w.ID, why, false)
	}
	if err == nil {
		err = t.run.Ledger.GiveUpMaking(ctx, w.ID, "taken back: "+failure.Error())
	}
	if err != nil {
		return errors.Join(failure, err)
	}
	if t.reopened == nil {
		t.reopened = map[int64]bool{}
	}
	t.reopened[w.ID] = true
	t.did = slices.DeleteFunc(t.did, func(is report.Task) bool {
		return slices.ContainsFunc(made, func(task ledger.Task) bool { return task.ID == is.ID })
	})
	t.run.keepsWaiting(w, why)
	return nil
}

// waitsAgain tells what was reopened in this run.
func (t *tasks) waitsAgain(id int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reopened[id]
}

// whyNot says which rows are in the way; what the server has said, where that cannot be
// told.
func (t *tasks) whyNot(ctx context.Context, w ledger.Withheld, failure error) (string, error) {
	_, change, err := nowStatement(w)
	if err != nil {
		return failure.Error(), nil
	}
	conn, err := t.worker.Connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	found, err := find(ctx, conn, w.Relation)
	if err != nil {
		return "", err
	}
	why, err := inTheWay(ctx, conn, w, change, *found.Relation)
	if why == "" && err == nil {
		why = failure.Error()
	}
	return why, err
}
