package deploysim

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// probeEvery bounds how late the probe sees a COMMIT.
const probeEvery = 5 * time.Millisecond

// probe watches on a connection of its own for the moment another session can
// see the migration's effect.
type probe struct {
	seen  atomic.Pointer[time.Time]
	stop  context.CancelFunc
	ended chan error
}

// startProbe connects to url and asks query until it answers true.
func startProbe(ctx context.Context, url, query string) (*probe, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect probe: %w", err)
	}
	watching, stop := context.WithCancel(ctx)
	p := &probe{stop: stop, ended: make(chan error, 1)}
	go func() {
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		p.ended <- p.watch(ctx, watching, conn, query)
	}()
	return p, nil
}

// watch asks once more after watching has ended, so that what is committed by
// then is never missed.
func (p *probe) watch(ctx, watching context.Context, conn *pgx.Conn, query string) error {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for last := false; ; {
		var visible bool
		if err := conn.QueryRow(ctx, query).Scan(&visible); err != nil {
			return fmt.Errorf("probe for commit: %w", err)
		}
		if visible {
			now := time.Now()
			p.seen.Store(&now)
			return nil
		}
		if last {
			return nil
		}
		select {
		case <-tick.C:
		case <-watching.Done():
			last = true
		}
	}
}

// finish asks for the last time and returns when the effect was first seen,
// nil if it is not there.
func (p *probe) finish() (*time.Time, error) {
	p.stop()
	err := <-p.ended
	return p.seen.Load(), err
}
