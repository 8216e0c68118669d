package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

// ledgerTimeout bounds how long the emergency switch waits for a database that
// may be what is broken.
const ledgerTimeout = 5 * time.Second

// lastPeriods is how many the status shows.
const lastPeriods = 5

// A toggle is one invocation of the emergency switch.
type toggle struct {
	*app
	cfg     config.Config
	out     *report.Reporter
	machine *maintenance.Machine
	ledger  *ledger.Ledger // nil: there is none to use
	without string         // why there is none
}

// newToggle finds app and token, and the ledger where there is one. make lets
// it create the ledger's tables.
func (a *app) newToggle(c *cli.Context, create bool) (*toggle, error) {
	if err := a.onlyFlags(c); err != nil {
		return nil, err
	}
	cfg, err := config.Load(a.environ, config.Flags{App: c.String("app"), Format: c.String("format")})
	if err != nil && !errors.Is(err, config.ErrNoDatabase) {
		return nil, &usageError{err}
	}
	t := &toggle{app: a, cfg: cfg, out: report.New(a.stderr, report.Color(a.stderr, false), false), without: report.LedgerNone}
	client, err := a.platform(cfg)
	if err != nil {
		return nil, &usageError{err}
	}
	t.machine = &maintenance.Machine{
		Platform: client, Store: &maintenance.Memory{},
		Progress: func(line string) { t.out.Line("%s", line) },
	}
	if cfg.DatabaseURL == "" {
		return t, nil
	}
	if err := t.openLedger(c.Context, create); err != nil {
		t.withoutLedger(err)
	}
	return t, nil
}

// platform is the Platform API, with nobody asked yet.
func (a *app) platform(cfg config.Config) (*heroku.Client, error) {
	if cfg.App == "" {
		return nil, errors.New("no app: give --app NAME; in a dyno its name comes with: heroku labs:enable runtime-dyno-metadata, and the next release")
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	waiting := func(reason string, most time.Duration) {
		report.New(a.stderr, false, false).Line("waiting for the Platform API, for up to %v: %s", most, a.masked(reason))
	}
	if a.background {
		waiting = nil
	}
	return heroku.New(heroku.Config{
		Waiting: waiting,
		Token:   token, BaseURL: cfg.APIURL, App: cfg.App, UserAgent: "migguard/" + version,
		RetryFor: shortened(retryForVariable),
	})
}

// withoutLedger goes on with what the process itself can remember.
func (t *toggle) withoutLedger(err error) {
	t.out.Line("the ledger is not used: %v", err)
	t.close()
	t.ledger, t.without = nil, err.Error()
	t.machine.Store = &maintenance.Memory{}
}

func (t *toggle) close() {
	if t.ledger != nil {
		_ = t.ledger.Close()
	}
}

// openLedger connects. A ledger that has to be made, or brought up to date, is
// locked for that and let go again: a run must be able to start meanwhile.
func (t *toggle) openLedger(ctx context.Context, create bool) error {
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	database, err := pg.Parse(t.cfg.DatabaseURL)
	if err != nil {
		return err
	}
	conn, _, err := pg.Preflight(ctx, database)
	if err != nil {
		return err
	}
	_ = conn.Close(ctx)
	for range 2 {
		l, err := ledger.Open(ctx, database.ConnConfig(), ledger.Options{})
		if err != nil {
			return err
		}
		_, err = l.Maintenances(ctx, "", 1)
		if err == nil {
			t.ledger, t.machine.Store = l, l
			return nil
		}
		if create && errors.Is(err, ledger.ErrNoLedger) {
			err = l.Lock(ctx, 0, nil)
		}
		_ = l.Close()
		if err != nil {
			return err
		}
	}
	return ledger.ErrNoLedger
}

// by is who presses the switch.
func (t *toggle) by() string {
	if dyno := os.Getenv("DYNO"); dyno != "" {
		return "dyno " + dyno
	}
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	user := os.Getenv("USER")
	if user == "" {
		return host
	}
	return user + "@" + host
}

// document is what is said of a period: nil for none.
func (t *toggle) document(app string, on bool, p *ledger.Period, breaks []ledger.Break) report.Maintenance {
	m := report.Maintenance{App: app, On: on, Ledger: report.LedgerUsed}
	if t.ledger == nil {
		m.Ledger = t.without
	}
	if p != nil {
		reported := reportPeriod(*p, breaks)
		m.Period = &reported
	}
	if on {
		m.Off = "migguard maintenance off --app " + app
		if p != nil && len(p.Stopped) > 0 && t.ledger == nil {
			m.Off += " --restore " + maintenance.Restore(*p)
		}
	}
	return m
}

func (t *toggle) write(m report.Maintenance) error {
	if t.cfg.JSON {
		return report.WriteJSON(t.stdout, m)
	}
	return report.WriteMaintenance(t.stdout, m, time.Now())
}
