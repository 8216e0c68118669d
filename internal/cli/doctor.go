package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

func (a *app) doctor() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "look for what a first-time user gets wrong, and say how to mend it",
		Description: `Run it where the release command runs. It changes nothing.

   heroku run migguard doctor
   migguard doctor --app shop --format json`,
		Flags:  lookingFlags(),
		Action: a.doctorAction,
	}
}

// A diagnosis collects checks.
type diagnosis struct {
	app    string
	checks []report.Check
}

func (d *diagnosis) add(state, name, fix, format string, args ...any) {
	if state == report.CheckOK {
		fix = ""
	}
	d.checks = append(d.checks, report.Check{Name: name, State: state, Fix: fix, Text: fmt.Sprintf(format, args...)})
}

func (a *app) doctorAction(c *cli.Context) error {
	if err := a.onlyFlags(c); err != nil {
		return err
	}
	cfg, err := a.config(c)
	if err != nil && !errors.Is(err, config.ErrNoDatabase) {
		return err
	}
	d := &diagnosis{app: cfg.App}
	if d.app == "" {
		d.app = "APP"
	}
	a.checkDatabase(c.Context, d, cfg)
	checkProcfile(d)
	a.checkRunner(d)
	a.checkBuild(d, cfg)
	if err := a.checkPlatform(c.Context, d, cfg); err != nil {
		return err
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

func (a *app) checkDatabase(ctx context.Context, d *diagnosis, cfg config.Config) {
	if cfg.DatabaseURL == "" {
		d.add(report.CheckFail, "database", "heroku addons:create heroku-postgresql --app "+d.app, "DATABASE_URL is not set")
		return
	}
	database, err := pg.Parse(cfg.DatabaseURL)
	if err != nil {
		d.add(report.CheckFail, "database", "heroku config:get DATABASE_URL --app "+d.app, "%v", err)
		return
	}
	conn, facts, err := pg.Preflight(ctx, database)
	if err != nil {
		d.add(report.CheckFail, "database", "heroku pg:info --app "+d.app, "%v", err)
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	d.add(report.CheckOK, "database", "", "%s: PostgreSQL %d, reached without a transaction pooler", database, facts.Major)
	rights, err := pg.ReadRights(ctx, conn)
	switch {
	case err != nil:
		d.add(report.CheckFail, "grants", "heroku pg:credentials --app "+d.app, "%v", err)
	case !rights.Ledger:
		d.add(report.CheckFail, "grants", rights.LedgerGrant, "role %q may not create migguard's schema", facts.User)
	case len(rights.Foreign) > 0:
		d.add(report.CheckWarn, "grants", "use the credential that owns the tables (heroku pg:credentials --app "+d.app+")",
			"role %q does not own %s and cannot alter it", facts.User, strings.Join(rights.Foreign, ", "))
	default:
		d.add(report.CheckOK, "grants", "", "role %q may create the ledger, and owns the tables", facts.User)
	}
}

// checkProcfile looks at the release line.
func checkProcfile(d *diagnosis) {
	const fix = "write in the Procfile: release: migguard run"
	file, err := os.Open("Procfile")
	if err != nil {
		d.add(report.CheckWarn, "procfile", fix, "no Procfile here, so it is not known what the release command is")
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, command, ok := strings.Cut(lines.Text(), ":")
		if !ok || strings.TrimSpace(name) != "release" {
			continue
		}
		command = strings.TrimSpace(command)
		switch {
		case !strings.Contains(command, "migguard run"):
			d.add(report.CheckFail, "procfile", fix+" (or: release: migguard run -- "+command+")", "the release command goes past migguard: %s", command)
		case strings.Contains(command, "||") || strings.Contains(command, ";"):
			d.add(report.CheckWarn, "procfile", fix, "what follows may hide that migguard refused: %s", command)
		default:
			d.add(report.CheckOK, "procfile", "", "release: %s", command)
		}
		return
	}
	d.add(report.CheckFail, "procfile", fix, "the Procfile has no release line, so nothing migrates when a release is made")
}

func (a *app) checkRunner(d *diagnosis) {
	command, err := runner.Find(".", a.environ)
	if err != nil {
		d.add(report.CheckWarn, "runner", "name the command: release: migguard run -- COMMAND", "%v", err)
		return
	}
	d.add(report.CheckOK, "runner", "", "%s", command)
}

// checkBuild: without a build id no shim is ever dropped by a run.
func (a *app) checkBuild(d *diagnosis, cfg config.Config) {
	switch {
	case a.baked() != "":
		d.add(report.CheckOK, "build", "", "%s, baked in by the buildpack", cfg.Build)
	case cfg.Build != "":
		d.add(report.CheckWarn, "build", "heroku buildpacks:add --index 1 migguard/migguard --app "+d.app,
			"%s, taken from dyno metadata: the buildpack has not built this", cfg.Build)
	default:
		d.add(report.CheckWarn, "build", "heroku buildpacks:add --index 1 migguard/migguard --app "+d.app,
			"this build has no id: the buildpack has not built it, and no dyno metadata is on")
	}
}

func (a *app) checkPlatform(ctx context.Context, d *diagnosis, cfg config.Config) error {
	token, err := a.token()
	if err != nil {
		return err
	}
	if token == "" {
		d.add(report.CheckWarn, "token", `heroku config:set HEROKU_API_KEY="$(heroku authorizations:create -d migguard -s write -S)" --app `+d.app,
			"no token of the Platform API: which builds run is not known, and there is no maintenance mode")
	}
	if cfg.App == "" {
		d.add(report.CheckWarn, "metadata", "heroku labs:enable runtime-dyno-metadata --app "+d.app, "the app's name is not known")
	}
	client, err := a.platformIfAny(cfg)
	if err != nil || client == nil {
		return err
	}
	app, err := client.App(ctx)
	if err != nil {
		d.add(report.CheckFail, "token", "heroku authorizations:create -d migguard -s write", "%v", err)
		return nil
	}
	d.add(report.CheckOK, "token", "", "it may read %s; whether it may write shows only when it does", app.Name)
	return checkFeatures(ctx, d, cfg, client)
}

func checkFeatures(ctx context.Context, d *diagnosis, cfg config.Config, client *heroku.Client) error {
	on, _, err := client.Feature(ctx, "runtime-dyno-metadata")
	if err != nil {
		return err
	}
	if on {
		d.add(report.CheckOK, "metadata", "", "runtime-dyno-metadata is on")
	} else {
		d.add(report.CheckWarn, "metadata", "heroku labs:enable runtime-dyno-metadata --app "+d.app,
			"runtime-dyno-metadata is off: a dyno knows neither its app nor its release")
	}
	preboot, err := client.Preboot(ctx)
	if err != nil {
		return err
	}
	if preboot {
		d.add(report.CheckWarn, "preboot", "", "it is on: old web dynos serve for some minutes after a release, so shims stay and maintenance lasts as much longer")
	} else {
		d.add(report.CheckOK, "preboot", "", "it is off")
	}
	formation, err := client.Formation(ctx)
	if err != nil {
		return err
	}
	have := quantities(formation)
	for _, t := range cfg.Stop {
		if _, ok := have[t]; !ok {
			d.add(report.CheckFail, "policy", "name a process type of the Procfile in maintenance.stop of migguard.toml", "%q is no process type of this app", t)
		}
	}
	return nil
}
