// Package config turns environment and flags into one validated value. It
// reads no files, opens no connections, and keeps the database's URL to itself
// and its caller: no error shows it.
package config

import (
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
	App      string
	Build    string
	Format   string
	LockWait time.Duration
}

// Config is what a command works with.
type Config struct {
	// DatabaseURL is MIGGUARD_DATABASE_URL, else DATABASE_URL; LibpqURL when
	// libpq's PG* variables name the database.
	DatabaseURL string
	App         string // --app, HEROKU_APP_NAME, HEROKU_APP_ID
	Release     string // HEROKU_RELEASE_VERSION: "v42"
	// Build is --build, MIGGUARD_BUILD_ID, or the commit that Heroku built:
	// HEROKU_BUILD_COMMIT, else HEROKU_SLUG_COMMIT (which Heroku calls
	// deprecated, and which goes stale with promotions).
	Build    string
	JSON     bool
	LockWait time.Duration
}

// Load reads the environment, NAME=value each, and puts the flags over it.
func Load(environ []string, flags Flags) (Config, error) {
	get := func(names ...string) string {
		for _, name := range names {
			if v := lookup(environ, name); v != "" {
				return v
			}
		}
		return ""
	}
	c := Config{
		DatabaseURL: get("MIGGUARD_DATABASE_URL", "DATABASE_URL"),
		App:         first(flags.App, get("HEROKU_APP_NAME", "HEROKU_APP_ID")),
		Release:     get("HEROKU_RELEASE_VERSION"),
		Build:       first(flags.Build, get("MIGGUARD_BUILD_ID", "HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT")),
		LockWait:    flags.LockWait,
	}
	if c.LockWait < 0 {
		return c, fmt.Errorf("--lock-wait %v is negative", c.LockWait)
	}
	switch flags.Format {
	case "", "text":
	case "json":
		c.JSON = true
	default:
		return c, fmt.Errorf("--format %q is not known: text or json", flags.Format)
	}
	if c.DatabaseURL == "" {
		if get("PGHOST", "PGHOSTADDR", "PGDATABASE") == "" {
			return c, ErrNoDatabase
		}
		c.DatabaseURL = LibpqURL
	}
	return c, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func lookup(environ []string, name string) string {
	// The last one wins, as in os/exec.Cmd.
	for _, v := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
