package pg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// interval makes a backend look, once a second, whether its client is still
// there while it works or waits for a lock. Without it the backend of a killed
// migguard keeps its place in the lock queue, and everybody else behind it,
// until the lock comes (manual, client_connection_check_interval).
const (
	intervalName  = "client_connection_check_interval"
	intervalValue = "1s"
)

// Dial opens a connection for a client of the guard and gives it away. It goes
// where the URL goes, with its role, password and TLS settings, but with the
// client's startup parameters and, unless empty, the client's database; a user
// and database among the parameters have no effect. A refusal by the server is
// a *pgconn.PgError in the error's chain. wrap, unless nil, gets the connection
// as it is below TLS, and returns the one to use.
func (c *Config) Dial(ctx context.Context, params map[string]string, database string, wrap func(net.Conn) net.Conn) (*pgconn.HijackedConn, error) {
	conn, err := c.dial(ctx, params, database, wrap)
	if err != nil {
		return nil, err
	}
	// After a write that took 15 ms a goroutine of pgconn's may be in the
	// middle of a read, and would swallow the next thing the server says.
	if err := conn.SyncConn(ctx); err != nil {
		closeConn(conn)
		return nil, fmt.Errorf("take over the connection: %w", err)
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		return nil, fmt.Errorf("take over the connection: %w", err)
	}
	c.backends.Store(hijacked.PID, &pgconn.HijackedConn{
		Conn:      address{remote: hijacked.Conn.RemoteAddr()},
		TLSConfig: hijacked.TLSConfig, Config: hijacked.Config,
	})
	return hijacked, nil
}

func (c *Config) dial(ctx context.Context, params map[string]string, database string, wrap func(net.Conn) net.Conn) (*pgconn.PgConn, error) {
	cfg := c.conn.Config.Copy()
	if wrap != nil {
		cfg.DialFunc = wrapping(cfg.DialFunc, wrap)
	}
	cfg.RuntimeParams = maps.Clone(params)
	if cfg.RuntimeParams == nil {
		cfg.RuntimeParams = map[string]string{}
	}
	delete(cfg.RuntimeParams, "user")
	delete(cfg.RuntimeParams, "database")
	if database != "" {
		cfg.Database = database
	}
	ours := !setsInterval(params)
	if ours && !c.noInterval.Load() {
		cfg.RuntimeParams[intervalName] = intervalValue
		conn, err := pgconn.ConnectConfig(ctx, cfg)
		if !refusesInterval(err) {
			return conn, err
		}
		c.noInterval.Store(true)
		delete(cfg.RuntimeParams, intervalName)
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil || !ours {
		return conn, err
	}
	// A session pooler takes no such startup parameter but passes this on.
	// A platform that cannot check says so, and does without.
	_, err = conn.Exec(ctx, "set "+intervalName+" = '"+intervalValue+"'").ReadAll()
	var pgErr *pgconn.PgError
	if err != nil && !errors.As(err, &pgErr) {
		closeConn(conn)
		return nil, err
	}
	return conn, nil
}

// wrapping is dial with wrap around what it returns.
func wrapping(dial pgconn.DialFunc, wrap func(net.Conn) net.Conn) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	}
}

// setsInterval tells whether the client has a wish of its own, as a parameter
// or in options ("-c name=value").
func setsInterval(params map[string]string) bool {
	_, own := params[intervalName]
	return own || strings.Contains(params["options"], intervalName)
}

// refusesInterval recognises PostgreSQL without support (22023, 42704) and
// PgBouncer ("unsupported startup parameter: …", 08P01). All name it.
func refusesInterval(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	switch pgErr.Code {
	case "22023", "42704", "08P01":
		return strings.Contains(pgErr.Message, intervalName)
	}
	return false
}

// Cancel asks the server to cancel what the backend is running, on a connection
// of its own to the same address and with TLS if the backend's had it. pid and
// key are those of a connection that Dial made. The server does not say whether
// it did.
func (c *Config) Cancel(ctx context.Context, pid uint32, key []byte) error {
	known, ok := c.backends.Load(pid)
	if !ok {
		return fmt.Errorf("cancel: no connection has the backend pid %d", pid)
	}
	target := *known.(*pgconn.HijackedConn)
	target.PID, target.SecretKey = pid, key
	conn, err := pgconn.Construct(&target)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if err := conn.CancelRequest(ctx); err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	return nil
}

// address stands for a connection that has been given away: CancelRequest asks
// it for nothing but where it leads. The embedded Conn is nil.
type address struct {
	net.Conn
	remote net.Addr
}

func (a address) RemoteAddr() net.Addr { return a.remote }
