package oldcode

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

//go:embed testdata/schema.sql testdata/orm/schema.sql
var files embed.FS

// Schema is SQL that makes the tables of all applications of Names, in an empty database.
func Schema() string { return embedded("testdata/schema.sql") }

func embedded(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// Names are those of the applications.
var Names = []string{"rails", "django", "sqlalchemy", "node", "go"}

// A Process is an application that runs. It is not safe for concurrent use.
type Process struct {
	Name  string
	in    io.Writer
	out   *bufio.Reader
	round int
}

// folder is that of an application, with its driver.
func folder(name string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "testdata", name)
}

// Source is the folder that holds the source of an application, and nothing else.
func Source(name string) string { return filepath.Join(folder(name), "app") }

// command is how an application is started.
func command(t testing.TB, name string) *exec.Cmd {
	t.Helper()
	dir := folder(name)
	var cmd *exec.Cmd
	switch name {
	case "rails":
		cmd = exec.CommandContext(t.Context(), "ruby", "driver.rb")
	case "django", "sqlalchemy":
		cmd = python(t, "app")
	case "node":
		cmd = node(t, "npm")
	case "go":
		program := filepath.Join(t.TempDir(), "oldcode")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
		build.Dir = dir
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build the application: %v\n%s", err, out)
		}
		cmd = exec.CommandContext(t.Context(), program)
	default:
		t.Fatalf("no application %q", name)
	}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), cmd.Env...)
	return cmd
}

// python starts a driver with Debian's own Python, for Debian's packages.
func python(t testing.TB, path string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-B", "-W", "ignore", "driver.py")
	cmd.Env = []string{"PYTHONPATH=" + path}
	return cmd
}

// node starts a driver with the packages in a folder of the cache.
func node(t testing.TB, packages string, args ...string) *exec.Cmd {
	t.Helper()
	cache, err := pgtest.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"driver.js"}, args...)...)
	cmd.Env = []string{"NODE_PATH=" + filepath.Join(cache, packages, "node_modules")}
	return cmd
}

// Start starts an application, which ends with the test. env are variables that its
// environment has besides, as NAME=value.
func Start(t testing.TB, name string, env ...string) *Process {
	t.Helper()
	cmd := command(t, name)
	cmd.Env = append(cmd.Env, env...)
	in, out := Speak(t, cmd)
	return &Process{Name: name, in: in, out: out}
}

// Speak starts a command that is told what to do in lines, and answers in lines. It
// ends with the test.
func Speak(t testing.TB, cmd *exec.Cmd) (io.Writer, *bufio.Reader) {
	t.Helper()
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	return in, bufio.NewReader(out)
}

// Open connects to a database with Schema and does the first round, in which
// nothing may fail.
func (p *Process) Open(t testing.TB, url string) {
	t.Helper()
	p.round = 0
	p.do(t, "open "+url)
	for _, o := range p.Act(t) {
		if o.Error != "" {
			t.Fatalf("%s: %s: %s", p.Name, o.Action, o.Error)
		}
	}
}

// Close ends the connection.
func (p *Process) Close(t testing.TB) {
	t.Helper()
	p.do(t, "close")
}

// An Outcome is how an action ended.
type Outcome struct {
	Action string
	Error  string // empty: it worked
}

// Act does all actions once.
func (p *Process) Act(t testing.TB) (outcomes []Outcome) {
	t.Helper()
	p.round++
	if outcomes = p.outcomes(t, fmt.Sprintf("act %d", p.round)); len(outcomes) == 0 {
		t.Fatalf("%s did nothing", p.Name)
	}
	return outcomes
}

// outcomes tells the application something, and returns what comes of it.
func (p *Process) outcomes(t testing.TB, line string) (outcomes []Outcome) {
	t.Helper()
	for _, line := range p.do(t, line) {
		how, rest, _ := strings.Cut(line, " ")
		action, message, _ := strings.Cut(rest, " ")
		if how != "ok" && (how != "error" || message == "") {
			t.Fatalf("%s says %q", p.Name, line)
		}
		outcomes = append(outcomes, Outcome{action, message})
	}
	return outcomes
}

// do tells the application something, and returns what it says to it.
func (p *Process) do(t testing.TB, line string) (lines []string) {
	t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		t.Fatalf("%s has ended: %v", p.Name, err)
	}
	for {
		line, err := p.out.ReadString('\n')
		line = strings.TrimSuffix(line, "\n")
		switch {
		case err != nil:
			t.Fatalf("%s has ended: %v", p.Name, err)
		case line == "end":
			return lines
		}
		lines = append(lines, line)
	}
}
