// Package dynos plays the deploys of [deploysim] on the Platform API's emulator:
// the dynos of both builds, the release command and, where migguard is there, its
// profile script have the environment and the processes that they have on the
// platform. Everything is on this machine's loopback.
//
// Old dynos go on during the release phase and after it as the platform's preboot
// has it, until [Host.Stop]. The first release is made twice, the second time by a
// config var: a dyno can tell migguard's ledger that it is steered when there is one.
package dynos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/migguard/migguard/internal/testkit/deploysim"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// Config says what is deployed. Scenario, URL, Program and Migrate are required.
type Config struct {
	Scenario deploysim.Scenario
	// URL is the app's database.
	URL string
	// Program is the app's own: it has to be a dyno if its first argument is
	// [deploysim.WorkerArg], and the migration command with Migrate for its
	// argument.
	Program, Migrate string
	// Migguard is the program of migguard, "" for an app without it.
	Migguard string
	// Unsteered leaves out what the buildpack's profile script does, but for the
	// PATH.
	Unsteered bool
	// Output gets what the release commands say. Nil drops it.
	Output io.Writer
	// Grace is deploysim's. Zero means 3 s.
	Grace time.Duration
}

// appName is the app's.
const appName = "shop"

// endless is longer than any deploy: preboot ends when it is told to.
const endless = time.Hour

// A Host is an app on a platform of its own. Whoever makes it closes it.
type Host struct {
	config   Config
	platform *herokutest.Platform
	app      *herokutest.App
	dir      string // of the builds
	address  string // of the simulator
	old      int    // version of the old build's last release
}

// New starts the platform, with an app that has no code yet.
func New(config Config) (*Host, error) {
	if config.Output == nil {
		config.Output = io.Discard
	}
	if config.Grace == 0 {
		config.Grace = 3 * time.Second
	}
	h := &Host{config: config}
	var err error
	if h.dir, err = os.MkdirTemp("", "deploysim-app-"); err != nil {
		return nil, err
	}
	h.platform, err = herokutest.Start(herokutest.Config{Drain: config.Grace, PrebootDelay: endless, BootTimeout: time.Minute})
	if err == nil {
		h.app, err = h.platform.CreateApp(herokutest.AppConfig{
			Name: appName, Features: []string{herokutest.DynoMetadata, herokutest.Preboot},
			Formation:  map[string]int{"web": 0},
			ConfigVars: h.configVars(),
		})
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// configVars are the app's. That dynos of an older release may be left which the
// API does not list lasts a second, not preboot's minutes: there are none before
// the old build's.
func (h *Host) configVars() map[string]string {
	return map[string]string{
		"DATABASE_URL": h.config.URL, "HEROKU_API_URL": h.platform.URL, "HEROKU_API_KEY": h.platform.Token,
		"MIGGUARD_OVERLAP": "1s",
	}
}

// Boot implements [deploysim.Host].
func (h *Host) Boot(ctx context.Context, address string, quantity int) error {
	h.address = address
	if err := h.deploy(ctx, deploysim.OldBuild); err != nil {
		return err
	}
	if h.config.Migguard != "" {
		r, err := h.app.SetConfig("WEB_CONCURRENCY", "1")
		if err == nil {
			err = succeeded(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	h.old = h.app.State().Current().Version
	return h.app.Scale(map[string]int{"web": quantity})
}

// deploy releases a build that has to succeed.
func (h *Host) deploy(ctx context.Context, build string) error {
	r, err := h.release(ctx, build)
	if err != nil {
		return err
	}
	return succeeded(ctx, r)
}

func succeeded(ctx context.Context, r *herokutest.Release) error {
	status, err := r.Wait(ctx)
	if err == nil && status != herokutest.Succeeded {
		err = fmt.Errorf("release v%d %s: %s", r.Version, status, r.Output())
	}
	return err
}

func (h *Host) release(ctx context.Context, build string) (*herokutest.Release, error) {
	dir, err := h.slug(ctx, build)
	if err != nil {
		return nil, err
	}
	built, err := h.app.Build(herokutest.Build{Dir: dir, Procfile: h.procfile(build)})
	if err != nil {
		return nil, err
	}
	return h.app.Deploy(built)
}

// Release is the [deploysim.Release] of a deploy on this host: the new build's
// release command, in a dyno of the app.
func (h *Host) Release(ctx context.Context, _ deploysim.Phase) (int, error) {
	if h.config.Migguard != "" && !h.config.Unsteered {
		if err := h.awaitSteered(ctx); err != nil {
			return 0, err
		}
	}
	r, err := h.release(ctx, deploysim.NewBuild)
	if err != nil {
		return 0, err
	}
	_, err = r.Wait(ctx)
	_, writeErr := io.WriteString(h.config.Output, r.Output())
	if err := errors.Join(err, writeErr); err != nil {
		return 0, err
	}
	return r.ExitStatus(), nil
}

// Stop implements [deploysim.Host]. Preboot ends for the old dynos where there are
// new ones; else the app is scaled to none.
func (h *Host) Stop(build string) error {
	if build == deploysim.OldBuild && h.app.State().Current().Version > h.old {
		h.app.EndPreboot()
		return nil
	}
	return h.app.Scale(map[string]int{"web": 0})
}

// Close ends the platform with all its processes.
func (h *Host) Close() error {
	var err error
	if h.platform != nil {
		err = h.platform.Close()
	}
	return errors.Join(err, os.RemoveAll(h.dir))
}
