// Package config turns environment and flags into one validated value. It
// reads no files, opens no connections, and keeps the database's URL to itself
// and its caller: no error shows it.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultLockWait bounds the waiting for another run and for a strong lock. A
// release command has an hour; somebody who pushed looks at it much less long.
const DefaultLockWait = 5 * time.Minute

// LibpqURL leaves everything to libpq's PG* variables and defaults.
const LibpqURL = "postgres://"

// ErrNoDatabase is returned by Load when nothing names a database.
var ErrNoDatabase = errors.New("no database: set DATABASE_URL (on Heroku, attach Heroku Postgres: heroku addons:create heroku-postgresql), or MIGGUARD_DATABASE_URL for migguard alone")

// Flags are what was given on the command line; the zero value is nothing.
type Flags struct {
	App            string
	Build          string
	Format         string
	LockWait       time.Duration
	CancelBlockers time.Duration
	// OnAPIFailure is AssumePrevious or RefuseRun.
	OnAPIFailure string
	// ForwardCheck is RefuseRelease or WarnOnly.
	ForwardCheck string
	Allow        []string
	Deadline     time.Duration
	File         File
	Baked        string // build id that the buildpack has baked in
}

// Config is what a command works with.
type Config struct {
	// DatabaseURL is MIGGUARD_DATABASE_URL, else DATABASE_URL; LibpqURL when
	// libpq's PG* variables name the database.
	DatabaseURL string
	App         string // --app, HEROKU_APP_NAME, HEROKU_APP_ID
	Release     string // HEROKU_RELEASE_VERSION: "v42"
	// Build is --build, MIGGUARD_BUILD_ID, what the buildpack has baked in,
	// or the commit that Heroku built:
	// HEROKU_BUILD_COMMIT, else HEROKU_SLUG_COMMIT (which Heroku calls
	// deprecated, and which goes stale with promotions).
	Build    string
	JSON     bool
	LockWait time.Duration
	// CancelBlockers is --cancel-blockers; 0: no query is cancelled.
	CancelBlockers time.Duration
	// OnAPIFailure is AssumePrevious unless it was set.
	OnAPIFailure string
	// ForwardCheck is RefuseRelease unless the file says WarnOnly.
	ForwardCheck string
	// Replay is RefuseRelease unless the file, or MIGGUARD_REPLAY, says WarnOnly.
	Replay string
	// Contract is NextRelease unless the file, or MIGGUARD_CONTRACT_POLICY, says
	// otherwise.
	Contract   string
	Allow      []string    // --allow, as judge.ParsePolicy has it
	Exceptions []Exception // of the file
	Policy     Policy
	// SmallRows and SmallMB are the size up to which a table is small; nil:
	// not set.
	SmallRows, SmallMB *int64
	// Stop are the process types that maintenance stops.
	Stop []string
	// Deadline is when settle gives up, counted from the release.
	Deadline   time.Duration
	IfCrashing string // Stay unless it was set
	// APIURL is HEROKU_API_URL; "" is Heroku's own.
	APIURL string
}

// Load reads the environment, NAME=value each, and puts the flags over it.
func Load(environ []string, flags Flags) (Config, error) {
	get := func(names ...string) string {
		for _, name := range names {
			if v := Variable(environ, name); v != "" {
				return v
			}
		}
		return ""
	}
	c := Config{
		DatabaseURL:    get("MIGGUARD_DATABASE_URL", "DATABASE_URL"),
		App:            cmp.Or(flags.App, flags.File.App, get("HEROKU_APP_NAME", "HEROKU_APP_ID")),
		Release:        get("HEROKU_RELEASE_VERSION"),
		Build:          cmp.Or(flags.Build, get("MIGGUARD_BUILD_ID"), flags.Baked, get("HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT")),
		LockWait:       flags.LockWait,
		CancelBlockers: flags.CancelBlockers,
		ForwardCheck:   cmp.Or(flags.ForwardCheck, flags.File.ForwardCheck, RefuseRelease),
		Replay:         cmp.Or(get("MIGGUARD_REPLAY"), flags.File.Replay, RefuseRelease),
		OnAPIFailure:   cmp.Or(flags.OnAPIFailure, flags.File.OnAPIFailure, AssumePrevious),
		Contract:       cmp.Or(get("MIGGUARD_CONTRACT_POLICY"), flags.File.Contract, NextRelease),
		Allow:          flags.Allow,
		Exceptions:     flags.File.Allow,
		Policy:         flags.File.Policy,
		SmallRows:      flags.File.SmallRows,
		SmallMB:        flags.File.SmallMB,
		Stop:           flags.File.Maintenance.Stop,
		Deadline:       cmp.Or(flags.Deadline, time.Duration(flags.File.Settle.Deadline), DefaultDeadline),
		IfCrashing:     cmp.Or(flags.File.Settle.IfCrashing, Stay),
		APIURL:         get("HEROKU_API_URL"),
	}
	if err := oneOf("--forward-check", c.ForwardCheck, RefuseRelease, WarnOnly); err != nil {
		return c, err
	}
	if err := oneOf("MIGGUARD_REPLAY", c.Replay, RefuseRelease, WarnOnly); err != nil {
		return c, err
	}
	if err := oneOf("MIGGUARD_CONTRACT_POLICY", c.Contract, NextRelease, Settled, Manual); err != nil {
		return c, err
	}
	if err := oneOf("--on-api-failure", c.OnAPIFailure, AssumePrevious, RefuseRun); err != nil {
		return c, err
	}
	if c.Deadline < 0 {
		return c, fmt.Errorf("--deadline %v is negative", c.Deadline)
	}
	if c.LockWait < 0 {
		return c, fmt.Errorf("--lock-wait %v is negative", c.LockWait)
	}
	if c.CancelBlockers < 0 {
		return c, fmt.Errorf("--cancel-blockers %v is negative", c.CancelBlockers)
	}
	var err error
	if c.JSON, err = JSONFormat(flags.Format); err != nil {
		return c, err
	}
	if c.DatabaseURL == "" {
		if get("PGHOST", "PGHOSTADDR", "PGDATABASE") == "" {
			return c, ErrNoDatabase
		}
		c.DatabaseURL = LibpqURL
	}
	return c, nil
}

// Variable is the value of an environment's variable, "" where it has none.
func Variable(environ []string, name string) string {
	// The last one wins, as in os/exec.Cmd.
	for _, v := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// JSONFormat reads the value of --format, which is text by default.
func JSONFormat(format string) (bool, error) {
	switch format {
	case "", "text":
		return false, nil
	case "json":
		return true, nil
	}
	return false, fmt.Errorf("--format %q is not known: text or json", format)
}
