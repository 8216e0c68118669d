package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

func (a *app) maintenance() *cli.Command {
	app := &cli.StringFlag{Name: "app", Usage: "`NAME` of the Heroku app (default: from dyno metadata)"}
	format := formatFlag()
	dryRun := &cli.BoolFlag{Name: "dry-run", Usage: "say what would be done, and do nothing", DisableDefaultText: true}
	c := &cli.Command{
		Name:  "maintenance",
		Usage: "turn maintenance mode on and off, and say who did",
		Description: `   migguard maintenance on --app shop --reason 'checkout is broken' --stop worker --for 15m
   migguard maintenance off --app shop
   migguard maintenance status --app shop`,
		HideHelpCommand: true,
		Action:          maintenanceWord,
		Subcommands: []*cli.Command{{
			Name:  "on",
			Usage: "turn maintenance mode on",
			Description: `   migguard maintenance on --app shop --reason 'moving the database' --stop worker
   migguard maintenance on --app shop --for 15m

The router answers 503, and the processes that --stop names are scaled to 0. It stays
on until "migguard maintenance off", or with --for until then.`,
			Flags: []cli.Flag{
				app,
				&cli.StringFlag{Name: "reason", Usage: "`TEXT` for whoever looks at the status"},
				&cli.StringFlag{Name: "stop", Usage: "scale these process `TYPES` to 0 meanwhile, comma-separated"},
				&cli.DurationFlag{Name: "for", Usage: "stay, and turn it off after so `LONG`, or on Ctrl-C", DefaultText: "until it is turned off"},
				&cli.BoolFlag{Name: "wait", Usage: "wait until the app's address answers 503 and stopped dynos are gone", DisableDefaultText: true},
				dryRun, format,
			},
			Action: a.maintenanceOn,
		}, {
			Name:  "off",
			Usage: "turn maintenance mode off and restore the formation",
			Description: `   migguard maintenance off --app shop
   migguard maintenance off --app shop --restore worker=2,clock=1`,
			Flags: []cli.Flag{
				app,
				&cli.StringFlag{Name: "restore", Usage: "scale process types back, `TYPE=N,...`, where \"on\" had no ledger to record them"},
				dryRun, format,
			},
			Action: a.maintenanceOff,
		}, {
			Name:  "status",
			Usage: "say whether it is on, who turned it on, why, and since when",
			Description: `   migguard maintenance status --app shop
   migguard maintenance status --app shop --format json`,
			Flags:  []cli.Flag{app, format},
			Action: a.maintenanceStatus,
		}},
	}
	for _, sub := range c.Subcommands {
		sub.OnUsageError = usageHandler("migguard maintenance " + sub.Name)
		sub.HideHelpCommand = true
	}
	return c
}

// maintenanceWord is for a word that is none of on, off and status.
func maintenanceWord(c *cli.Context) error {
	if word := c.Args().First(); word != "" {
		return usage("%q is not known: migguard maintenance on, off or status", word)
	}
	return cli.ShowSubcommandHelp(c)
}

// processTypes reads "worker,clock".
func processTypes(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var types []string
	for _, t := range strings.Split(list, ",") {
		if t = strings.TrimSpace(t); t == "" {
			return nil, usage("--stop %q: process types, comma-separated: worker,clock", list)
		}
		types = append(types, t)
	}
	return slices.Compact(slices.Sorted(slices.Values(types))), nil
}

// processQuantities reads "worker=2,clock=1".
func processQuantities(list string) (map[string]int, error) {
	quantities := map[string]int{}
	if list == "" {
		return quantities, nil
	}
	for _, entry := range strings.Split(list, ",") {
		t, number, ok := strings.Cut(strings.TrimSpace(entry), "=")
		n, err := strconv.Atoi(number)
		if _, twice := quantities[t]; !ok || err != nil || n < 1 || t == "" || twice {
			return nil, usage("--restore %q: process types and their quantities, comma-separated: worker=2,clock=1", list)
		}
		quantities[t] = n
	}
	return quantities, nil
}

// duration is --for; zero when it was not given.
func duration(c *cli.Context) (time.Duration, error) {
	d := c.Duration("for")
	if c.IsSet("for") && d <= 0 {
		return 0, usage("--for %v: it has to be longer than nothing", d)
	}
	return d, nil
}

// onlyFlags refuses words that no flag takes.
func (a *app) onlyFlags(c *cli.Context) error { return errors.Join(noArguments(c), a.noDash()) }
