package runner

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

var testRedirect = Redirect{
	Targets:  []Target{{Host: "Db.Example.com", Port: 5432, Database: "app"}},
	Host:     "127.0.0.1",
	Port:     6000,
	User:     "main",
	Password: "pw/1",
	CAFile:   "/ca.pem",
}

func TestRedirectValue(t *testing.T) {
	t.Parallel()
	const same = "" // the value stays
	for _, test := range []struct{ in, want string }{
		{"postgres://u:x@db.example.com:5432/app", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgresql://u:x@db.example.com/app", "postgresql://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://u@DB.EXAMPLE.COM./app", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://db.example.com/app", "postgres://main:pw%2F1@127.0.0.1:6000/app"},
		{" postgres://u:x@db.example.com/app\n", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgresql+psycopg2://u:x@db.example.com/app", "postgresql+psycopg2://u:pw%2F1@127.0.0.1:6000/app"},
		{"ecto://u:x@db.example.com/app", "ecto://u:pw%2F1@127.0.0.1:6000/app"},
		{"other://u:x@db.example.com:5432/app", "other://u:pw%2F1@127.0.0.1:6000/app"},
		{"other://u:x@db.example.com/app", same},
		{"https://db.example.com/app", same},
		{"postgres://u:x@db.example.com:5433/app", same},
		{"postgres://u:x@db.example.com/other", same},
		{"postgres://u:x@example.com/app", same},
		{"redis://db.example.com:6379/0", same},
		// Percent-encoding, and characters that should have been encoded.
		{"postgres://a%40b:p%3A%2F@db.example.com/a%70p", "postgres://a%40b:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://u:p@s@db.example.com/app", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://u:p?s#s@db.example.com/app", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://u:100%@db.example.com/app", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		// Parameters.
		{"postgres://u:x@db.example.com/app?sslmode=require&sslrootcert=/x&a=b%20c&channel_binding=require#f",
			"postgres://u:pw%2F1@127.0.0.1:6000/app?sslmode=require&a=b%20c#f"},
		{"postgres:///?host=db.example.com&port=5432&dbname=app&user=u&password=x&target_session_attrs=read-write",
			"postgres://u:pw%2F1@127.0.0.1:6000/app?target_session_attrs=read-write"},
		{"postgres://other/app?host=db.example.com", "postgres://main:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://db.example.com:1/app?port=5432", "postgres://main:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://name/app?hostaddr=db.example.com", "postgres://main:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://db.example.com?user=a@b&dbname=app", "postgres://a%40b:pw%2F1@127.0.0.1:6000/app"},
		{"postgresql+psycopg2://u:x@/app?host=a:1&host=db.example.com:5432", "postgresql+psycopg2://u:pw%2F1@127.0.0.1:6000/app"},
		// Several hosts.
		{"postgres://u:x@standby:5432,db.example.com:5432/app", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		{"postgres://u:x@a,db.example.com/app?port=1,5432", "postgres://u:pw%2F1@127.0.0.1:6000/app"},
		// JDBC.
		{"jdbc:postgresql://db.example.com:5432/app?user=u&password=x&channelBinding=require&ssl=true",
			"jdbc:postgresql://127.0.0.1:6000/app?user=u&ssl=true&password=pw%2F1"},
		{"jdbc:postgresql://db.example.com/app", "jdbc:postgresql://127.0.0.1:6000/app?password=pw%2F1"},
		// key=value.
		{`host=db.example.com dbname=app user=u password='it\'s' sslmode=require`,
			`host='127.0.0.1' port='6000' user='u' password='pw/1' dbname='app' sslmode='require'`},
		{`host = a,db.example.com port=1,5432 dbname='app' application_name=a\ b options='-c x=\'y\''`,
			`host='127.0.0.1' port='6000' user='main' password='pw/1' dbname='app' application_name='a b' options='-c x=\'y\''`},
		{"host=db.example.com dbname=other", same},
		{"host=db.example.com dbname='app", same},
		{"service=x dbname=app host=db.example.com", same},
		{"host=db.example.com app", same},
		{"db.example.com", same},
		{"", same},
	} {
		env, names, err := testRedirect.Env([]string{"URL=" + test.in})
		if err != nil {
			t.Errorf("%q: %v", test.in, err)
			continue
		}
		want := test.want
		if want == same {
			want = test.in
		}
		if got := lookup(env, "URL"); got != want {
			t.Errorf("%q\n got %q\nwant %q", test.in, got, want)
		}
		if slices.Contains(names, "URL") != (test.want != same) {
			t.Errorf("%q: reported as rewritten: %q", test.in, names)
		}
	}
}

func TestRedirectHosts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		target, host string
		want         bool
	}{
		{"localhost", "127.0.0.1", true},
		{"127.0.0.1", "[::1]", true},
		{"localhost", "", true},
		{"localhost", "%2Fvar%2Frun%2Fpostgresql", true},
		{"/tmp", "localhost", true},
		{"/tmp/", "%2Ftmp", true},
		{"/tmp", "%2Frun", false},
		{"10.0.0.1", "[::ffff:10.0.0.1]", true},
		{"fe80::1", "[FE80:0::1]", true},
		{"10.0.0.1", "10.0.0.2", false},
		{"db", "", false},
	} {
		r := testRedirect
		r.Targets = []Target{{test.target, 5432, "app"}}
		if _, ok := r.value("postgres://"+test.host+":5432/app", environ{}, false); ok != test.want {
			t.Errorf("host %q for target %q: rewritten %v", test.host, test.target, ok)
		}
	}
}

func TestRedirectEnv(t *testing.T) {
	t.Parallel()
	const guard = "postgres://u:pw%2F1@127.0.0.1:6000/app"
	for _, test := range []struct {
		name      string
		in        []string
		want      []string // sorted, without the CA file's variables
		rewritten string
	}{
		{"always DATABASE_URL, never MIGGUARD_DATABASE_URL",
			[]string{"DATABASE_URL=postgres://u:x@pooler:6543/pool", "MIGGUARD_DATABASE_URL=postgres://db.example.com/app", "A=1"},
			[]string{"A=1", "DATABASE_URL=" + guard}, "DATABASE_URL"},
		{"last value of a name counts",
			[]string{"X=a", "X=postgres://u:x@db.example.com/app"}, []string{"X=" + guard}, "X"},
		{"empty DATABASE_URL", []string{"DATABASE_URL="}, []string{"DATABASE_URL="}, ""},
		{"PG variables",
			[]string{"PGHOST=db.example.com", "PGDATABASE=app", "PGUSER=u", "PGPASSWORD=x", "PGSSLMODE=require", "PGSSLCRL=c"},
			[]string{"PGDATABASE=app", "PGHOST=127.0.0.1", "PGPASSWORD=pw/1", "PGPORT=6000", "PGSSLMODE=require", "PGUSER=u"},
			"PGHOST PGPASSWORD PGPORT"},
		{"PG variables without a database or user",
			[]string{"PGHOSTADDR=1.2.3.4", "PGHOST=db.example.com"},
			[]string{"PGHOST=127.0.0.1", "PGPASSWORD=pw/1", "PGPORT=6000", "PGUSER=main"},
			"PGHOST PGPASSWORD PGPORT PGUSER"},
		{"PG variables that lead elsewhere",
			[]string{"PGHOSTADDR=1.2.3.4", "PGDATABASE=app"},
			[]string{"PGDATABASE=app", "PGHOST=1.2.3.4"}, ""},
		{"another database on the server",
			[]string{"PGHOST=db.example.com", "PGDATABASE=other"},
			[]string{"PGDATABASE=other", "PGHOST=db.example.com"}, ""},
		{"URL completed by PG variables",
			[]string{"PGHOST=db.example.com", "PGDATABASE=x", "PGUSER=u", "URL=postgres:///app"},
			[]string{"PGDATABASE=x", "PGHOST=db.example.com", "PGUSER=u", "URL=" + guard}, "URL"},
		{"nothing", []string{"HOME=/"}, []string{"HOME=/"}, ""},
	} {
		env, names, err := testRedirect.Env(test.in)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, name := range []string{"PGSSLROOTCERT", "NODE_EXTRA_CA_CERTS"} {
			if lookup(env, name) != "/ca.pem" {
				t.Errorf("%s: %s is %q", test.name, name, lookup(env, name))
			}
			env = slices.DeleteFunc(env, func(s string) bool { return strings.HasPrefix(s, name+"=") })
		}
		slices.Sort(env)
		if !slices.Equal(env, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, env, test.want)
		}
		if strings.Join(names, " ") != test.rewritten {
			t.Errorf("%s: rewritten %q, want %q", test.name, names, test.rewritten)
		}
	}
}

func TestRedirectEnvErrorsHideValues(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"DATABASE_URL=s3cret", "DATABASE_URL=mysql://u:s3cret", "PGSERVICE=s3cret",
	} {
		_, _, err := testRedirect.Env([]string{entry})
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", entry, err)
		}
	}
}

func TestRedirectArgs(t *testing.T) {
	t.Parallel()
	args, n := testRedirect.Args([]string{
		"migrate", "-database", "postgres://u:x@db.example.com/app",
		"--url=postgres://u:x@db.example.com/app", "postgres://u:x@other/app", "a=b", "up",
	}, nil)
	want := []string{
		"migrate", "-database", "postgres://u:pw%2F1@127.0.0.1:6000/app",
		"--url=postgres://u:pw%2F1@127.0.0.1:6000/app", "postgres://u:x@other/app", "a=b", "up",
	}
	if n != 2 || !slices.Equal(args, want) {
		t.Errorf("got %d, %q", n, args)
	}
}

// A variable that the shell has expanded into the middle of a line leads to
// the guard as well, also where another variable's value begins with it.
func TestRedirectArgsInsideALine(t *testing.T) {
	t.Parallel()
	args, n := testRedirect.Args(
		[]string{"goose postgres 'postgres://u:x@db.example.com/app?a=b' up && psql postgres://u:x@db.example.com/app"},
		[]string{"DATABASE_URL=postgres://u:x@db.example.com/app", "LONG_URL=postgres://u:x@db.example.com/app?a=b"})
	want := "goose postgres 'postgres://u:pw%2F1@127.0.0.1:6000/app?a=b' up && psql postgres://u:pw%2F1@127.0.0.1:6000/app"
	if n != 1 || args[0] != want {
		t.Errorf("got %d, %q", n, args)
	}
}

func TestRedirectURL(t *testing.T) {
	t.Parallel()
	cfg, err := pgconn.ParseConfig(testRedirect.URL())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Host != "127.0.0.1" || cfg.Port != 6000 || cfg.User != "main" ||
		cfg.Password != "pw/1" || cfg.Database != "app" || cfg.TLSConfig != nil {
		t.Errorf("got %+v", cfg)
	}
}

func lookup(env []string, name string) string {
	e := parseEnviron(env)
	return e.get(name)
}
