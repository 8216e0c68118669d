package scan

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// maxList is the longest list of packages that is read, in bytes.
const maxList = 16 << 20

// installed is where Heroku's buildpack for Python has put packages, if it came before.
const installed = ".heroku/python/lib/python3*/site-packages/*-info"

// A packageList is a file that names packages with all that these need in their turn.
type packageList struct {
	file string
	// names are at which offsets; ok says that none is missing.
	names func(src []byte) (names map[string]int, ok bool)
}

var packageLists = []packageList{
	{"Pipfile.lock", pipfile},
	{"poetry.lock", tomlPackages},
	{"uv.lock", tomlPackages},
	{"pdm.lock", tomlPackages},
	{"requirements.txt", requirements},
}

// neverPrepares are drivers that send all SQL as it is (PQexec), and have no call to
// prepare any. Measured with psycopg2 2.9 under Django 3.2 and SQLAlchemy 1.4.
var neverPrepares = []string{"psycopg2", "psycopg2-binary"}

// doesPrepare are drivers that prepare by themselves, unless they are told not to.
var doesPrepare = []string{"psycopg", "psycopg-binary", "psycopg-c", "asyncpg"}

// mayDrive matches names of packages that may be drivers, or prepare by SQL.
var mayDrive = found.Expression(`pg|psql|postgres|libpq|odbc|jdbc|jaydebe|jpype|prisma|adbc|connectorx|duckdb|pyspark|edgedb|^gel$|prepare`)

// noDriver are packages with such names that use a driver of the list.
var noDriver = []string{"pgvector"}

// pythonDrivers notes which drivers the packages of Python have among them. Only what
// is installed, or a list with all of it, tells that there is no other: Django takes
// psycopg 3 where some package has brought it along.
func (s *scan) pythonDrivers() {
	whole, some := false, false
	if names := s.installed(); len(names) > 0 {
		whole = true
		for name, at := range names {
			s.pythonPackage(name, at)
		}
	}
	for _, list := range packageLists {
		src, err := s.rootFile(list.file)
		if os.IsNotExist(err) {
			continue
		}
		some = true
		if err != nil {
			s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Unknown, Why: "file was not read: " + err.Error(), At: contract.Evidence{File: list.file}})
			continue
		}
		names, ok := list.names(src)
		for name, at := range names {
			s.pythonPackage(name, lineAt(list.file, src, at))
		}
		if !ok && !whole {
			s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Unknown, Why: "does not name what its packages bring along, which may be another driver", At: contract.Evidence{File: list.file}})
		}
	}
	if !whole && !some {
		s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Unknown, Why: "no list of packages of Python was found", At: s.languages["Python"]})
	}
}

// pythonPackage notes a package that is a driver, or may be.
func (s *scan) pythonPackage(name string, at contract.Evidence) {
	at.Text = ""
	switch {
	case slices.Contains(neverPrepares, name):
		s.drivers = append(s.drivers, contract.Driver{Prepares: contract.No, Why: "uses " + name + ", which never prepares by itself", At: at})
	case slices.Contains(doesPrepare, name):
		s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Yes, Why: "has " + name + ", which prepares unless it is told not to", At: at})
	case mayDrive().MatchString(name) && !slices.Contains(noDriver, name):
		s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Unknown, Why: "has " + name + ", which may prepare", At: at})
	}
}

// rootFile reads a file that stands at the top.
func (s *scan) rootFile(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(s.root, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err == nil && len(src) > maxList {
		err = fmt.Errorf("it is longer than %d MB", maxList>>20)
	}
	return src, err
}

// installed lists the packages that are in the build, with their folders.
func (s *scan) installed() map[string]contract.Evidence {
	found, err := fs.Glob(os.DirFS(s.root), installed)
	if err != nil {
		return nil
	}
	names := make(map[string]contract.Evidence)
	for _, folder := range found {
		name, _, _ := strings.Cut(path.Base(folder), "-") // NAME-VERSION.dist-info
		names[normalName(name)] = contract.Evidence{File: folder}
	}
	return names
}

var separators = found.Expression(`[-_.]+`)

// normalName is a package's name as indexes compare it (PEP 503).
func normalName(name string) string { return separators().ReplaceAllString(strings.ToLower(name), "-") }

func pipfile(src []byte) (map[string]int, bool) {
	var lock struct {
		Default map[string]json.RawMessage `json:"default"`
	}
	err := json.Unmarshal(src, &lock)
	names := make(map[string]int)
	for name := range lock.Default {
		names[normalName(name)] = max(0, strings.Index(string(src), `"`+name+`":`))
	}
	return names, err == nil && len(names) > 0
}

var tomlName = found.Expression(`(?m)^name = "([^"]+)"`)

func tomlPackages(src []byte) (map[string]int, bool) {
	names := make(map[string]int)
	for _, m := range tomlName().FindAllSubmatchIndex(src, -1) {
		names[normalName(string(src[m[2]:m[3]]))] = m[0]
	}
	return names, len(names) > 0
}

var (
	requirement = found.Expression(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(==|.?)`)
	// generated says that a tool has made the list of what it had resolved.
	generated = found.Expression(`(?im)^#\s*this file (?:is|was) autogenerated by (?:pip-compile|uv)\b`)
)

// requirements lists what pip is to install. pip refuses what is not in the list if
// one of it has a hash.
func requirements(src []byte) (map[string]int, bool) {
	names := make(map[string]int)
	pinned, hashed, at := true, false, 0
	for line := range strings.Lines(string(src)) {
		begin := at
		at += len(line)
		line = strings.TrimSpace(line)
		hashed = hashed || strings.Contains(line, "--hash=")
		switch m := requirement().FindStringSubmatch(line); {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "--hash=") || indexOption().MatchString(line):
		case m == nil:
			pinned = false // another file, a folder, a repository
		default:
			names[normalName(m[1])] = begin
			pinned = pinned && m[2] == "=="
		}
	}
	return names, pinned && len(names) > 0 && (hashed || generated().Match(src))
}

// indexOption are lines that only say where packages come from.
var indexOption = found.Expression(`^(?:-i|--index-url|--extra-index-url|--trusted-host|--no-binary|--only-binary|--prefer-binary|--pre)\b`)
