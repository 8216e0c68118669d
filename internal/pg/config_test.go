package pg

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url, host, database, user, text string
		port                            uint16
	}{
		{"postgres://u:p@h:6543/d", "h", "d", "u", "postgres://u:xxxxx@h:6543/d", 6543},
		{"postgresql://u@h/d?sslmode=require", "h", "d", "u", "postgres://u@h:5432/d", 5432},
		{"postgres://u:a%40b%2Fc@h/", "h", "u", "u", "postgres://u:xxxxx@h:5432/u", 5432},
		{"host=h port=1 user=u password=p dbname=d", "h", "d", "u", "postgres://u:xxxxx@h:1/d", 1},
		{"postgres://u:p@[::1]:5433/d", "::1", "d", "u", "postgres://u:xxxxx@[::1]:5433/d", 5433},
	}
	for _, test := range tests {
		c, err := Parse(test.url)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		if c.Host() != test.host || c.Port() != test.port || c.Database() != test.database ||
			c.User() != test.user || c.String() != test.text {
			t.Errorf("%s: %s %d %s %s %s", test.url, c.Host(), c.Port(), c.Database(), c.User(), c)
		}
	}
}

// Every way to get a URL with a password wrong that we could think of.
func TestParseHidesThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", " ", "hello", "mysql://u:hunter2@h/db", "://u:hunter2@h/db", "u:hunter2@h/db",
		"postgres://u:hunter2%ZZ@h/db", "postgres://u:%ZZhunter2@h/db", "postgres://u:hunter2%@h/db",
		"postgres://u:hun/hunter2@h/db", "postgres://u:1/hunter2@h/db", "postgres://u:1@hunter2@h/db",
		"postgres://u:hunter2@h:port/db", "postgres://u:hunter2@h:99999/db", "postgres://u:hunter2:x@@h/db",
		"postgres://u:hunter2@h/db?sslmode=maybe", "postgres://u:x@h/db?sslmode=hunter2",
		"postgres://u:hunter2@h/db?sslrootcert=/nowhere", "postgres://u:hunter2@h/db?connect_timeout=hunter2",
		"postgres://u:x@h/db?password=hunter2&port=x", "postgres://u:hunter2@[h/db", "postgres://u:hunter2@h/d%b",
		"postgres://u:hunter2@h\x7f:/db\x00", "password=hunter2 port=x", "password='hunter2", "hunter2 = =",
		"postgres://u:hunter2#@h:x/db", "postgres://u:hun?hunter2@h/db", "postgres://hunter2:x/y@h/db",
	} {
		c, err := Parse(url)
		if err != nil {
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Errorf("%q: %T", url, err)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)); strings.Contains(text, "hunter2") {
				t.Errorf("%q: %s", url, text)
			}
			continue
		}
		if text := fmt.Sprintf("%v %+v %#v %s %s", c, c, c, c.Host(), c.Database()); strings.Contains(text, "hunter2") {
			t.Errorf("%q: %s", url, text)
		}
	}
}

func TestReveals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url, text string
		want      bool
	}{
		{"postgres://u:longsecret@db.example.com/app", "longsecret", true},
		{"postgres://u:longsecret@db.example.com/app", "jdbc:x:db.example.com", true},
		{"postgres://u:longsecret@db.example.com/app", "postgres://u:other@db.example.org/app", false},
		{"postgres://u:p@localhost/app", "localhost p", false},
		{"postgres://u:p@127.0.0.1/app", "127.0.0.1", false},
		{"postgres://u@/app?host=/run/postgresql", "/run/postgresql", false},
	} {
		cfg, err := Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Reveals(c.text); got != c.want {
			t.Errorf("%s in %q: %v", c.url, c.text, got)
		}
	}
}
