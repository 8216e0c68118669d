package release

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/relay"
)

// outsideCloses bounds the end of the session outside, which is idle by then.
const outsideCloses = 3 * time.Second

// guarding is the running guard of a run.
type guarding struct {
	*relay.Relay
	outside *outside
}

// listen starts the guard. The caller closes it.
func (r *Run) listen(ctx context.Context, g *gate) (*guarding, error) {
	relayed, err := relay.Start(ctx, guard.Config{Dialer: dialer{r.Database, &r.own, r.path}, Gate: g, Refused: g.tooLong, Logger: r.Log}, r.Database)
	if err != nil {
		return nil, err
	}
	return &guarding{relayed, g.outside}, nil
}

// close ends the guard's sessions, and then migguard's own beside them.
func (l *guarding) close(ctx context.Context) error {
	err := l.Close(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outsideCloses)
	defer cancel()
	l.outside.close(ctx)
	return err
}

// dialer opens the guard's connections to the database.
type dialer struct {
	database *pg.Config
	own      *backends
	path     *runnerPath // nil: nobody looks
}

// Dial implements guard.Dialer.
func (d dialer) Dial(ctx context.Context, startup map[string]string) (*guard.Upstream, error) {
	if user := startup["user"]; user != d.database.User() {
		return nil, &pgconn.PgError{Severity: "FATAL", Code: "28000",
			Message: fmt.Sprintf("migguard guards this run for role %q only, not for %q", d.database.User(), user),
			Hint:    "Let the migration command log in with the user and password of DATABASE_URL, or run migguard with a URL of the other role."}
	}
	// An overlay is for code that runs: a migration would take its views for tables,
	// and make in it what it finds in no other schema.
	sent := maps.Clone(startup)
	if options, ok := sent["options"]; ok {
		sent["options"] = pg.WithoutOverlay(options)
	}
	up, err := relay.Upstream(ctx, d.database, sent, startup["database"])
	if err != nil {
		return nil, err
	}
	d.own.add(up.PID)
	if d.path != nil && startup["database"] == d.database.Database() {
		d.path.opened(startup)
	}
	return up, nil
}

// Cancel implements guard.Dialer.
func (d dialer) Cancel(ctx context.Context, pid uint32, secretKey []byte) error {
	return d.database.Cancel(ctx, pid, secretKey)
}
