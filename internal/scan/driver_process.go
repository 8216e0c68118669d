package scan

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// pythonPrograms are programs of Python's packages that run an application's code, and
// those that only start another.
var (
	pythonPrograms = []string{"python", "python3", "gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve", "uwsgi", "flask", "django-admin",
		"celery", "rq", "rqworker", "dramatiq", "huey_consumer", "huey_consumer.py", "streamlit", "granian", "fastapi"}
	starters = []string{"exec", "newrelic-admin", "run-program", "ddtrace-run", "opentelemetry-instrument", "bin/start-pgbouncer", "bin/start-pgbouncer-stunnel", "pipenv", "poetry", "uv", "run"}
)

var (
	processType = found.Expression(`^([A-Za-z0-9_-]+):\s*(.+)$`)
	operators   = found.Expression(`&&|\|\||[;|&]`)
	assignment  = found.Expression(`^[A-Za-z_][A-Za-z0-9_]*=\S*$`)
)

// processes notes what a Procfile starts that is not known to be Python: a program may
// come from a buildpack, and talk to the database in a way of its own.
func (s *scan) processes() {
	unknown := func(why string, at contract.Evidence) {
		s.drivers = append(s.drivers, contract.Driver{Prepares: contract.Unknown, Why: why, At: at})
	}
	if _, err := os.Lstat(filepath.Join(s.root, "heroku.yml")); !os.IsNotExist(err) {
		unknown("may start programs that are not of Python", contract.Evidence{File: "heroku.yml"})
	}
	src, err := s.rootFile("Procfile")
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		unknown("file was not read: "+err.Error(), contract.Evidence{File: "Procfile"})
		return
	}
	at := 0
	for line := range strings.Lines(string(src)) {
		begin := at
		at += len(line)
		m := processType().FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || m[1] == "release" { // which has ended when others run
			continue
		}
		for _, command := range operators().Split(m[2], -1) {
			if !startsPython(strings.Fields(command)) {
				unknown("starts a program that is not known to be of Python", lineAt("Procfile", src, begin))
				break
			}
		}
	}
}

func startsPython(words []string) bool {
	for len(words) > 0 && (slices.Contains(starters, words[0]) || assignment().MatchString(words[0])) {
		words = words[1:]
	}
	return len(words) == 0 || slices.Contains(pythonPrograms, words[0]) || path.Ext(words[0]) == ".py"
}
