package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) doctor() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "look for what a first-time user gets wrong, and say how to mend it",
		Description: `Run it where the release command runs. It changes nothing. It exits with 64
when something fails; what it only warns of does not count.

   heroku run migguard doctor
   migguard doctor --app shop --format json`,
		Flags:  lookingFlags(),
		Action: a.doctorAction,
	}
}

// A diagnosis collects checks.
type diagnosis struct {
	app     string // for the commands that mend
	command string // the Procfile's, behind "migguard run --"
	checks  []report.Check
}

func (d *diagnosis) add(state, name, fix, format string, args ...any) {
	d.checks = append(d.checks, report.Check{Name: name, State: state, Fix: fix, Text: fmt.Sprintf(format, args...)})
}

func (d *diagnosis) ok(name, format string, args ...any) {
	d.add(report.CheckOK, name, "", format, args...)
}

func (d *diagnosis) warn(name, fix, format string, args ...any) {
	d.add(report.CheckWarn, name, fix, format, args...)
}

func (d *diagnosis) fail(name, fix, format string, args ...any) {
	d.add(report.CheckFail, name, fix, format, args...)
}

// on is a heroku command for the app.
func (d *diagnosis) on(command string) string { return "heroku " + command + " --app " + d.app }

func (a *app) doctorAction(c *cli.Context) error {
	if err := a.onlyFlags(c); err != nil {
		return err
	}
	d := &diagnosis{}
	cfg, err := a.examined(c, d)
	if err != nil {
		return err
	}
	d.app = cmp.Or(cfg.App, "APP")
	a.checkDatabase(c.Context, d, cfg)
	d.checkProcfile()
	a.checkRunner(d)
	a.checkBuild(d, cfg)
	d.checkPolicy(cfg)
	a.checkPlatform(c.Context, d, cfg)
	for i, check := range d.checks { // they quote what is wrong
		d.checks[i].Text, d.checks[i].Fix = a.masked(check.Text), a.masked(check.Fix)
	}
	if cfg.JSON {
		err = report.WriteJSON(a.stdout, d.checks)
	} else {
		err = report.WriteChecks(a.stdout, d.checks)
	}
	if slices.ContainsFunc(d.checks, func(c report.Check) bool { return c.State == report.CheckFail }) {
		return errors.Join(err, &statusError{release.ExitUsage})
	}
	return err
}

// examined is the configuration, without migguard.toml where that cannot be
// read: the rest is worth looking at all the same.
func (a *app) examined(c *cli.Context, d *diagnosis) (config.Config, error) {
	file, err := configFile(c.String("config"))
	if err != nil {
		d.fail("config", "mend the file: docs/policy.md says what may stand in it; it may be empty, too", "%v", err)
	}
	cfg, err := config.Load(a.environ, config.Flags{
		App: c.String("app"), Format: c.String("format"), File: file, Baked: a.baked(),
	})
	if err != nil && !errors.Is(err, config.ErrNoDatabase) {
		return cfg, &usageError{err}
	}
	return cfg, nil
}
