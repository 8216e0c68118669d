package cli

import (
	"context"
	"errors"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// announceSoon tells the ledger what the environment of this dyno says, and tries
// again where it cannot be reached: an announcement of an earlier process must
// not stand for this one.
func (d *bootingDyno) announceSoon(ctx context.Context) error {
	if d.releases() {
		return errNothingToSteer
	}
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	for wait := time.Second; ; wait *= 2 {
		err := d.announce(ctx)
		if err == nil || errors.Is(err, ledger.ErrNoLedger) || !is[*pg.UnreachableError](err) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// announce is one attempt. What it announces was read from a session that was
// opened as the dyno's processes open theirs.
func (d *bootingDyno) announce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, announceEach)
	defer cancel()
	database, err := pg.Parse(d.url)
	if err != nil {
		return err
	}
	options := database.Options()
	schema := shim.OverlaySchema(d.build)
	path, _ := pg.PathInOptions(options)
	has, err := database.ReadSearchPath(ctx, options)
	if err != nil {
		return err
	}
	own, err := pg.Parse(d.ledgerURL)
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, own.ConnConfig(), ledger.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if d.off || has.Pooled || has.Setting != path || pg.FirstSchema(path) != schema {
		err = l.Withdraw(ctx, d.app, d.name)
	} else {
		err = l.Announce(ctx, ledger.Boot{App: d.app, Dyno: d.name, Build: d.build, DynoID: d.id, Version: d.version, Schema: schema, Path: path})
	}
	if errors.Is(err, ledger.ErrNoLedger) {
		return nil
	}
	return err
}

// releases tells the dyno of a release command.
func (d *bootingDyno) releases() bool { return fleet.DynoType(d.name) == fleet.ReleaseType }
