package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/shim"
)

const (
	// bootTime bounds what a dyno's boot waits for "migguard boot".
	bootTime = 2 * time.Second
	// announceTime bounds how long the announcement is tried, beside the dyno's
	// process; announceEach is for one attempt.
	announceTime = time.Minute
	announceEach = 10 * time.Second
	// otherURLs bounds the databases that are asked besides DATABASE_URL's.
	otherURLs = 4
)

func (a *app) boot() *cli.Command {
	return &cli.Command{
		Name:  "boot",
		Usage: "let the processes of this dyno look into their build's overlay schema first",
		Description: `For the buildpack's profile script, in each dyno, before the process starts:

   eval "$(migguard boot)"     set PGOPTIONS, if that is sure to do no harm
   migguard boot --announce    tell the ledger that this dyno has it

It takes 2 s at most and never fails a boot: what is wrong it says in one line, and
prints nothing to be evaluated. MIGGUARD_OVERLAY=off turns it off.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "announce", Usage: "tell the ledger that PGOPTIONS leads this dyno's processes there, or that it does not any more", DisableDefaultText: true},
			&cli.StringFlag{Name: "app", Usage: "`NAME` of the Heroku app (default: from dyno metadata)"},
			&cli.StringFlag{Name: "build", Usage: "`ID` of this build (default: the one in the slug)"},
			&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (default: migguard.toml, if there is one)"},
		},
		Action: a.bootAction,
	}
}

func (a *app) bootAction(c *cli.Context) error {
	if err := a.onlyFlags(c); err != nil {
		return err
	}
	d, err := a.bootingDyno(c)
	if err == nil && c.Bool("announce") {
		err = d.announceSoon(c.Context)
	} else if err == nil {
		var options string
		if options, err = d.within(c.Context, bootTime); err == nil {
			_, err = fmt.Fprintf(a.stdout, "export PGOPTIONS=%s\n", shellQuoted(options))
		}
	}
	if err != nil && !errors.Is(err, errNothingToSteer) {
		report.New(a.stderr, false, false).Line("boot: %s; this dyno is not steered to an overlay",
			a.masked(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	return nil
}

// errNothingToSteer is for dynos in which nothing was set up, or it was turned
// off: nobody needs to be told.
var errNothingToSteer = errors.New("nothing to steer")

// A bootingDyno is what "migguard boot" knows of the dyno it is in.
type bootingDyno struct {
	name, id, version string
	app, build        string
	off               bool   // by MIGGUARD_OVERLAY
	options           string // PGOPTIONS
	url               string // the app's
	ledgerURL         string
	others            []string // URLs of other databases
}

func (a *app) bootingDyno(c *cli.Context) (*bootingDyno, error) {
	cfg, err := a.config(c)
	url := a.variable("DATABASE_URL")
	if errors.Is(err, config.ErrNoDatabase) || err == nil && (url == "" || cfg.Build == "" || cfg.App == "") {
		return nil, errNothingToSteer
	}
	if err != nil {
		return nil, err
	}
	d := &bootingDyno{
		name: a.variable("DYNO"), id: a.variable("HEROKU_DYNO_ID"), version: cfg.Release, app: cfg.App, build: cfg.Build,
		off: strings.EqualFold(a.variable("MIGGUARD_OVERLAY"), "off"), options: a.variable("PGOPTIONS"),
		url: url, ledgerURL: cfg.DatabaseURL,
	}
	for _, variable := range a.environ {
		name, value, _ := strings.Cut(variable, "=")
		if name != "MIGGUARD_DATABASE_URL" && value != url && isDatabaseURL(value) && !slices.Contains(d.others, value) {
			d.others = append(d.others, value)
		}
	}
	if d.name == "" { // no dyno
		return nil, errNothingToSteer
	}
	return d, nil
}

func (a *app) variable(name string) string { return config.Variable(a.environ, name) }

// isDatabaseURL tells what a library of PostgreSQL's would take for one, with the
// name of a driver behind the scheme or not.
func isDatabaseURL(value string) bool {
	scheme, _, is := strings.Cut(value, "://")
	scheme, _, _ = strings.Cut(scheme, "+")
	return is && (scheme == "postgres" || scheme == "postgresql")
}

// within is steer, with an end at last: a farewell to a dead server takes time.
func (d *bootingDyno) within(ctx context.Context, limit time.Duration) (options string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer from the database within %v", limit))
	defer cancel()
	done := make(chan struct{})
	var found string
	var failed error
	go func() { defer close(done); found, failed = d.steer(ctx) }()
	select {
	case <-done:
		if failed != nil && context.Cause(ctx) != nil {
			failed = context.Cause(ctx)
		}
		return found, failed
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// steer returns the value of PGOPTIONS with which the app's sessions look into
// the build's overlay schema, and are otherwise as they were.
func (d *bootingDyno) steer(ctx context.Context) (options string, err error) {
	if d.off {
		return "", errNothingToSteer
	}
	if len(d.others) > otherURLs {
		return "", fmt.Errorf("the environment names %d databases, and PGOPTIONS would be for all of them", len(d.others)+1)
	}
	database, err := pg.Parse(d.url)
	if err != nil {
		return "", err
	}
	own, err := d.own(ctx, database)
	if err != nil {
		return "", err
	}
	path := shim.OverlaySchema(d.build) + ", " + own.Setting
	options = pg.WithPath(d.options, path)
	if strings.ContainsFunc(options, func(r rune) bool { return r < ' ' }) {
		return "", errors.New("the search path has control characters in it")
	}
	errs := make(chan error)
	for _, url := range d.others {
		go func() { errs <- d.tryOther(ctx, database, url, path, options) }()
	}
	err = d.try(ctx, database, own, path, options)
	for range d.others {
		err = cmp.Or(err, <-errs)
	}
	return options, err
}

// own is the search path that the app's sessions have without migguard.
func (d *bootingDyno) own(ctx context.Context, database *pg.Config) (own pg.SearchPath, err error) {
	if database.Options() != d.options {
		return own, errors.New("DATABASE_URL has options of its own, which win over PGOPTIONS")
	}
	own, err = database.ReadSearchPath(ctx, pg.WithoutOverlay(d.options))
	switch {
	case err != nil:
		return own, err
	case own.Pooled:
		return own, errors.New("DATABASE_URL leads to a connection pooler, which may give a session's settings to another")
	case own.Setting == "":
		return own, errors.New("the search path is empty")
	case !own.Announced && !d.releases():
		return own, errNothingToSteer // no run has made the ledger
	}
	return own, nil
}

// try opens a session with the options, and fails if it is not as it was without
// them, but for the overlay.
func (d *bootingDyno) try(ctx context.Context, database *pg.Config, own pg.SearchPath, path, options string) error {
	schema := shim.OverlaySchema(d.build)
	got, err := database.ReadSearchPath(ctx, options)
	if err != nil {
		return fmt.Errorf("with the overlay in PGOPTIONS: %w", err)
	}
	got.Schemas = slices.DeleteFunc(got.Schemas, func(s string) bool { return s == schema })
	own.Setting = schema + ", " + own.Setting
	if got.Setting != path || got.Pooled || !got.Equal(own) {
		return fmt.Errorf("%s: a session with search_path = %s in PGOPTIONS has %s, and looks into %s, not %s",
			database, path, got.Setting, strings.Join(got.Schemas, ", "), strings.Join(own.Schemas, ", "))
	}
	return nil
}

// tryOther is try for a database of another variable: PGOPTIONS is for all that
// the dyno's processes connect to.
func (d *bootingDyno) tryOther(ctx context.Context, first *pg.Config, url, path, options string) error {
	scheme, rest, _ := strings.Cut(url, "://")
	scheme, _, _ = strings.Cut(scheme, "+")
	other, err := pg.Parse(scheme + "://" + rest)
	if err != nil {
		return fmt.Errorf("another database of the environment: %w", err)
	}
	if other.String() == first.String() {
		return nil
	}
	if other.Options() != d.options {
		return nil // PGOPTIONS means nothing to it
	}
	own, err := other.ReadSearchPath(ctx, pg.WithoutOverlay(d.options))
	if err == nil {
		err = d.try(ctx, other, own, path, options)
	}
	if err != nil {
		return fmt.Errorf("another database of the environment: %w", err)
	}
	return nil
}

// announceSoon tells the ledger what the environment of this dyno says, and tries
// again where it cannot be reached: an announcement of an earlier process must
// not stand for this one.
func (d *bootingDyno) announceSoon(ctx context.Context) error {
	if d.releases() {
		return errNothingToSteer
	}
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	for wait := time.Second; ; wait *= 2 {
		err := d.announce(ctx)
		if err == nil || errors.Is(err, ledger.ErrNoLedger) || !is[*pg.UnreachableError](err) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// announce is one attempt. What it announces was read from a session that was
// opened as the dyno's processes open theirs.
func (d *bootingDyno) announce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, announceEach)
	defer cancel()
	database, err := pg.Parse(d.url)
	if err != nil {
		return err
	}
	options := database.Options()
	schema := shim.OverlaySchema(d.build)
	path, _ := pg.PathInOptions(options)
	has, err := database.ReadSearchPath(ctx, options)
	if err != nil {
		return err
	}
	own, err := pg.Parse(d.ledgerURL)
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, own.ConnConfig(), ledger.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if d.off || has.Pooled || has.Setting != path || pg.FirstSchema(path) != schema {
		err = l.Withdraw(ctx, d.app, d.name)
	} else {
		err = l.Announce(ctx, ledger.Boot{App: d.app, Dyno: d.name, Build: d.build, DynoID: d.id, Version: d.version, Schema: schema, Path: path})
	}
	if errors.Is(err, ledger.ErrNoLedger) {
		return nil
	}
	return err
}

// releases tells the dyno of a release command.
func (d *bootingDyno) releases() bool { return fleet.DynoType(d.name) == fleet.ReleaseType }

// shellQuoted is one word of a shell's.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
