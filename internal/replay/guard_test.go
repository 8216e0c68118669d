package replay_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/replay"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// What a session says to have its guard ask.
const (
	know  = "select 'know'"
	again = "select 'again'"
)

// A rig is a session through a guard that only replays.
type rig struct {
	*replay.Replay
	config   *pg.Config
	affected replay.Affected
	excused  []string // parts of queries
	told     bool
	fared    replay.Fared // by the last again
	client   *pgconn.PgConn
}

// Excuses implements replay.Allowed.
func (r *rig) Excuses(q *replay.Query) bool { return slices.ContainsFunc(r.excused, q.Mentions) }

// HasTold implements replay.Allowed.
func (r *rig) HasTold(*replay.Query) bool { return r.told }

// Inspect implements guard.Gate.
func (r *rig) Inspect(sql string, _ guard.Settings) []guard.Statement {
	if sql != know && sql != again {
		return nil
	}
	return []guard.Statement{{SQL: sql, Gated: true}}
}

// Pass implements guard.Gate.
func (r *rig) Pass(guard.Statement) func(string, error) { return nil }

// Committed implements guard.Gate.
func (r *rig) Committed(context.Context) {}

// Act implements guard.Gate.
func (r *rig) Act(ctx context.Context, c guard.Conn, st guard.Statement) (tag string, err error) {
	if st.SQL == know {
		err = r.Know(ctx, c)
	} else {
		r.fared, err = r.Again(ctx, c, r.affected, r)
	}
	if err != nil {
		return "", err
	}
	return c.Forward(ctx)
}

// Dial implements guard.Dialer.
func (r *rig) Dial(ctx context.Context, startup map[string]string) (*guard.Upstream, error) {
	conn, err := r.config.Dial(ctx, startup, startup["database"], guard.Quick)
	if err != nil {
		return nil, err
	}
	return &guard.Upstream{Conn: conn.Conn, PID: conn.PID, SecretKey: conn.SecretKey,
		Parameters: conn.ParameterStatuses, TxStatus: conn.TxStatus}, nil
}

// Cancel implements guard.Dialer.
func (r *rig) Cancel(ctx context.Context, pid uint32, key []byte) error {
	return r.config.Cancel(ctx, pid, key)
}

func newRig(t *testing.T, db *pgtest.DB, p *replay.Replay) *rig {
	t.Helper()
	r := &rig{Replay: p}
	var err error
	if r.config, err = pg.Parse(db.URL); err != nil {
		t.Fatal(err)
	}
	relayed, err := guard.New(guard.Config{Password: "secret", Dialer: r, Gate: r})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = relayed.Serve(context.Background(), listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := relayed.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	url := fmt.Sprintf("postgres://%s:secret@%s/%s?sslmode=disable", r.config.User(), listener.Addr(), r.config.Database())
	if r.client, err = pgconn.Connect(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.client.Close(context.Background()) })
	return r
}

// exec runs messages, and returns the rows of the last.
func (r *rig) exec(t *testing.T, sql ...string) (rows []string) {
	t.Helper()
	for _, text := range sql {
		results, err := r.client.Exec(t.Context(), text).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rows = nil
		for _, row := range results[len(results)-1].Rows {
			rows = append(rows, string(row[0]))
		}
	}
	return rows
}
