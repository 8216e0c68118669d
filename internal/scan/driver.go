package scan

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// A driverRule is how source shows that its sessions may have prepared statements.
type driverRule struct {
	why      string
	prepares contract.Verdict
	// words, at and in are as a pathRule's.
	words []string
	at    func() *regexp.Regexp
	in    []string
}

// driverRules need no proof of what code does: a word in a comment is enough for an
// Unknown, which changes nothing. pgx has done it since its version 4.
var driverRules = []driverRule{
	// In capitals it is SQL wherever it stands; else where a text begins with it, or AS follows.
	{"has SQL with PREPARE", contract.Unknown, []string{"prepare"},
		found.Expression(`\bPREPARE\b|(?i)\bprepare\s+\S+\s*(?:\([^)]*\)\s*)?as\b|(?i)["'` + "`" + `;]\s*prepare[\s"'` + "`" + `]`), nil},
	{"calls libpq itself", contract.Unknown, []string{"libpq", "pqprepare"}, found.Expression(`(?i)\blibpq\b|pqprepare`), nil},
	{"names a driver that may prepare", contract.Unknown, []string{"psycopg", "asyncpg", "pg8000", "pygresql", "pgdb"},
		found.Expression(`(?i)\bpsycopg\b|\bpsycopg2cffi\b|asyncpg|pg8000|pygresql|\bpgdb\b`), []string{"Python"}},
	{"uses pgx, which prepares what it sends unless it is told not to", contract.Yes, []string{"jackc/pgx/"},
		found.Expression(`"github\.com/jackc/pgx/v\d+(?:/pgxpool|/stdlib)?"`), []string{"Go"}},
}

// driverWords are the words of each rule.
var driverWords = sync.OnceValue(func() *found.Sought {
	var groups [][]string
	for _, rule := range driverRules {
		groups = append(groups, rule.words)
	}
	return found.NewSought("", groups...)
})

// prepares notes what a file shows of prepared statements: each rule's first place.
func (s *scan) prepares(file source, src []byte) {
	if file.language == "shell" && !shellScript().Match(src) {
		s.mu.Lock()
		s.strange = true
		s.mu.Unlock()
		s.drives(contract.Driver{Prepares: contract.Unknown, Why: "a script is of a language that is not known", At: contract.Evidence{File: file.path, Line: 1}})
	}
	in := driverWords().In(src)
	for i, rule := range driverRules {
		if in&(1<<i) == 0 || rule.in != nil && !slices.Contains(rule.in, file.language) {
			continue
		}
		if at := rule.at().FindIndex(src); at != nil {
			s.drives(contract.Driver{Prepares: rule.prepares, Why: rule.why, At: lineAt(file.path, src, at[0])})
		}
	}
}

// shellScript is a script whose first line says so, or says nothing.
var shellScript = found.Expression(`\A(?:[^#]|#[^!]|#?\z|#!\s*\S*(?:/|/env )(?:ba|da|z)?sh\b)`)

// lineAt is the place of what stands at an offset of a file, with its line.
func lineAt(path string, src []byte, at int) contract.Evidence {
	begin := bytes.LastIndexByte(src[:at], '\n') + 1
	line, _, _ := bytes.Cut(src[begin:], []byte("\n"))
	return contract.Evidence{File: path, Line: 1 + bytes.Count(src[:at], []byte("\n")), Text: masked(strings.TrimSpace(string(line)))}
}

func (s *scan) drives(d contract.Driver) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drivers = append(s.drivers, d)
}

// resolveDrivers tells, when all files were read, what is known of the drivers of all
// code, and whether that is enough to say that nothing prepares.
//
// It is for Python only: there a list of packages tells which drivers there are, and
// psycopg2 has no way to prepare but SQL. The drivers of other languages have one that
// their libraries may use.
func (s *scan) resolveDrivers() (all []contract.Driver, unprepared bool) {
	for _, language := range slices.Sorted(keys(s.languages)) {
		switch language {
		case "Python", "SQL", "shell":
		case "JavaScript", "TypeScript", "Vue", "Svelte", "Astro":
			if !s.packaged { // nothing installs libraries: it is for browsers
				continue
			}
			fallthrough
		default:
			s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Unknown, At: s.languages[language],
				Why: "what drivers of " + language + " prepare is not known"})
		}
	}
	if _, is := s.languages["Python"]; is {
		s.pythonDrivers()
		s.processes()
	}
	none := func(d contract.Driver) bool { return d.Prepares == contract.No }
	others := func(d contract.Driver) bool { return !none(d) }
	return s.drivers, slices.ContainsFunc(s.drivers, none) && !slices.ContainsFunc(s.drivers, others)
}
