package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// within is steer, with an end at last: a farewell to a dead server takes time.
func (d *bootingDyno) within(ctx context.Context, limit time.Duration) (options string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer from the database within %v", limit))
	defer cancel()
	done := make(chan struct{})
	var found string
	var failed error
	go func() { defer close(done); found, failed = d.steer(ctx) }()
	select {
	case <-done:
		if failed != nil && context.Cause(ctx) != nil {
			failed = context.Cause(ctx)
		}
		return found, failed
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// steer returns the value of PGOPTIONS with which the app's sessions look into
// the build's overlay schema, and are otherwise as they were.
func (d *bootingDyno) steer(ctx context.Context) (options string, err error) {
	if d.off {
		return "", errNothingToSteer
	}
	if len(d.others) > otherURLs {
		return "", fmt.Errorf("the environment names %d databases, and PGOPTIONS would be for all of them", len(d.others)+1)
	}
	database, err := pg.Parse(d.url)
	if err != nil {
		return "", err
	}
	own, err := d.own(ctx, database)
	if err != nil {
		return "", err
	}
	path := shim.OverlaySchema(d.build) + ", " + own.Setting
	options = pg.WithPath(d.options, path)
	if strings.ContainsFunc(options, func(r rune) bool { return r < ' ' }) {
		return "", errors.New("the search path has control characters in it")
	}
	errs := make(chan error)
	for _, url := range d.others {
		go func() { errs <- d.tryOther(ctx, database, url, path, options) }()
	}
	err = d.try(ctx, database, own, path, options)
	for range d.others {
		err = cmp.Or(err, <-errs)
	}
	return options, err
}

// own is the search path that the app's sessions have without migguard.
func (d *bootingDyno) own(ctx context.Context, database *pg.Config) (own pg.SearchPath, err error) {
	if database.Options() != d.options {
		return own, errors.New("DATABASE_URL has options of its own, which win over PGOPTIONS")
	}
	own, err = database.ReadSearchPath(ctx, pg.WithoutOverlay(d.options))
	switch {
	case err != nil:
		return own, err
	case own.Pooled:
		return own, errors.New("DATABASE_URL leads to a connection pooler, which may give a session's settings to another")
	case own.Setting == "":
		return own, errors.New("the search path is empty")
	case !own.Announced && !d.releases():
		return own, errNothingToSteer // no run has made the ledger
	}
	return own, nil
}

// try opens a session with the options, and fails if it is not as it was without
// them, but for the overlay.
func (d *bootingDyno) try(ctx context.Context, database *pg.Config, own pg.SearchPath, path, options string) error {
	schema := shim.OverlaySchema(d.build)
	got, err := database.ReadSearchPath(ctx, options)
	if err != nil {
		return fmt.Errorf("with the overlay in PGOPTIONS: %w", err)
	}
	got.Schemas = slices.DeleteFunc(got.Schemas, func(s string) bool { return s == schema })
	own.Setting = schema + ", " + own.Setting
	if got.Setting != path || got.Pooled || !got.Equal(own) {
		return fmt.Errorf("%s: a session with search_path = %s in PGOPTIONS has %s, and looks into %s, not %s",
			database, path, got.Setting, strings.Join(got.Schemas, ", "), strings.Join(own.Schemas, ", "))
	}
	return nil
}

// tryOther is try for a database of another variable: PGOPTIONS is for all that
// the dyno's processes connect to.
func (d *bootingDyno) tryOther(ctx context.Context, first *pg.Config, url, path, options string) error {
	scheme, rest, _ := strings.Cut(url, "://")
	scheme, _, _ = strings.Cut(scheme, "+")
	other, err := pg.Parse(scheme + "://" + rest)
	if err != nil {
		return fmt.Errorf("another database of the environment: %w", err)
	}
	if other.String() == first.String() {
		return nil
	}
	if other.Options() != d.options {
		return nil // PGOPTIONS means nothing to it
	}
	own, err := other.ReadSearchPath(ctx, pg.WithoutOverlay(d.options))
	if err == nil {
		err = d.try(ctx, other, own, path, options)
	}
	if err != nil {
		return fmt.Errorf("another database of the environment: %w", err)
	}
	return nil
}
