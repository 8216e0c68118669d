package runner

import (
	"cmp"
	"strings"
)

// dsnString is libpq's key=value form: host=h dbname='my db' ...
type dsnString []pair

type pair struct{ key, value string }

// parseDSN reads the form as libpq's conninfo_parse does. Text without an
// address or database is not taken for a connection string, nor one that names
// a service, whose file is not read.
func parseDSN(text string) (dsnString, bool) {
	var d dsnString
	for text = trimBlank(text); text != ""; text = trimBlank(text) {
		key, rest, ok := strings.Cut(text, "=")
		key = strings.TrimRight(key, blanks)
		if !ok || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return nil, false
		}
		value, rest, ok := dsnValue(trimBlank(rest))
		if !ok {
			return nil, false
		}
		d, text = append(d, pair{key, value}), rest
	}
	named := d.get("host") + d.get("hostaddr") + d.get("dbname")
	return d, named != "" && d.get("service") == ""
}

const blanks = " \t\n\v\f\r"

func trimBlank(s string) string { return strings.TrimLeft(s, blanks) }

// dsnValue reads one value, bare or in single quotes, where a backslash makes
// the next character an ordinary one.
func dsnValue(text string) (value, rest string, ok bool) {
	quoted := strings.HasPrefix(text, "'")
	if quoted {
		text = text[1:]
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '\\':
		case quoted && c == '\'':
			return b.String(), text[i+1:], true
		case !quoted && strings.IndexByte(blanks, c) >= 0:
			return b.String(), text[i:], true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", !quoted
}

// get returns the last value of a key.
func (d dsnString) get(key string) (value string) {
	for _, p := range d {
		if p.key == key {
			value = p.value
		}
	}
	return value
}

func (d dsnString) endpoint(env environ) endpoint {
	at := libpqDefaults(d.get("user"), d.get("dbname"), env)
	port := cmp.Or(d.get("port"), env.get("PGPORT"))
	at.hosts = splitHosts(cmp.Or(d.get("host"), env.get("PGHOST")), port)
	if addr := cmp.Or(d.get("hostaddr"), env.get("PGHOSTADDR")); addr != "" {
		at.hosts = append(at.hosts, splitHosts(addr, port)...)
	}
	return at
}

func (d dsnString) redirect(r Redirect, at endpoint) string {
	pairs := []pair{
		{"host", r.Host}, {"port", r.port()},
		{"user", at.user}, {"password", r.Password}, {"dbname", at.database},
	}
	for _, p := range d {
		if !dropped(p.key) && p.key != "user" && p.key != "dbname" {
			pairs = append(pairs, p)
		}
	}
	var words []string
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, p := range pairs {
		if p.value != "" {
			words = append(words, p.key+"='"+quote.Replace(p.value)+"'")
		}
	}
	return strings.Join(words, " ")
}
