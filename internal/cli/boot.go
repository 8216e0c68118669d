package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/report"
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

// shellQuoted is one word of a shell's.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
