package cli

import (
	"bufio"
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/runner"
)

// releaseLine is what a Procfile is to have.
const releaseLine = "write in the Procfile: release: migguard run"

// checkProcfile looks at the release command.
func (d *diagnosis) checkProcfile() {
	file, err := os.Open("Procfile")
	if err != nil {
		d.warn("procfile", releaseLine, "no Procfile here, so it is not known what the release command is")
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, command, ok := strings.Cut(lines.Text(), ":")
		if ok && strings.TrimSpace(name) == "release" {
			d.checkRelease(strings.TrimSpace(command))
			return
		}
	}
	d.fail("procfile", releaseLine, "the Procfile has no release line, so nothing migrates when a release is made")
}

var (
	runs   = regexp.MustCompile(`(?:^|[\s/])migguard\s+run(?:[\s;|&]|$)`)
	quoted = regexp.MustCompile(`'[^']*'|"(?:[^"\\]|\\.)*"|\\.`)
	// hides finds what makes the shell end with another status than migguard.
	hides = regexp.MustCompile(`[;|&]`)
)

func (d *diagnosis) checkRelease(command string) {
	if !runs.MatchString(command) {
		d.fail("procfile", releaseLine+" -- '"+command+"'", "the release command goes past migguard: %s", command)
		return
	}
	_, d.command, _ = strings.Cut(command, " -- ")
	bare := quoted.ReplaceAllString(command, "")
	first, _, more := strings.Cut(bare, "&&")
	switch {
	case hides.MatchString(strings.ReplaceAll(bare, "&&", "")):
		d.warn("procfile", releaseLine, "what stands beside it may hide that migguard refused: %s", command)
	case more && (d.command != "" || !runs.MatchString(first)):
		d.warn("procfile", releaseLine+" -- 'COMMAND && COMMAND'", "the shell takes && for itself, so one side of it goes past migguard: %s", command)
	default:
		d.ok("procfile", "release: %s", command)
	}
}

// checkRunner looks for what "migguard run" would run, unless that is named.
func (a *app) checkRunner(d *diagnosis) {
	if d.command != "" {
		d.ok("runner", "%s", runner.FromArgs([]string{d.command}))
		return
	}
	command, err := runner.Find(".", a.environ)
	var owner *runner.OwnerError
	var none *runner.NotFoundError
	switch {
	case errors.As(err, &owner):
		d.fail("runner", "write in the Procfile: release: "+owner.Command, "%v", err)
	case errors.As(err, &none):
		d.fail("runner", releaseLine+" -- "+none.Likely, "%s", none.Reason())
	case err != nil:
		d.fail("runner", releaseLine+" -- COMMAND", "%v", err)
	default:
		d.ok("runner", "%s, since %s", command, command.Why)
	}
}

// checkBuild: without a build id no shim is ever dropped by a run.
func (a *app) checkBuild(d *diagnosis, cfg config.Config) {
	fix := d.mendBuildpack()
	switch {
	case cfg.Build == "":
		d.warn("build", fix, "this build has no id: the buildpack has not built it, and no dyno metadata is on")
	case a.baked() == cfg.Build:
		d.ok("build", "%s, baked in by the buildpack", cfg.Build)
	case os.Getenv("MIGGUARD_BUILD_ID") == cfg.Build:
		d.ok("build", "%s, from MIGGUARD_BUILD_ID", cfg.Build)
	default:
		d.warn("build", fix, "%s, taken from dyno metadata: the buildpack has not built this", cfg.Build)
	}
}

// checkPolicy says nothing where migguard.toml has none.
func (d *diagnosis) checkPolicy(cfg config.Config) {
	if len(cfg.Policy.Hazards)+len(cfg.Policy.Tables)+len(cfg.Exceptions)+len(cfg.Allow) == 0 {
		return
	}
	if _, err := policyOf(cfg); err != nil {
		d.fail("policy", "mend "+config.FileName+": \"migguard hazards\" lists hazards, and \"migguard explain HAZARD\" says which words one takes", "%v", err)
		return
	}
	d.ok("policy", "%s is understood", config.FileName)
}
