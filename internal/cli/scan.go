package cli

import (
	"errors"
	"math"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/scan"
)

func (a *app) scan() *cli.Command {
	return &cli.Command{
		Name:      "scan",
		Usage:     "show which tables and columns the code in a folder uses",
		ArgsUsage: "[DIR]",
		Description: `   migguard scan
   migguard scan --explain users.notes
   migguard scan --format json ../other-app

It reads source only, and needs no database. What it does not understand is
listed; such places count as uses of all they may reach.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "explain", Usage: "say whether `TABLE[.COLUMN]` is used, and where; with a schema: SCHEMA.TABLE.COLUMN"},
			formatFlag(),
		},
		Action: a.scanAction,
	}
}

// scanMemory is from how many bytes on memory is given back sooner, which takes more
// time: 200,000 files leave 130 MB until the last is read.
const scanMemory = 176 << 20

func (a *app) scanAction(c *cli.Context) error {
	asJSON, err := jsonFormat(c)
	if err = errors.Join(err, a.noDash()); err != nil {
		return err
	}
	dir := "."
	switch {
	case c.NArg() > 1:
		return usage(`name one folder at most, as in "migguard scan DIR"; flags stand before it`)
	case c.NArg() == 1:
		dir = c.Args().First()
	}
	name, column, err := relationAndColumn(c.String("explain"))
	if err != nil {
		return err
	}
	if limit := debug.SetMemoryLimit(-1); limit == math.MaxInt64 { // GOMEMLIMIT says nothing
		debug.SetMemoryLimit(scanMemory)
		defer debug.SetMemoryLimit(limit)
	}
	found, err := scan.Dir(c.Context, dir)
	if err != nil {
		return &usageError{err}
	}
	if name.Name != "" {
		answer := report.NewContractAnswer(found, name, column)
		if asJSON {
			return report.WriteJSON(a.stdout, answer)
		}
		return answer.Write(a.stdout)
	}
	if asJSON {
		return report.WriteJSON(a.stdout, found)
	}
	return report.Contract(a.stdout, found)
}

// relationAndColumn reads TABLE, TABLE.COLUMN or SCHEMA.TABLE.COLUMN.
func relationAndColumn(text string) (name contract.Name, column string, err error) {
	if text == "" {
		return name, "", nil
	}
	parts := strings.Split(text, ".")
	for _, part := range parts {
		if part == "" || len(parts) > 3 {
			return name, "", usage("--explain %q: TABLE, TABLE.COLUMN or SCHEMA.TABLE.COLUMN", text)
		}
	}
	switch len(parts) {
	case 1:
		return contract.Name{Name: parts[0]}, "", nil
	case 2:
		return contract.Name{Name: parts[0]}, parts[1], nil
	}
	return contract.Name{Schema: parts[0], Name: parts[1]}, parts[2], nil
}
