package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/testkit/deploysim"
	"github.com/migguard/migguard/internal/testkit/deploysim/dynos"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// migrateArg is the first argument of the process that is the migration command
// of the demo's app.
const migrateArg = "demo-migrate"

func (a *app) demo() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "show what a deploy does to running code, with and without the guard",
		Description: `Plays deploys on this machine: a real PostgreSQL, dynos that keep it busy with the
old code, a release phase, and dynos with the new code. A stand-in for the Platform API
runs on 127.0.0.1, and nothing leaves the machine. Needs bash and PostgreSQL's server
programs; "make setup" installs them.

   migguard demo
   migguard demo --pg 14,18 --scenario rename-column --unsteered`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "pg", Usage: "`MAJORS` of PostgreSQL, comma-separated (default: the newest installed)"},
			&cli.StringSliceFlag{Name: "scenario", Usage: "only the scenario `NAME`; may be repeated"},
			&cli.BoolFlag{Name: "unsteered", Usage: "guarded once more, with dynos that boot without the buildpack's profile script", DisableDefaultText: true},
			&cli.Int64Flag{Name: "statements", Value: 20000, Usage: "at least `N` statements of old code in each deploy"},
			formatFlag(),
		},
		Action: a.demoAction,
	}
}

func (a *app) demoAction(c *cli.Context) error {
	if err := errors.Join(noArguments(c), a.noDash()); err != nil {
		return err
	}
	majors, err := parseMajors(c.String("pg"))
	if err != nil {
		return err
	}
	asJSON, err := jsonFormat(c)
	if err != nil {
		return err
	}
	scenarios, err := chosen(c.StringSlice("scenario"))
	if err != nil {
		return err
	}
	d := &demo{app: a, out: report.New(a.stderr, false, false), statements: c.Int64("statements"), modes: []string{bare, guarded}}
	if c.Bool("unsteered") {
		d.modes = append(d.modes, unsteered)
	}
	d.out.Line("a stand-in for the Platform API runs on 127.0.0.1, with processes of this machine for dynos; nothing leaves the machine")
	// Ctrl-C ends servers and dynos, too.
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, major := range majors {
		if err := d.server(ctx, major, scenarios); ctx.Err() != nil {
			return &statusError{128 + int(syscall.SIGINT)}
		} else if err != nil {
			return err
		}
	}
	if asJSON {
		err = deploysim.JSON(a.stdout, d.results)
	} else {
		err = deploysim.Table(a.stdout, d.results)
	}
	if err == nil && !d.convincing() {
		return &statusError{1}
	}
	return err
}

func parseMajors(list string) ([]int, error) {
	if list == "" {
		return []int{0}, nil
	}
	var majors []int
	for _, text := range strings.Split(list, ",") {
		major, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || major < pg.MinMajor {
			return nil, usage("--pg %q: majors from %d on, comma-separated", list, pg.MinMajor)
		}
		majors = append(majors, major)
	}
	return majors, nil
}

func chosen(names []string) ([]deploysim.Scenario, error) {
	all := deploysim.Scenarios()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, usage("--scenario %q is not known; there are: %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(s deploysim.Scenario) bool { return !slices.Contains(names, s.Name) }), nil
}

// The ways in which a deploy is played.
const (
	bare    = "bare"
	guarded = "guarded"
	// unsteered is guarded without what lets a renamed column go by an overlay:
	// prepared statements with * fail once in each session then.
	unsteered = "unsteered"
)

// A demo is one call of the command.
type demo struct {
	*app
	out        *report.Reporter
	statements int64
	modes      []string
	results    []deploysim.Result
	databases  int
}

func (d *demo) server(ctx context.Context, major int, scenarios []deploysim.Scenario) error {
	server, err := pgtest.Start(ctx, pgtest.Options{Major: major})
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }()
	for _, s := range scenarios {
		for _, mode := range d.modes {
			if err := d.play(ctx, server, s, mode); err != nil {
				return fmt.Errorf("%s, %s, on PostgreSQL %s: %w", s.Name, mode, server.Version, err)
			}
		}
	}
	return nil
}

func (d *demo) play(ctx context.Context, server *pgtest.Server, s deploysim.Scenario, mode string) error {
	d.databases++
	database := fmt.Sprintf("demo_%d", d.databases)
	if err := server.CreateDatabase(ctx, database); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	d.out.Line("%s, %s, on PostgreSQL %s: %d statements of old code", s.Name, mode, server.Version, d.statements)
	config := dynos.Config{Scenario: s, URL: server.URL(database), Program: self, Migrate: migrateArg, Output: d.stderr}
	if mode != bare {
		config.Migguard, config.Unsteered = self, mode == unsteered
	}
	host, err := dynos.New(config)
	if err != nil {
		return err
	}
	result, err := deploysim.Run(ctx, s, deploysim.Options{
		URL: config.URL, Mode: mode, MinOldStatements: d.statements, Release: host.Release, Host: host,
	})
	if err := errors.Join(err, host.Close()); err != nil {
		return err
	}
	d.results = append(d.results, result)
	return server.DropDatabase(ctx, database)
}

// convincing tells whether the deploys showed what they are to show: that the
// migrations hurt, and that through the guard they do not. What is not steered may
// show either.
func (d *demo) convincing() bool {
	for _, r := range d.results {
		if r.Mode != unsteered && (r.Mode == bare) == r.OK() || r.Old.Statements < d.statements {
			return false
		}
	}
	return true
}

// migrateMain runs the migrations of the current folder on the database that it is
// given, which may be the guard.
func migrateMain(stdout, stderr io.Writer) int {
	command, err := runner.Find(".", os.Environ())
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	exit, err := command.Run(context.Background(), runner.Options{
		Env: os.Environ(), DatabaseURL: os.Getenv("DATABASE_URL"), Stdout: stdout, Stderr: stderr})
	if err != nil {
		fmt.Fprintln(stderr, err)
	}
	return exit.Code
}
