package runner

import "cmp"

// brokenByGuard are libpq's variables that ask for something the guard can't
// give; they hold for URLs too. The guard's certificate has no revocation list,
// and its password check is SCRAM without channel binding over TLS that begins
// with an SSLRequest. (PGSSLCERT and PGSSLKEY are harmless: the guard asks for
// no client certificate.) Source: libpq's connection parameters, PostgreSQL 18.
var brokenByGuard = []string{
	"PGCHANNELBINDING",
	"PGGSSENCMODE",
	"PGREQUIREAUTH",
	"PGSSLCERTMODE",
	"PGSSLCRL",
	"PGSSLCRLDIR",
	"PGSSLNEGOTIATION",
}

// libpqVariables points the PG* variables at the guard if they lead to a target
// and returns the names it set for that.
func (r Redirect) libpqVariables(e *environ) []string {
	for _, name := range brokenByGuard {
		e.remove(name)
	}
	if r.CAFile != "" {
		e.set("PGSSLROOTCERT", r.CAFile)
		e.set("NODE_EXTRA_CA_CERTS", r.CAFile)
	}
	guarded := r.guards(libpqEndpoint(*e))
	if addr := e.get("PGHOSTADDR"); addr != "" {
		// It would win over PGHOST, and over the host of a rewritten URL.
		e.remove("PGHOSTADDR")
		e.set("PGHOST", cmp.Or(e.get("PGHOST"), addr))
	}
	if !guarded {
		return nil
	}
	e.set("PGHOST", r.Host)
	e.set("PGPORT", r.port())
	e.set("PGPASSWORD", r.Password)
	names := []string{"PGHOST", "PGPASSWORD", "PGPORT"}
	if e.get("PGUSER") == "" && r.User != "" {
		e.set("PGUSER", r.User)
		names = append(names, "PGUSER")
	}
	return names
}

// libpqEndpoint is where a client connects that is told nothing but the
// environment. It has no hosts if no variable names a place. Without PGDATABASE
// the database is unknown: a client that takes its host from the environment
// may well name the database itself.
func libpqEndpoint(e environ) endpoint {
	host, addr, port := e.get("PGHOST"), e.get("PGHOSTADDR"), e.get("PGPORT")
	database := e.get("PGDATABASE")
	if host == "" && addr == "" && port == "" && database == "" {
		return endpoint{}
	}
	at := endpoint{database: database, user: e.get("PGUSER")}
	if addr != "" {
		at.hosts = append(at.hosts, splitHosts(addr, port)...)
	}
	if host != "" || addr == "" {
		at.hosts = append(at.hosts, splitHosts(host, port)...)
	}
	return at
}
