package runner

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// urlString is a connection string in URL form. It is taken apart by hand since
// net/url refuses what clients accept: several hosts, and characters in a
// password that should have been escaped.
type urlString struct {
	scheme   string // with JDBC's "jdbc:" and SQLAlchemy's "+driver"
	user     string // decoded
	hosts    string // host:port,host:port, decoded
	database string // decoded
	params   []string
	fragment string // with its "#"
}

var schemePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.:-]*$`)

// postgresSchemes are the names clients have for PostgreSQL; only these have a
// default port. A URL of another scheme is known by its host, port and database.
var postgresSchemes = []string{
	"postgres", "postgresql", "ecto", "pgsql", "pgx", "pgx4", "pgx5", "postgis", "psql",
}

func parseURL(text string) (urlString, bool) {
	if rest, ok := strings.CutPrefix(text, "jdbc:postgresql:"); ok && !strings.HasPrefix(rest, "//") {
		// pgjdbc's short form, jdbc:postgresql:database, means localhost.
		text = "jdbc:postgresql:///" + strings.TrimPrefix(rest, "/")
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || !schemePattern.MatchString(scheme) {
		return urlString{}, false
	}
	u := urlString{scheme: scheme}
	authority := rest[:authorityEnd(rest)]
	rest = rest[len(authority):]
	hosts := authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		hosts = authority[at+1:]
		user, _, _ := strings.Cut(authority[:at], ":")
		u.user = unescape(user)
	}
	u.hosts = unescape(hosts)
	if hash := strings.IndexByte(rest, '#'); hash >= 0 {
		rest, u.fragment = rest[:hash], rest[hash:]
	}
	database, query, _ := strings.Cut(rest, "?")
	u.database = unescape(strings.TrimPrefix(database, "/"))
	if query != "" {
		u.params = strings.Split(query, "&")
	}
	return u, u.isPostgres() || u.database != ""
}

// authorityEnd returns where user, password and hosts end. That is at the first
// of "/?#", unless what stands there is no list of hosts while an "@" follows:
// then "?" or "#" belong to a password nobody escaped, which libpq allows.
func authorityEnd(rest string) int {
	end := strings.IndexAny(rest+"/", "/?#")
	slash := strings.IndexByte(rest+"/", '/')
	if strings.Contains(rest[:end], "@") || !strings.Contains(rest[end:slash], "@") {
		return end
	}
	if _, port, ok := strings.Cut(rest[:end], ":"); ok && strings.Trim(port, "0123456789") != "" {
		return slash
	}
	return end
}

func (u urlString) isPostgres() bool {
	name := u.scheme[strings.LastIndexByte(u.scheme, ':')+1:]
	name, _, _ = strings.Cut(name, "+")
	return slices.Contains(postgresSchemes, strings.ToLower(name))
}

func (u urlString) isJDBC() bool {
	return strings.HasPrefix(strings.ToLower(u.scheme), "jdbc:")
}

// param returns the last value of a parameter: clients that take parts of the
// address from the query let it win over the rest of the URL.
func (u urlString) param(name string) string {
	for _, p := range slices.Backward(u.params) {
		if key, value, _ := strings.Cut(p, "="); unescape(key) == name {
			return unescape(value)
		}
	}
	return ""
}

func (u urlString) endpoint(env environ) endpoint {
	if u.isJDBC() {
		env = environ{} // pgjdbc reads no PG* variables
	}
	at := libpqDefaults(
		cmp.Or(u.param("user"), u.user), cmp.Or(u.param("dbname"), u.database), env)
	if !u.isPostgres() {
		if p := splitPort(u.hosts); p.host != "" && p.port != "" {
			at.hosts = []hostPort{p}
		}
		return at
	}
	port := cmp.Or(u.param("port"), env.get("PGPORT"))
	host := cmp.Or(u.param("host"), u.hosts, env.get("PGHOST"))
	at.hosts = splitHosts(host, port)
	if addr := cmp.Or(u.param("hostaddr"), env.get("PGHOSTADDR")); addr != "" {
		at.hosts = append(at.hosts, splitHosts(addr, port)...)
	}
	if port := u.param("port"); port != "" { // libpq lets it win over the host's
		for _, p := range at.hosts {
			at.hosts = append(at.hosts, hostPort{p.host, port})
		}
	}
	return at
}

// redirect writes user and password where the client looks for them: before the
// host, and for JDBC, which knows no such place, among the parameters.
func (u urlString) redirect(r Redirect, at endpoint) string {
	var params []string
	for _, p := range u.params {
		key, _, _ := strings.Cut(p, "=")
		key = unescape(key)
		if dropped(key) || !u.isJDBC() && (key == "user" || key == "dbname") {
			continue
		}
		params = append(params, p)
	}
	credentials := escape(at.user) + ":" + escape(r.Password) + "@"
	if u.isJDBC() {
		credentials = ""
		params = append(params, "password="+escape(r.Password))
	}
	text := u.scheme + "://" + credentials + r.address() + "/" + escape(at.database)
	if len(params) > 0 {
		text += "?" + strings.Join(params, "&")
	}
	return text + u.fragment
}

// escape percent-encodes all but RFC 3986's unreserved characters, so that the
// result stands in any part of a URL.
func escape(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
		}
	}
	return b.String()
}

// unescape decodes percent-encoding; a "%" without two digits stands for
// itself, as node's pg takes it. "+" is no blank: libpq does not read it so.
func unescape(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, low := unhex(text[i+1]), unhex(text[i+2])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}
