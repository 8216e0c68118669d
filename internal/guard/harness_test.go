package guard_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// password is what clients of a test's guard have to know.
const password = "one-run-password"

// patience bounds everything a test waits for.
const patience = time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(childMain())
	}
	os.Exit(pgtest.Main(m))
}

// dialer connects to a test database as the guard's caller would.
type dialer struct{ url string }

func (d dialer) Dial(ctx context.Context, startup map[string]string) (*guard.Upstream, error) {
	cfg, err := pgconn.ParseConfig(d.url)
	if err != nil {
		return nil, err
	}
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return guard.Quick(conn), err
	}
	for name, value := range startup {
		if name != "user" && name != "database" {
			cfg.RuntimeParams[name] = value
		}
	}
	c, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// A goroutine of pgconn's may still be in a read after a slow write.
	if err := c.SyncConn(ctx); err != nil {
		return nil, err
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, err
	}
	return &guard.Upstream{Conn: h.Conn, PID: h.PID, SecretKey: h.SecretKey,
		Parameters: h.ParameterStatuses, TxStatus: h.TxStatus}, nil
}

func (d dialer) Cancel(ctx context.Context, pid uint32, secretKey []byte) error {
	cfg, err := pgconn.ParseConfig(d.url)
	if err != nil {
		return err
	}
	return sendCancel(ctx, fmt.Sprintf("%s:%d", cfg.Host, cfg.Port), pid, secretKey)
}

// A rig is a guard in front of a test database.
type rig struct {
	*guard.Guard
	db   *pgtest.DB
	addr string
	ca   string // file name
	log  *syncBuffer
}

// newRig starts a guard that ends with the test. change may be nil.
func newRig(t testing.TB, db *pgtest.DB, gate guard.Gate, change func(*guard.Config)) *rig {
	t.Helper()
	cert, caPEM, err := guard.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{db: db, ca: t.TempDir() + "/ca.pem", log: &syncBuffer{}}
	if err := os.WriteFile(r.ca, caPEM, 0o644); err != nil {
		t.Fatal(err)
	}
	cfg := guard.Config{Password: password, Dialer: dialer{db.URL}, Gate: gate, Certificate: cert,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&cfg)
	}
	if r.Guard, err = guard.New(cfg); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	if _, ok := cfg.Dialer.(shreddingDialer); ok {
		l = shreddingListener{l}
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		select {
		case err := <-served:
			if err != nil {
				t.Errorf("serve: %v", err)
			}
		case <-ctx.Done():
			t.Error("Serve did not return after Close")
		}
	})
	return r
}

// url leads a client to the guard.
func (r *rig) url(sslmode string) string {
	return fmt.Sprintf("postgres://postgres:%s@%s/%s?sslmode=%s", password, r.addr, r.db.Name, sslmode)
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// await polls a condition on the server, which tells nobody when it changes.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func withMaxStatement(c *guard.Config) { c.MaxStatement = maxStatement }

// countingDialer counts CancelRequests.
type countingDialer struct {
	guard.Dialer
	n atomic.Int32
}

func (d *countingDialer) Cancel(ctx context.Context, pid uint32, secretKey []byte) error {
	d.n.Add(1)
	return d.Dialer.Cancel(ctx, pid, secretKey)
}
