package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) tasks() *cli.Command {
	return &cli.Command{
		Name:  "tasks",
		Usage: "list the work that committed migrations owe, or give some of it up",
		Description: `An index that a migration asked for is built, and a constraint validated, when
the transaction has committed. What could not be done stays here, and every "migguard run" tries it first.

   migguard tasks
   migguard tasks --format json
   migguard tasks drop 3`,
		Flags: []cli.Flag{formatFlag()},
		Subcommands: []*cli.Command{{
			Name:      "drop",
			Usage:     "give a task up: the migration that owes it stays as it is",
			ArgsUsage: "ID",
			Description: `   migguard tasks drop 3

To build the index by hand instead, run the task's SQL with psql first.`,
			OnUsageError: usageHandler("migguard tasks drop"),
			Action:       a.dropTask,
		}},
		HideHelpCommand: true,
		Action:          a.listTasks,
	}
}

func (a *app) listTasks(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	l, asJSON, err := a.openLedger(c)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	tasks, err := owed(c.Context, l)
	if err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(a.stdout, tasks)
	}
	return report.Tasks(a.stdout, tasks)
}

// owed are the tasks that are; none where there is no ledger.
func owed(ctx context.Context, l *ledger.Ledger) ([]report.Task, error) {
	recorded, err := l.Owed(ctx)
	if err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return nil, err
	}
	tasks := make([]report.Task, 0, len(recorded))
	for _, t := range recorded {
		tasks = append(tasks, release.ReportTask(t))
	}
	return tasks, nil
}

func (a *app) dropTask(c *cli.Context) error {
	id, err := strconv.ParseInt(c.Args().First(), 10, 64)
	if err != nil || c.NArg() != 1 {
		return usage("give the ID of one task; \"migguard tasks\" lists them")
	}
	l, _, err := a.openLedger(c)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	switch err := l.CloseTask(c.Context, id, false, "given up by hand"); {
	case errors.Is(err, ledger.ErrNotOwed), errors.Is(err, ledger.ErrNoLedger):
		return usage("no task %d is owed; \"migguard tasks\" lists them", id)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "Task %d is given up.\n", id)
	return err
}
