package pg

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestPreflight(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		c := parse(t, db.URL)
		facts, err := preflight(within(t), c)
		if err != nil {
			t.Fatal(err)
		}
		if facts.ServerVersion/10000 != db.Major {
			t.Errorf("version %d", facts.ServerVersion)
		}
		want := Facts{ServerVersion: facts.ServerVersion, Major: db.Major, Database: db.Name,
			User: db.Server.User, Superuser: true, CanCreateSchema: true}
		if facts != want {
			t.Errorf("got %+v, want %+v", facts, want)
		}
	})
}

// A plain server costs one connection and one query.
func TestPreflightIsCheap(t *testing.T) {
	t.Parallel()
	c := parse(t, pgtest.New(t).URL)
	var dials, writes atomic.Int64
	dial := c.conn.DialFunc
	c.conn.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		conn, err := dial(ctx, network, addr)
		return counted{conn, &writes}, err
	}
	if _, err := preflight(within(t), c); err != nil {
		t.Fatal(err)
	}
	// startup, SCRAM's two, the query, goodbye
	if dials.Load() != 1 || writes.Load() != 5 {
		t.Errorf("%d connections, %d messages; want 1 and 5", dials.Load(), writes.Load())
	}
}

type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func BenchmarkPreflight(b *testing.B) {
	c, err := Parse(pgtest.New(b).URL)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := preflight(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

func TestPoorRole(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create role poor_"+db.Name+" login password 'pw'")
		facts, err := preflight(within(t), parse(t, as(t, db.URL, "poor_"+db.Name, "pw")))
		if err != nil || facts.CanCreateSchema || facts.Superuser || facts.User != "poor_"+db.Name {
			t.Errorf("%+v, %v", facts, err)
		}
	})
}

// as is dbURL for another role.
func as(t *testing.T, dbURL, role, password string) string {
	t.Helper()
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

const planted = "hunter2secret"

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create role outsider_"+db.Name+" login password '"+planted+"'",
			"revoke connect on database "+db.Name+" from public")
		for name, test := range map[string]struct{ url, code string }{
			"wrong password": {as(t, db.URL, db.Server.User, planted), "28P01"},
			"no such role":   {as(t, db.URL, "nobody", planted), "28P01"},
			"no database":    {strings.Replace(db.URL, "/"+db.Name, "/missing", 1), "3D000"},
			"no right":       {as(t, db.URL, "outsider_"+db.Name, planted), "42501"},
		} {
			_, err := preflight(within(t), parse(t, test.url))
			var refused *AuthError
			if !errors.As(err, &refused) || refused.Code != test.code {
				t.Errorf("%s: %v, want an AuthError with %s", name, err, test.code)
			} else if strings.Contains(err.Error(), planted) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := deaf.Addr().String()
	_ = deaf.Close()
	for name, test := range map[string]struct{ host, query, reason string }{
		"refused":   {refused, "", "connection refused"},
		"no answer": {silent.Addr().String(), "&connect_timeout=1", "no answer"},
		"no host":   {"no-such-host.invalid:5432", "", "no such host"},
		"no socket": {"", "&host=/nowhere", "no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []string{"disable", "prefer", "require"} {
				c := parse(t, "postgres://u:"+planted+"@"+test.host+"/db?sslmode="+mode+test.query)
				begin := time.Now()
				_, err := preflight(within(t), c)
				var unreachable *UnreachableError
				if !errors.As(err, &unreachable) {
					t.Fatalf("%v, want an UnreachableError", err)
				}
				if unreachable.Reason != test.reason || unreachable.Address != c.Address() ||
					unreachable.After > time.Since(begin) || unreachable.After <= 0 {
					t.Errorf("sslmode=%s: %v", mode, err)
				}
				if strings.Contains(err.Error(), planted) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestNoTLS(t *testing.T) {
	t.Parallel()
	s := pgtest.StartFor(t, pgtest.Options{Settings: map[string]string{"ssl": "off"}})
	url := strings.Replace(s.URL("postgres"), "sslmode=disable", "sslmode=require", 1)
	_, err := preflight(within(t), parse(t, url))
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Reason != "server refused TLS connection" {
		t.Errorf("%v", err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "alter database "+db.Name+" set default_transaction_read_only = on")
		facts, err := preflight(within(t), parse(t, db.URL))
		var readOnly *ReadOnlyError
		if !errors.As(err, &readOnly) || readOnly.InRecovery || !facts.ReadOnly {
			t.Errorf("%+v, %v; want a ReadOnlyError", facts, err)
		}
	})
}

func TestUsable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		facts Facts
		want  string
	}{
		{Facts{ServerVersion: 130021, Major: 13}, "PostgreSQL 13 is too old: 14 is the oldest that works"},
		{Facts{ServerVersion: 140000, Major: 14}, ""},
		{Facts{ServerVersion: 180004, Major: 18}, ""},
		{Facts{Major: 18, Database: "d", InRecovery: true, ReadOnly: true},
			`database "d" is a read-only standby (a follower): use the URL of the leader`},
	} {
		text := ""
		if err := test.facts.usable(); err != nil {
			text = err.Error()
		}
		if text != test.want {
			t.Errorf("%+v: %q, want %q", test.facts, text, test.want)
		}
	}
}
