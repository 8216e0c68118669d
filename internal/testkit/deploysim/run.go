package deploysim

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// deploy is one run of a scenario.
type deploy struct {
	sc     Scenario
	opts   Options
	fleet  *fleet
	dir    string
	conn   *pgx.Conn // for the schema and the verification
	old    []*dyno
	new    []*dyno
	seen   *time.Time // when the migration's commit was visible
	atMark int64      // statements of old dynos when the release ended
	res    Result
}

// Run plays the scenario once. An error means that the deploy could not be
// played or measured to the end; what happened to the application is in the
// result, whatever it is. No process Run has started outlives it.
func Run(ctx context.Context, sc Scenario, opts Options) (Result, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return Result{}, err
	}
	if err := sc.Validate(); err != nil {
		return Result{}, err
	}
	d := &deploy{sc: sc, opts: opts, fleet: newFleet()}
	d.res = Result{Scenario: sc.Name, Mode: opts.Mode, LostExamples: []string{}, Dead: []string{}}
	defer d.close(context.WithoutCancel(ctx))
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"set up the schema", d.setup},
		{"boot the old dynos", d.bootOld},
		{"warm up", d.warmUp},
		{"release phase", d.release},
		{"boot the new dynos", d.bootNew},
		{"wait for the old dynos' statements", d.goOn},
		{"stop the old dynos", d.stopOld},
		{"stop the new dynos", d.stopNew},
		{"verify the writes", d.verify},
	}
	for _, step := range steps {
		if err := d.patiently(ctx, step.run); err != nil {
			return d.res, fmt.Errorf("scenario %s, %s: %w", sc.Name, step.name, err)
		}
	}
	return d.res, nil
}

// patiently bounds one step.
func (d *deploy) patiently(ctx context.Context, step func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, d.opts.Patience)
	defer cancel()
	err := step(bounded)
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return fmt.Errorf("no end after %s: %w", d.opts.Patience, err)
	}
	return err
}

// close ends what is left of an interrupted run.
func (d *deploy) close(ctx context.Context) {
	d.fleet.close()
	if d.conn != nil {
		_ = d.conn.Close(ctx)
	}
	if d.dir != "" {
		_ = os.RemoveAll(d.dir)
	}
}

func (d *deploy) setup(ctx context.Context) error {
	var err error
	if d.dir, err = os.MkdirTemp("", "deploysim-"); err != nil {
		return err
	}
	if err := d.sc.writeMigration(d.dir); err != nil {
		return err
	}
	if d.conn, err = pgx.Connect(ctx, d.opts.URL); err != nil {
		return err
	}
	d.res.PG, _, _ = strings.Cut(d.conn.PgConn().ParameterStatus("server_version"), " ")
	if d.opts.Host == nil {
		_, err = d.conn.Exec(ctx, d.sc.Schema)
	}
	return err
}

func (d *deploy) bootOld(ctx context.Context) error {
	if d.opts.Host != nil {
		err := d.fleet.open(d.worker)
		if err == nil {
			err = d.opts.Host.Boot(ctx, d.fleet.door.Addr().String(), d.opts.OldDynos)
		}
		if err != nil {
			return err
		}
	}
	var err error
	d.old, err = d.boot(ctx, OldBuild, d.opts.OldDynos)
	return err
}

func (d *deploy) bootNew(ctx context.Context) error {
	if d.res.Exit != 0 {
		return nil
	}
	var err error
	d.new, err = d.boot(ctx, NewBuild, d.opts.NewDynos)
	return err
}

// worker is what a dyno of a name is to do.
func (d *deploy) worker(name string) workerConfig {
	w := d.sc.Old
	if strings.HasPrefix(name, NewBuild+".") {
		w = d.sc.New
	}
	url := d.opts.URL
	if d.opts.Host != nil {
		url = "" // it has one from its environment
	}
	return workerConfig{
		name: name, URL: url, Workload: w, Seeds: d.sc.Seeds,
		Connections: d.opts.Connections, Rate: d.opts.Rate, StallLimit: d.opts.StallLimit,
	}
}

// boot starts n dynos, if no Host does, and waits until all are ready.
func (d *deploy) boot(ctx context.Context, build string, n int) ([]*dyno, error) {
	var dynos []*dyno
	if d.opts.Host != nil {
		var err error
		if dynos, err = d.hosted(ctx, build, n); err != nil {
			return nil, err
		}
	}
	for i := len(dynos); i < n; i++ {
		started, err := d.fleet.start(d.opts.Worker, d.worker(fmt.Sprintf("%s.%d", build, i+1)))
		if err != nil {
			return nil, err
		}
		dynos = append(dynos, started)
	}
	for _, b := range dynos {
		if err := d.fleet.await(ctx, func() bool { return b.ready || b.exited }); err != nil {
			return nil, fmt.Errorf("dyno %s: %w", b.name, err)
		}
		if !b.ready {
			return nil, fmt.Errorf("dyno %s: %s", b.name, b.problem)
		}
		d.observe(Event{Kind: DynoReady, Dyno: b.name, PID: b.pid})
	}
	return dynos, nil
}

// warmUp lets the old dynos fill their caches of prepared statements and write
// the rows the rest of the run works on.
func (d *deploy) warmUp(ctx context.Context) error {
	return d.awaitStatements(ctx, d.old, d.opts.MinOldStatements/2)
}

// goOn lets the old dynos send their share after the release. A tenth of the
// whole comes on top of the third that is promised elsewhere, since what they
// report lags behind what they have sent.
func (d *deploy) goOn(ctx context.Context) error {
	target := max(d.opts.MinOldStatements, d.atMark+d.opts.MinOldStatements*2/5)
	return d.awaitStatements(ctx, d.old, target)
}

// awaitStatements waits until the dynos have sent n statements in all, or none
// of them is left to send any.
func (d *deploy) awaitStatements(ctx context.Context, dynos []*dyno, n int64) error {
	return d.fleet.await(ctx, func() bool {
		exited := count(dynos, func(one *dyno) bool { return one.exited })
		return exited == len(dynos) || sum(dynos).Statements >= n
	})
}

// sum is the statistics of all dynos; the fleet must be locked or stopped.
func sum(dynos []*dyno) Stats {
	var all Stats
	for _, one := range dynos {
		all.Merge(one.stats)
	}
	return all
}

func (d *deploy) observe(e Event) {
	d.fleet.mu.Lock()
	e.Statements = sum(d.old).Statements
	d.fleet.mu.Unlock()
	d.opts.Observe(e)
}
