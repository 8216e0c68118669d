package scan

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// settings is the language of files that hold no code but settings. They are read
// for search paths only.
const settings = "settings"

// settingsEnds and settingsNames are such files, by the ends of their names and
// by the names; of JSON files, which may be anything, by their names or folder.
var (
	settingsEnds  = []string{".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".env", ".edn", ".gradle"}
	settingsNames = []string{"Procfile", "Gemfile", "Gemfile.lock", "Pipfile", "requirements.txt", "pom.xml", ".profile"}
)

func isSettings(at string) bool {
	base := path.Base(at)
	end := strings.ToLower(path.Ext(base))
	return slices.Contains(settingsEnds, end) || slices.Contains(settingsNames, base) || strings.HasPrefix(base, ".env") ||
		end == ".json" && (strings.Contains(base, "config") || path.Base(path.Dir(at)) == "config")
}

// A pathRule is how a search path is chosen, or the environment's is not heard.
type pathRule struct {
	why string
	// words are those of which one is in each match.
	words []string
	// at finds it in text of lower case.
	at func() *regexp.Regexp
	// in are the languages in which it means that; none: all.
	in []string
}

// Drivers that take no notice of PGOPTIONS, from their sources: they read other
// variables of libpq's, or none.
const deaf = "uses a driver that takes no notice of PGOPTIONS: "

var pathRules = []pathRule{
	{"sets schema_search_path", []string{"schema_search_path"}, found.Expression(`\bschema_search_path\b`), nil},
	// In Ruby's views and controllers search_path is where a search form leads to.
	{"sets search_path", []string{"search_path"}, found.Expression(`(?:\bset\s+(?:local\s+|session\s+)?|['":]|-c\s*)search_path\b|\bsearch_path(?::|\s*(?:\+=|=>|=[^=~]|\bto\b))`),
		[]string{"Ruby", "HAML", "Slim"}},
	{"names search_path", []string{"search_path"}, found.Expression(`\bsearch_path`), notRuby},
	{"names a search path", []string{"searchpath", "search path", "search-path"}, found.Expression(`\bsearchpath\b|["';]\s*search path\s*=|\bsearch-path\b`), notRuby},
	{"sets currentSchema", []string{"currentschema"}, found.Expression(`currentschema`), nil},
	{"names PGOPTIONS", []string{"pgoptions"}, found.Expression(`\bpgoptions\b`), nil},
	{"uses Apartment, which sets search_path", []string{"apartment"}, found.Expression(`\bapartment::|\bgem\s+['"](?:ros-)?apartment['"]|^\s+(?:ros-)?apartment \(`), []string{"Ruby", settings}},
	{"uses schemas of tenants", []string{"django_tenant", "django-tenant", "tenant_schemas"}, found.Expression(`\bdjango[_-]tenants?\b|\btenant_schemas\b|\bdjango[_-]tenant[_-]schemas\b`), nil},
	{deaf + "asyncpg", []string{"asyncpg"}, found.Expression(`\basyncpg\b`), []string{"Python", settings}},
	{deaf + "pg8000", []string{"pg8000"}, found.Expression(`\bpg8000\b`), []string{"Python", settings}},
	{deaf + "JDBC", []string{"jdbc:postgresql", "org.postgresql"}, found.Expression(`\bjdbc:postgresql\b|\borg\.postgresql\b`), nil},
	{deaf + "Postgrex", []string{"postgrex"}, found.Expression(`\bpostgrex\b`), []string{"Elixir"}},
	{deaf + "postgres.js", []string{`"postgres"`, "'postgres'"}, found.Expression(`(?:\bfrom|\brequire\s*\()\s*['"]postgres['"]|"postgres"\s*:\s*"[~^]?[0-9]`), []string{"JavaScript", "TypeScript", settings}},
	{deaf + "Prisma", []string{"prisma"}, found.Expression(`@prisma/client|\bprovider\s*=\s*"postgresql"`), []string{"JavaScript", "TypeScript", "Prisma", settings}},
	{deaf + "tokio-postgres", []string{"tokio_postgres", "tokio-postgres"}, found.Expression(`\btokio[_-]postgres\b`), []string{"Rust", settings}},
}

// notRuby is every language but those with Rails' helpers.
var notRuby = func() []string {
	all := []string{settings, "script"}
	for _, language := range languages {
		if language != "Ruby" && language != "HAML" && language != "Slim" && !slices.Contains(all, language) {
			all = append(all, language)
		}
	}
	return all
}()

// pathWords are the words of each rule.
var pathWords = func() *found.Sought {
	var groups [][]string
	for _, rule := range pathRules {
		groups = append(groups, rule.words)
	}
	return found.NewSought("", groups...)
}()

// paths notes where a file may choose a search path: each rule's first place.
func (s *scan) paths(file source, src []byte) {
	in := pathWords.In(src)
	if in == 0 {
		return
	}
	text, language := bytes.ToLower(src), file.language
	if language == packages {
		language = settings
	}
	for i, rule := range pathRules {
		if in&(1<<i) == 0 || rule.in != nil && !slices.Contains(rule.in, language) {
			continue
		}
		for _, at := range rule.at().FindAllIndex(text, -1) {
			begin := bytes.LastIndexByte(text[:at[0]], '\n') + 1
			line := text[begin:at[0]]
			if comment(line, language) {
				continue
			}
			end := len(text)
			if n := bytes.IndexByte(text[at[1]:], '\n'); n >= 0 {
				end = at[1] + n
			}
			shown := ""
			if len(text) == len(src) { // lower case can be longer
				shown = strings.TrimSpace(string(src[begin:end]))
			}
			s.choosesPath(contract.PathPlace{Why: rule.why, At: contract.Evidence{
				File: file.path, Line: 1 + bytes.Count(text[:at[0]], []byte("\n")), Text: masked(shown)}})
			break
		}
	}
}

// comment tells a line that is one from its beginning: Rails' own database.yml
// explains schema_search_path in such lines.
func comment(line []byte, language string) bool {
	line = bytes.TrimLeft(line, " \t")
	switch language {
	case "Ruby", "Python", "shell", "script", "Elixir", "Perl", settings:
		return bytes.HasPrefix(line, []byte("#")) && !bytes.HasPrefix(line, []byte("#{"))
	case "SQL":
		return bytes.HasPrefix(line, []byte("--"))
	}
	return bytes.HasPrefix(line, []byte("//"))
}

// masked takes out what may be a password: the text goes into the slug and the
// ledger.
func masked(line string) string { return password().ReplaceAllString(line, "$1…") }

var password = found.Expression(`(?i)(://[^:/@\s]*:|passw(?:or)?d['"]?\s*[:=]+>?\s*)[^\s@]+`)

func (s *scan) choosesPath(p contract.PathPlace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen = append(s.chosen, p)
}
