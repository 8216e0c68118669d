package deploysim

import (
	"context"
	"slices"
	"time"
)

// release runs the release phase under the load of the old dynos.
func (d *deploy) release(ctx context.Context) error {
	watch, err := startProbe(ctx, d.opts.URL, d.sc.Committed)
	if err != nil {
		return err
	}
	phase := Phase{Dir: d.dir, URL: d.opts.URL}
	for _, one := range d.old {
		phase.Dynos = append(phase.Dynos, one.pid)
	}
	d.observe(Event{Kind: ReleaseStarted})
	began := time.Now()
	exit, err := d.opts.Release(ctx, phase)
	d.res.Took = Millis(time.Since(began))
	seen, probeErr := watch.finish()
	if err != nil {
		return err
	}
	if probeErr != nil {
		return probeErr
	}
	d.seen = seen
	d.res.Exit, d.res.Outcome = exit, outcome(exit, seen != nil)
	d.fleet.mu.Lock()
	d.atMark = sum(d.old).Statements
	d.fleet.mu.Unlock()
	d.observe(Event{Kind: ReleaseEnded, Exit: exit, Outcome: d.res.Outcome})
	return nil
}

// stopOld ends the old dynos and with them the window.
func (d *deploy) stopOld(ctx context.Context) error {
	if err := d.terminate(ctx, OldBuild, d.old); err != nil {
		return err
	}
	if d.seen != nil {
		d.res.Window = Millis(time.Since(*d.seen))
	}
	total := sum(d.old)
	d.res.Old = summarize(total)
	d.res.AfterRelease = total.Statements - d.atMark
	d.observe(Event{Kind: OldTerminated})
	return ctx.Err()
}

// stopNew ends the new dynos, if there are any, when they have shown what the
// new code can do.
func (d *deploy) stopNew(ctx context.Context) error {
	if err := d.awaitStatements(ctx, d.new, d.opts.MinNewStatements); err != nil {
		return err
	}
	if err := d.terminate(ctx, NewBuild, d.new); err != nil {
		return err
	}
	d.res.New = summarize(sum(d.new))
	return ctx.Err()
}

func (d *deploy) terminate(ctx context.Context, build string, dynos []*dyno) error {
	if d.opts.Host != nil {
		if err := d.opts.Host.Stop(build); err != nil {
			return err
		}
	}
	grace, cancel := context.WithTimeout(ctx, d.opts.Grace)
	defer cancel()
	d.fleet.terminate(grace, dynos)
	return nil
}

// verify compares the database with what all dynos were told.
func (d *deploy) verify(ctx context.Context) error {
	var want Written
	for _, one := range slices.Concat(d.old, d.new) {
		if one.written == nil {
			d.res.Dead = append(d.res.Dead, one.name+": "+one.problem)
			continue
		}
		want.merge(*one.written)
	}
	queries := d.sc.VerifyOld
	if d.seen != nil {
		queries = d.sc.Verify
	}
	lost, examples, err := verify(ctx, d.conn, queries, want)
	if err != nil {
		return err
	}
	d.res.Unsure, d.res.Lost = want.Unsure, lost
	d.res.LostExamples = append(d.res.LostExamples, examples...)
	d.observe(Event{Kind: Verified})
	return nil
}
