// Command migguard runs an application's migrations so that the code that is
// still running does not break. See the README.
package main

import (
	"os"

	"github.com/migguard/migguard/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
