package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/release"
)

// config joins the environment, migguard.toml and the flags, as far as the
// command has them.
func (a *app) config(c *cli.Context) (config.Config, error) {
	file, err := configFile(c.String("config"))
	if err != nil {
		return config.Config{}, err
	}
	cfg, err := config.Load(a.environ, config.Flags{
		App: c.String("app"), Build: c.String("build"), Format: c.String("format"),
		LockWait: c.Duration("lock-wait"), CancelBlockers: c.Duration("cancel-blockers"), Deadline: c.Duration("deadline"),
		OnAPIFailure: c.String("on-api-failure"), ForwardCheck: c.String("forward-check"), Allow: c.StringSlice("allow"), File: file, Baked: a.baked(),
	})
	if err != nil {
		return cfg, &usageError{err}
	}
	return cfg, nil
}

// configFile reads the file that was named, or the usual one if it exists.
func configFile(name string) (config.File, error) {
	text, err := os.ReadFile(cmp.Or(name, config.FileName))
	if errors.Is(err, fs.ErrNotExist) && name == "" {
		return config.File{}, nil
	}
	if err != nil {
		return config.File{}, usage("--config: %w", err)
	}
	file, err := config.ParseFile(string(text))
	if err != nil {
		return file, usage("%s: %w", cmp.Or(name, config.FileName), err)
	}
	return file, nil
}

// buildFile is where the buildpack has written which build this is, and
// buildFileVariable names another place (CNB layers).
const (
	buildFile         = ".migguard/build.json"
	buildFileVariable = "MIGGUARD_BUILD_FILE"
)

// buildFiles are the places in which the build's file may be.
func buildFiles() []string {
	home, _ := os.UserHomeDir()
	return []string{os.Getenv(buildFileVariable), filepath.Join(home, buildFile), buildFile}
}

// baked is the build id that the buildpack has baked in; "" without one.
func (a *app) baked() string {
	for _, name := range buildFiles() {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		var is struct {
			Build string `json:"build"`
		}
		if json.Unmarshal(text, &is) == nil && is.Build != "" {
			return is.Build
		}
	}
	return ""
}

func policyOf(cfg config.Config) (*judge.Policy, error) {
	policy, err := judge.ParsePolicy(cfg.Allow)
	if err != nil {
		return nil, usage("--allow: %w", err)
	}
	small := hazard.SmallTable
	if cfg.SmallRows != nil {
		small.Rows = new(float64(*cfg.SmallRows))
	}
	if cfg.SmallMB != nil {
		small.Bytes = *cfg.SmallMB << 20
	}
	policy.Small = &small
	for _, e := range cfg.Exceptions {
		if err := policy.Except(judge.Exception{
			Hazard: e.Hazard, Object: e.Object, By: judge.ByFile, Reason: e.Reason,
			Migration: e.Migration, Statement: e.Statement, Expires: e.Expires,
		}, time.Now()); err != nil {
			return nil, usage("%s: [[allow]] %w", config.FileName, err)
		}
	}
	if err := choose(policy, "", cfg.Policy.Hazards); err != nil {
		return nil, usage("%s: [policy] %w", config.FileName, err)
	}
	for table, actions := range cfg.Policy.Tables {
		if err := choose(policy, table, actions); err != nil {
			return nil, usage("%s: [policy.table.%q] %w", config.FileName, table, err)
		}
	}
	return policy, nil
}

// choose puts what the file says of hazards, of one table or all, into the policy.
func choose(policy *judge.Policy, table string, actions map[string]config.Action) error {
	for id, action := range actions {
		choice := judge.Choice{Only: make([]judge.Verdict, len(action.Words))}
		for i, word := range action.Words {
			choice.Only[i] = judge.Verdict(word)
		}
		if !action.List {
			choice = judge.Choice{Most: choice.Only[0]}
		}
		if err := policy.Choose(table, id, choice); err != nil {
			return err
		}
	}
	return nil
}

// Tests and the demo shorten with these the time in which dynos may run that the Platform
// API does not list, that in which a call is tried again, how long settling
// waits before it looks again, and how long queries have to have been counted for.
const (
	overlapVariable     = "MIGGUARD_OVERLAP"
	retryForVariable    = "MIGGUARD_RETRY_FOR"
	settleEveryVariable = "MIGGUARD_SETTLE_EVERY"
	countedForVariable  = "MIGGUARD_COUNTED_FOR"
)

// shortened is 0, the default of what it is for, where nobody has set another.
func shortened(variable string) time.Duration {
	d, _ := time.ParseDuration(os.Getenv(variable))
	return d
}

// token is that of the Platform API; "" when there is none.
func (a *app) token() (string, error) {
	home, _ := os.UserHomeDir()
	token, _, err := heroku.Token(a.environ, home)
	if err != nil {
		return "", &usageError{err}
	}
	return token, nil
}

// usePlatform gives the run the Platform API where there is a token and an app.
// Without one of them it is not known which code runs.
func (a *app) usePlatform(r *release.Run, cfg config.Config) error {
	token, err := a.token()
	if err != nil {
		return err
	}
	if token != "" && cfg.App == "" {
		r.Out.Line("there is a token of the Platform API, but no app to ask for: give --app NAME, or: heroku labs:enable runtime-dyno-metadata")
	}
	client, err := a.platformIfAny(cfg)
	if err != nil || client == nil {
		return err
	}
	r.Platform, r.Overlap = client, shortened(overlapVariable)
	r.Maintenance = &maintenance.Machine{
		Platform: client, Types: cfg.Stop,
		Progress: func(line string) { r.Out.Line("%s", line) },
	}
	return nil
}
