package runner

import (
	"cmp"
	"net/netip"
	"path"
	"strconv"
	"strings"
)

const defaultPort = "5432"

// connString is a connection string taken apart. It is implemented by the URL
// and the key=value form.
type connString interface {
	// endpoint says where it leads; env fills what it leaves out.
	endpoint(env environ) endpoint
	// redirect writes it again with the guard's address and password and the
	// user and database of at. Parameters are kept but those of
	// [dropped].
	redirect(r Redirect, at endpoint) string
}

// parseConnString reports false for text that is no connection string.
func parseConnString(text string) (connString, bool) {
	text = strings.TrimSpace(text)
	if u, ok := parseURL(text); ok {
		return u, true
	}
	if d, ok := parseDSN(text); ok {
		return d, true
	}
	return nil, false
}

// endpoint is where a connection string leads; empty parts are unknown.
type endpoint struct {
	hosts          []hostPort
	user, database string
}

// hostPort is one place to connect to. An empty host is the client's default:
// the Unix socket, or localhost.
type hostPort struct{ host, port string }

// dropped reports whether a parameter can't hold for the guard: what replaces
// the address and the password, what belongs to the server's certificate, and
// what the guard can't do (see brokenByGuard). JDBC spells channel_binding
// channelBinding; the comparison is blind to that.
func dropped(key string) bool {
	switch strings.ReplaceAll(strings.ToLower(key), "_", "") {
	case "host", "hostaddr", "port", "password",
		"sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir",
		"sslcertmode", "sslnegotiation",
		"channelbinding", "gssencmode", "requireauth":
		return true
	}
	return false
}

// libpqDefaults fills what is missing as libpq does: from the environment, then
// port 5432 and the user's name for the database.
func libpqDefaults(user, database string, env environ) endpoint {
	user = cmp.Or(user, env.get("PGUSER"))
	return endpoint{user: user, database: cmp.Or(database, env.get("PGDATABASE"), user)}
}

// splitHosts pairs a list of hosts, each with or without a port, with a list of
// ports; a single port is for every host that names none.
func splitHosts(hosts, ports string) []hostPort {
	portList := strings.Split(ports, ",")
	var list []hostPort
	for i, host := range strings.Split(hosts, ",") {
		p := splitPort(host)
		switch {
		case p.port != "":
		case len(portList) == 1:
			p.port = portList[0]
		case i < len(portList):
			p.port = portList[i]
		}
		p.port = cmp.Or(p.port, defaultPort)
		list = append(list, p)
	}
	return list
}

// splitPort splits "host:port" and "[::1]:port"; an address of IPv6 without
// brackets has no port.
func splitPort(text string) hostPort {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		host, port, _ := strings.Cut(rest, "]")
		return hostPort{host, strings.TrimPrefix(port, ":")}
	}
	host, port, ok := strings.Cut(text, ":")
	if ok && strings.Contains(port, ":") {
		return hostPort{host: text}
	}
	return hostPort{host, port}
}

// isAt reports whether the place is the target's server, by name.
func (t Target) isAt(p hostPort) bool {
	port, err := strconv.ParseUint(p.port, 10, 16)
	return err == nil && uint16(port) == t.Port && sameHost(p.host, t.Host)
}

// sameHost compares two hosts without resolving them. All that means "this
// machine" is one host, a socket included: one port is one server there, unless
// both name a socket folder.
func sameHost(a, b string) bool {
	a, b = canonicalHost(a), canonicalHost(b)
	if a == b {
		return true
	}
	aSocket, bSocket := strings.HasPrefix(a, "/"), strings.HasPrefix(b, "/")
	return aSocket && b == "localhost" || bSocket && a == "localhost"
}

func canonicalHost(host string) string {
	if strings.HasPrefix(host, "/") {
		return path.Clean(host)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap()
		if addr.IsLoopback() {
			return "localhost"
		}
		return addr.String()
	}
	return cmp.Or(host, "localhost")
}
