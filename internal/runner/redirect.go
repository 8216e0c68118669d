package runner

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Target is a guarded database.
type Target struct {
	// Host is a name, an address or the folder of a Unix socket. Names are
	// compared without resolving them: a value that reaches the same server by
	// another name or address is not recognised.
	Host     string
	Port     uint16
	Database string
}

// Redirect rewrites the connection strings a runner could use so that those
// which point at a guarded database lead to the guard.
type Redirect struct {
	// Targets are the guarded databases, at least one; the first is
	// DATABASE_URL's.
	Targets []Target
	// Host and Port are the guard's.
	Host string
	Port uint16
	// User is for connection strings that name no user; others keep theirs.
	User string
	// Password is the guard's for this run.
	Password string
	// CAFile holds the certificate of the guard's authority. The child gets it
	// as PGSSLROOTCERT and NODE_EXTRA_CA_CERTS, in place of its own, so a
	// caller that wants the old ones to stay valid appends them to the file.
	// Empty: those variables stay as they are.
	CAFile string
}

// Variables of the runner's environment with a meaning of their own here.
const (
	databaseURL         = "DATABASE_URL"
	migguardDatabaseURL = "MIGGUARD_DATABASE_URL"
)

// Env returns the environment for the runner, and the names whose values now
// lead to the guard.
//
// Rewritten is each variable whose whole value is a connection string for a
// target: a URL of any spelling (postgres, postgresql+psycopg2, jdbc:postgresql
// ...) or libpq's key=value form, also with several hosts. DATABASE_URL is
// rewritten wherever it points, because a pooler in front of the target has
// another host; MIGGUARD_DATABASE_URL, which no runner needs, is removed. The
// variables PGHOST, PGPORT, PGUSER and PGPASSWORD are set when PGHOST,
// PGHOSTADDR, PGPORT and PGDATABASE together may mean a target.
//
// Not recognised are a server's other names, connection strings inside a longer
// value, and single parts under names of the application's own (DB_HOST,
// SPRING_DATASOURCE_PASSWORD).
//
// It is an error if DATABASE_URL is no PostgreSQL connection string, or if
// PGSERVICE is set: what a service file says is not known here, and it would
// win over PGHOST.
func (r Redirect) Env(list []string) (env, rewritten []string, err error) {
	e := parseEnviron(list)
	if e.get("PGSERVICE") != "" {
		return nil, nil, fmt.Errorf("redirect environment: PGSERVICE is set, and service " +
			"files are not read; set PGHOST, PGPORT, PGDATABASE and PGUSER instead")
	}
	e.remove(migguardDatabaseURL)
	before := environ{values: make(map[string]string, len(e.values))}
	for name, value := range e.values {
		before.values[name] = value
	}
	for _, name := range slices.Clone(e.names) {
		value, ok := r.value(e.get(name), before, name == databaseURL)
		if ok {
			e.set(name, value)
			rewritten = append(rewritten, name)
		} else if name == databaseURL && e.get(name) != "" {
			return nil, nil, fmt.Errorf("redirect environment: %s is not a PostgreSQL "+
				"connection string", name)
		}
	}
	rewritten = append(rewritten, r.libpqVariables(&e)...)
	slices.Sort(rewritten)
	return e.list(), rewritten, nil
}

// Args rewrites connection strings among a command's arguments, whole
// ("postgres://..."), behind an option ("--database=postgres://..."), or, where
// they are a variable's value, anywhere in a longer text such as a line for
// sh -c; and counts the arguments. The shell has expanded "$DATABASE_URL" to the
// original value before migguard saw the words. list is the environment before
// [Redirect.Env], whose PG* variables fill the parts a connection string leaves
// out.
func (r Redirect) Args(args, list []string) (rewritten []string, count int) {
	e := parseEnviron(list)
	values := r.values(e)
	rewritten = slices.Clone(args)
	for i, arg := range args {
		if text := values.Replace(arg); text != arg {
			rewritten[i] = text
			count++
			continue
		}
		option := ""
		if name, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(name, "-") {
			option, arg = name+"=", value
		}
		if value, ok := r.value(arg, e, false); ok {
			rewritten[i] = option + value
			count++
		}
	}
	return rewritten, count
}

// values replaces the values of variables that Env rewrites, the longest first:
// one may begin with another.
func (r Redirect) values(e environ) *strings.Replacer {
	names := slices.Clone(e.names)
	slices.SortStableFunc(names, func(a, b string) int { return len(e.get(b)) - len(e.get(a)) })
	var pairs []string
	for _, name := range names {
		if value, ok := r.value(e.get(name), e, name == databaseURL); ok {
			pairs = append(pairs, e.get(name), value)
		}
	}
	return strings.NewReplacer(pairs...)
}

// URL is the guard's address for the first target, for a client that runs in
// this process: over loopback to itself it needs no TLS.
func (r Redirect) URL() string {
	return urlString{scheme: "postgres", params: []string{"sslmode=disable"}}.
		redirect(r, endpoint{user: r.User, database: r.Targets[0].Database})
}

// value rewrites one connection string. ok is false if it is none, or points
// elsewhere and always is not asked for.
func (r Redirect) value(text string, env environ, always bool) (_ string, ok bool) {
	c, ok := parseConnString(text)
	if !ok {
		return "", false
	}
	at := c.endpoint(env)
	if !r.guards(at) {
		if !always {
			return "", false
		}
		at.database = r.Targets[0].Database
	}
	if at.user == "" {
		at.user = r.User
	}
	return c.redirect(r, at), true
}

// guards reports whether a connection to one of the hosts may reach a target.
// An unknown database may be any.
func (r Redirect) guards(at endpoint) bool {
	for _, t := range r.Targets {
		if at.database != "" && at.database != t.Database {
			continue
		}
		if slices.ContainsFunc(at.hosts, t.isAt) {
			return true
		}
	}
	return false
}

// address is the guard's host:port.
func (r Redirect) address() string {
	return net.JoinHostPort(r.Host, r.port())
}

func (r Redirect) port() string { return strconv.Itoa(int(r.Port)) }
