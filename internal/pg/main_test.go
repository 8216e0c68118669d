package pg

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// patience bounds every wait for something that ought to happen.
const patience = 2 * time.Minute

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func parse(t *testing.T, url string) *Config {
	t.Helper()
	c, err := Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// preflight is Preflight for a test that wants no session.
func preflight(ctx context.Context, c *Config) (Facts, error) {
	conn, facts, err := Preflight(ctx, c)
	if err == nil {
		closeConn(conn.PgConn())
	}
	return facts, err
}
