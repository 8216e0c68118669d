package cli_test

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestBadURLs is what cannot be a database's address, or leads to none.
func TestBadURLs(t *testing.T) {
	t.Parallel()
	silent := listen(t)
	closed := listen(t)
	_ = closed.Close()
	for _, tt := range []struct {
		name, url string
		code      int
		texts     []string
	}{
		{"none", "", 64, []string{"no database: set DATABASE_URL"}},
		{"another scheme", "mysql://app:hunter2@db/shop", 64, []string{"database URL: it does not start with postgres://"}},
		{"percent", "postgres://app:hunter2%zz@db/shop", 64, []string{"database URL: ", "%25"}},
		{"slash in the password", "postgres://app:pa/hunter2@db/shop", 64, []string{"percent-encoded"}},
		{"at in the password", "postgres://app:hun@hunter2@db/shop", 64, []string{"percent-encoded"}},
		{"port", "postgres://app:hunter2@db:http/shop", 64, []string{"port"}},
		{"no URL", "hunter2", 64, []string{"database URL: "}},
		{"nobody listens", fmt.Sprintf("postgres://app:hunter2@%s/shop", closed.Addr()), 69,
			[]string{"connect to " + closed.Addr().String(), "connection refused", "heroku pg:info"}},
		{"nobody answers", fmt.Sprintf("postgres://app:hunter2@%s/shop?sslmode=disable&connect_timeout=1", silent.Addr()), 69,
			[]string{"connect to " + silent.Addr().String(), "no answer"}},
		{"no such host", "postgres://app:hunter2@db.invalid/shop?connect_timeout=2", 69, []string{"connect to db.invalid:5432: "}},
		{"no such socket", "postgres:///shop?host=/nonexistent&user=app&password=hunter2", 69, []string{"/nonexistent"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := on(tt.url, "run").in(newSQL(t, "goose", "first")).run(t)
			r.expect(t, tt.code, append([]string{"migguard: "}, tt.texts...)...)
			if n := strings.Count(r.stderr, "\n"); n != 1 {
				t.Errorf("%d lines instead of one:\n%s", n, r.stderr)
			}
		})
	}
}

// TestLookingAtNothing: what only looks, and what ends things by hand, say as a run
// does that nobody listens, in a line.
func TestLookingAtNothing(t *testing.T) {
	t.Parallel()
	closed := listen(t)
	_ = closed.Close()
	for _, args := range []string{"plan", "status", "shims", "tasks", "tasks drop 1", "shims drop --due", "shims keep d1"} {
		r := on(fmt.Sprintf("postgres://app:hunter2@%s/shop", closed.Addr()), strings.Fields(args)...).in(newSQL(t, "goose", "first")).run(t)
		if r.expect(t, 69, "migguard: connect to "+closed.Addr().String(), "connection refused", "heroku pg:info"); strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: more than one line:\n%s", args, r.stderr)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestBadDatabases is what answers and cannot be worked with.
func TestBadDatabases(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "CREATE TABLE users (id int)", fmt.Sprintf(
			"CREATE ROLE %[1]s_app LOGIN PASSWORD 'hunter2'; GRANT CREATE ON SCHEMA public TO %[1]s_app;"+
				"CREATE ROLE %[1]s_reader LOGIN PASSWORD 'hunter2'; ALTER ROLE %[1]s_reader SET default_transaction_read_only = on",
			db.Name))
		before := wholeCatalog(t, db)
		for _, tt := range []struct {
			name, url string
			code      int
			texts     []string
		}{
			{"wrong password", as(t, db.URL, db.Server.User, "not-hunter2", ""), 69,
				[]string{"password authentication failed", "28P01", "heroku pg:credentials:url"}},
			{"no such role", as(t, db.URL, "nobody", "hunter2", ""), 69, []string{`as "nobody"`, "28P01"}},
			{"no such database", as(t, db.URL, db.Server.User, db.Server.Password, "shop"), 69, []string{`database "shop"`, "3D000"}},
			{"read-only", as(t, db.URL, db.Name+"_reader", "hunter2", ""), 69,
				[]string{"read-only", "RESET default_transaction_read_only"}},
			{"no right to create a schema", as(t, db.URL, db.Name+"_app", "hunter2", ""), 77,
				[]string{"may not keep migguard's ledger", "GRANT CREATE ON DATABASE", "TO \"" + db.Name + "_app\""}},
		} {
			r := on(tt.url, "run").in(newSQL(t, "goose", "first")).run(t)
			if r.code != tt.code {
				t.Errorf("%s: exit status %d, want %d", tt.name, r.code, tt.code)
			}
			r.expect(t, tt.code, append([]string{"migguard: "}, tt.texts...)...)
		}
		sameCatalog(t, before, wholeCatalog(t, db))
	})
}

// as changes who connects, and to which database unless that is empty.
func as(t *testing.T, address, user, password, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}
