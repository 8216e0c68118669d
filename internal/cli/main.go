// Package cli is the command line: one file for each command, flags, exit
// statuses, and the wiring of the rooms. It decides nothing about migrations.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/testkit/deploysim"
)

// version is set by the linker.
var version = "devel"

// An app is one invocation.
type app struct {
	stdin          io.Reader
	stdout, stderr *os.File
	environ        []string
	command        []string // after "--"; nil when there was none
	dashed         bool     // "--" was given
	background     bool     // only failures are said
}

// Main runs one command and returns the exit status.
func Main(args []string, stdin io.Reader, stdout, stderr *os.File) int {
	if len(args) > 1 {
		switch args[1] { // processes of the demo
		case deploysim.WorkerArg:
			return deploysim.WorkerMain(args[2:], stdin, stdout)
		case migrateArg:
			return migrateMain(stdout, stderr)
		}
	}
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, environ: os.Environ()}
	if i := slices.Index(args, "--"); i >= 0 {
		args, a.command, a.dashed = args[:i], args[i+1:], true
	}
	if len(args) == 2 && args[1] == "--version" {
		args = []string{args[0], "version"}
	}
	err := a.tree().RunContext(context.Background(), args)
	if err == nil {
		return 0
	}
	var status *statusError
	if errors.As(err, &status) {
		return status.code
	}
	fmt.Fprintf(stderr, "migguard: %s%s\n", a.masked(err.Error()), nextStep(err))
	return exitStatus(err)
}

// masked takes out of a text what a word of the command line has brought in: a
// database's URL or the token, where something else was expected.
func (a *app) masked(text string) string {
	if token, err := a.token(); err == nil && token != "" {
		text = strings.ReplaceAll(text, token, "[token]")
	}
	return runner.Masked(text)
}

// A statusError is an exit status whose reason has been said already.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// A usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

func (a *app) tree() *cli.App {
	t := &cli.App{
		Name:           "migguard",
		Usage:          "run database migrations without breaking the code that is still running",
		Version:        version,
		HideVersion:    true,
		Writer:         a.stdout,
		ErrWriter:      a.stderr,
		ExitErrHandler: func(*cli.Context, error) {}, // Main exits
		OnUsageError:   usageHandler("migguard"),
		Action:         a.noCommand,
		Description: `In a Procfile:   release: migguard run

Exit statuses: 0 done; 64 usage or configuration; 69 database unreachable;
70 internal error; 75 try again (a lock was not to be had); 77 refused;
otherwise the migration command's own.`,
		Commands: []*cli.Command{a.run(), a.plan(), a.settle(), a.status(), a.doctor(), a.shims(), a.tasks(), a.maintenance(), a.boot(), a.scan(), a.hazards(), a.explain(), a.demo(), a.versionCommand()},
	}
	for _, c := range t.Commands {
		c.OnUsageError = usageHandler("migguard " + c.Name)
		c.HideHelpCommand = true
	}
	return t
}

// usageHandler says what is wrong with a flag, and where to look, in place of
// the whole help, which the library would print to stdout.
func usageHandler(command string) cli.OnUsageErrorFunc {
	return func(_ *cli.Context, err error, _ bool) error {
		if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
			err = fmt.Errorf("--%s is no flag of %q", name, command)
		}
		return usage("%w; see %q", err, command+" --help")
	}
}

// noCommand is for a word that is no command, and for none.
func (a *app) noCommand(c *cli.Context) error {
	if word := c.Args().First(); word != "" {
		names := make([]string, 0, len(c.App.Commands))
		for _, command := range c.App.VisibleCommands() {
			names = append(names, command.Name)
		}
		return usage("%q is no command; there are: %s", word, strings.Join(names, ", "))
	}
	return cli.ShowAppHelp(c)
}

// noArguments refuses words that are neither flags nor behind "--": a flag
// after one would be taken for a word too.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		hint := ""
		switch {
		case c.Command.Name == "run":
			hint = "; the migration command goes behind --: migguard run -- " + strings.Join(c.Args().Slice(), " ")
		case len(c.Command.Subcommands) > 0:
			var names []string
			for _, sub := range c.Command.Subcommands {
				names = append(names, "migguard "+c.Command.Name+" "+sub.Name)
			}
			hint = "; there are: " + strings.Join(names, ", ")
		}
		return usage("%q is not expected here%s", c.Args().First(), hint)
	}
	return nil
}

func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text or json"}
}

// jsonFormat reads formatFlag for a command without a configuration.
func jsonFormat(c *cli.Context) (bool, error) {
	asJSON, err := config.JSONFormat(c.String("format"))
	if err != nil {
		return false, &usageError{err}
	}
	return asJSON, nil
}

// noDash refuses a "--" where no command can follow.
func (a *app) noDash() error {
	if a.dashed {
		return usage("\"--\" has a meaning for \"migguard run\" only")
	}
	return nil
}

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print migguard's version",
		Description: `   migguard version`,
		Action: func(c *cli.Context) error {
			if err := errors.Join(noArguments(c), a.noDash()); err != nil {
				return err
			}
			_, err := fmt.Fprintln(a.stdout, "migguard "+version)
			return err
		},
	}
}

// internalError is the status for what should not have happened.
const internalError = release.ExitInternal
