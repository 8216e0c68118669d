package runner

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// FuzzRedirect takes any text for a connection string that is rewritten: what
// comes out leads to the guard and nowhere else, with the same user, database
// and parameters.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{
		"postgres://u:x@db.example.com:5432/app?sslmode=require&x=%20y#z",
		"postgresql+psycopg2://u:p@ss@a:1,b:2/app?host=c:3&hostaddr=::1",
		"jdbc:postgresql://h:1,[::1]:2/app?user=u&password=x&a",
		"jdbc:postgresql:app?user=u",
		"postgres://u:p?#@h/a%zz%2",
		`host=h port='1' dbname = 'it\'s' password=a\ b options='-c a=b'`,
		"x://h:5432/db",
	} {
		f.Add(seed, "pass:/?#[]@ '\\%")
	}
	f.Fuzz(func(t *testing.T, text, password string) {
		before, ok := parseConnString(text)
		if !ok {
			return
		}
		r := testRedirect
		r.Password = password
		was := before.endpoint(environ{})
		value, ok := r.value(text, environ{}, true)
		if !ok {
			t.Fatalf("%q was not rewritten", text)
		}
		after, ok := parseConnString(value)
		if !ok {
			t.Fatalf("%q became %q, which does not parse", text, value)
		}
		now := after.endpoint(environ{})
		for _, p := range now.hosts {
			if p != (hostPort{"127.0.0.1", "6000"}) {
				t.Errorf("%q became %q, which leads to %q", text, value, p)
			}
		}
		user := was.user
		if u, ok := before.(urlString); !ok || !u.isJDBC() {
			user = cmp.Or(user, r.User)
		}
		if now.database != "app" || now.user != user && now.user != "app" {
			t.Errorf("%q became %q: user %q, database %q", text, value, now.user, now.database)
		}
		if got := passwordOf(after, value); got != password {
			t.Errorf("%q became %q: password %q", text, value, got)
		}
		if got, want := keptParams(after), keptParams(before); !slices.Equal(got, want) {
			t.Errorf("%q became %q: parameters %q, want %q", text, value, got, want)
		}
	})
}

// FuzzRedirectAgainstClient compares with what pgx understands: of a URL that
// it accepts, the redirected one differs for it in host, port and password.
func FuzzRedirectAgainstClient(f *testing.F) {
	f.Add("user", "pass", "app", "application_name", "x y")
	f.Add("a@b:c", "p?#/%", "it's/ü", "options", "-c a=b")
	f.Fuzz(func(t *testing.T, user, password, database, key, value string) {
		if user == "" || database == "" || dropped(key) || key == "user" || key == "dbname" ||
			key == "service" || key == "database" {
			return // replaced on purpose, or read from a file; pgx also calls dbname database
		}
		u := url.URL{
			Scheme: "postgres", User: url.UserPassword(user, password),
			Host: "db.example.com:5432", Path: "/" + database,
			RawQuery: url.Values{key: {value}}.Encode(),
		}
		u.RawPath = "/" + url.PathEscape(database)
		was, err := pgconn.ParseConfig(u.String())
		if err != nil {
			return
		}
		r := testRedirect
		r.Targets = []Target{{"db.example.com", 5432, database}}
		text, ok := r.value(u.String(), environ{}, false)
		if !ok {
			t.Fatalf("%q was not rewritten", u.String())
		}
		now, err := pgconn.ParseConfig(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if now.Host != r.Host || now.Port != r.Port || now.Password != r.Password ||
			now.User != was.User || now.Database != was.Database ||
			!maps.Equal(now.RuntimeParams, was.RuntimeParams) {
			t.Errorf("%q became %q", u.String(), text)
		}
	})
}

func passwordOf(c connString, text string) string {
	if d, ok := c.(dsnString); ok {
		return d.get("password")
	}
	u := c.(urlString)
	if u.isJDBC() {
		return u.param("password")
	}
	_, rest, _ := strings.Cut(text, "://")
	credentials, _, _ := strings.Cut(rest, "@")
	_, password, _ := strings.Cut(credentials, ":")
	return unescape(password)
}

// keptParams are the parameters that must survive, decoded.
func keptParams(c connString) (kept []string) {
	keep := func(key, value string) {
		if !dropped(key) && key != "user" && key != "dbname" && value != "" {
			kept = append(kept, key+"="+value)
		}
	}
	switch c := c.(type) {
	case dsnString:
		for _, p := range c {
			keep(p.key, p.value)
		}
	case urlString:
		for _, p := range c.params {
			key, value, _ := strings.Cut(p, "=")
			keep(unescape(key), unescape(value))
		}
		kept = append(kept, c.fragment)
	}
	return kept
}
