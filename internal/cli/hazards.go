package cli

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) hazards() *cli.Command {
	return &cli.Command{
		Name:  "hazards",
		Usage: "list the reasons why a change is unsafe",
		Description: `   migguard hazards
   migguard hazards --format json`,
		Flags:  []cli.Flag{formatFlag()},
		Action: a.hazardsAction,
	}
}

func (a *app) explain() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what a hazard is, what migguard does about it and what to do instead",
		ArgsUsage: "HAZARD",
		Description: `   migguard explain dropped-column
   migguard explain MG004`,
		Flags:  []cli.Flag{formatFlag()},
		Action: a.explainAction,
	}
}

func (a *app) hazardsAction(c *cli.Context) error {
	asJSON, err := jsonFormat(c)
	if err = errors.Join(err, noArguments(c), a.noDash()); err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(a.stdout, hazard.All)
	}
	return report.Hazards(a.stdout, hazard.All)
}

func (a *app) explainAction(c *cli.Context) error {
	asJSON, err := jsonFormat(c)
	if err = errors.Join(err, a.noDash()); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return usage(`name one hazard, as in "migguard explain dropped-column"; "migguard hazards" lists them; flags stand before it`)
	}
	h, err := hazard.Named(c.Args().First())
	if err != nil {
		return &usageError{err}
	}
	if asJSON {
		return report.WriteJSON(a.stdout, h)
	}
	return report.Explain(a.stdout, h)
}
