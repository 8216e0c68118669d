package pg

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// DefaultConnectTimeout applies when neither the URL nor PGCONNECT_TIMEOUT says
// otherwise. libpq's default is to wait for ever, which a release command
// cannot.
const DefaultConnectTimeout = 10 * time.Second

// A Config is a database's URL, understood. It is safe for concurrent use.
type Config struct {
	conn *pgx.ConnConfig

	// noInterval is set once the server has refused to be told
	// client_connection_check_interval as it connects.
	noInterval atomic.Bool
	backends   sync.Map // pid of a dialled backend -> *pgconn.HijackedConn, for Cancel
}

// A ConfigError says why a database URL cannot be used. Its text holds nothing
// of the URL, because in a broken one any part may be the password.
type ConfigError struct{ Reason string }

func (e *ConfigError) Error() string { return "database URL: " + e.Reason }

// Parse understands a PostgreSQL URL, or a libpq key=value string, together
// with the PG* variables that libpq would use. The error is a *ConfigError.
func Parse(s string) (*Config, error) {
	if strings.TrimSpace(s) == "" {
		return nil, &ConfigError{"it is empty"}
	}
	if err := checkURL(s); err != nil {
		return nil, err
	}
	conn, err := pgx.ParseConfig(s)
	if err != nil {
		return nil, parseError(err)
	}
	if conn.Database == "" {
		conn.Database = conn.User // as the server does
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = DefaultConnectTimeout
	}
	return &Config{conn: conn}, nil
}

// checkURL refuses URLs that would parse with a piece of the password as host
// or database, and so show it: everything from the first '/' or '@' on is
// split off before the password's end is known.
func checkURL(s string) error {
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		return nil
	}
	if scheme != "postgres" && scheme != "postgresql" {
		return &ConfigError{"it does not start with postgres:// or postgresql://"}
	}
	body, _, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(body, "/")
	if strings.Count(authority, "@") > 1 || strings.Contains(path, "@") {
		return &ConfigError{"user or password holds a character that has to be percent-encoded" +
			" (@ as %40, / as %2F, : as %3A, ? as %3F, # as %23)"}
	}
	return nil
}

// parseError turns pgx's error, which quotes the URL as far as it can tell
// what is secret, into one that does not.
func parseError(err error) error {
	var file *fs.PathError
	var escape url.EscapeError
	switch {
	case errors.As(err, &file):
		return &ConfigError{fmt.Sprintf("a file it names cannot be read: %v", file)}
	case errors.As(err, &escape), strings.Contains(err.Error(), "percent"):
		return &ConfigError{"a % in it starts no escape: a literal % is written %25"}
	case strings.Contains(err.Error(), "invalid port"):
		return &ConfigError{"its port is not a number, or the password holds a character that has to be percent-encoded"}
	}
	return &ConfigError{"it is not a PostgreSQL URL (postgres://user:password@host:port/database)"}
}

// Host is the first host: a name, an address or a socket's folder.
func (c *Config) Host() string { return c.conn.Host }

// Port is the first host's port.
func (c *Config) Port() uint16 { return c.conn.Port }

// Database is the database's name.
func (c *Config) Database() string { return c.conn.Database }

// User is the role that logs in.
func (c *Config) User() string { return c.conn.User }

// Address is host:port.
func (c *Config) Address() string {
	return net.JoinHostPort(c.conn.Host, strconv.Itoa(int(c.conn.Port)))
}

// ConnConfig is a copy for a connection of migguard's own. By its name those who look
// whether code is at work tell it, also when it is about to end. An overlay that
// the dyno's processes look into is none of its business.
func (c *Config) ConnConfig() *pgx.ConnConfig {
	own := c.conn.Copy()
	if options, ok := own.RuntimeParams["options"]; ok {
		own.RuntimeParams["options"] = WithoutOverlay(options)
	}
	own.RuntimeParams["application_name"] = "migguard"
	return own
}

// String is the URL without its password and parameters.
func (c *Config) String() string {
	u := url.URL{Scheme: "postgres", User: url.User(c.conn.User), Host: c.Address(), Path: "/" + c.conn.Database}
	if c.conn.Password != "" {
		u.User = url.UserPassword(c.conn.User, "xxxxx")
	}
	return u.String()
}

// GoString keeps %#v from showing what String hides.
func (c *Config) GoString() string { return "pg.Config(" + c.String() + ")" }

// Reveals tells whether a text holds the way to the database: its password, or its
// host's name, unless that is this machine's own.
func (c *Config) Reveals(text string) bool {
	const short = 6 // characters; a shorter one is found in any text
	if len(c.conn.Password) >= short && strings.Contains(text, c.conn.Password) {
		return true
	}
	host := c.conn.Host
	address := net.ParseIP(host)
	local := host == "localhost" || strings.HasPrefix(host, "/") || address != nil && address.IsLoopback()
	return !local && strings.Contains(text, host)
}
