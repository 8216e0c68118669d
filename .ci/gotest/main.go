// Command gotest runs "go test -json" with its arguments and prints what plain
// "go test" prints: one line per package and the output of tests that failed.
// Unlike go test it fails when a test was skipped, because a skipped test is
// one that nobody ran. It keeps no results and retries nothing.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	cmd := exec.Command("go", append([]string{"test", "-json", "-timeout=60m"}, args...)...)
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	s := newSummary(stdout)
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		s.line(line)
		if err != nil {
			break
		}
	}
	failed := cmd.Wait() != nil
	for _, name := range s.skipped {
		fmt.Fprintf(stdout, "SKIPPED %s\n", name)
	}
	if failed || len(s.skipped) > 0 {
		return 1
	}
	return 0
}

// An event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A summary holds back a test's output until it is known whether it failed.
type summary struct {
	out     io.Writer
	tests   map[string]*strings.Builder // by package and test
	skipped []string
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, tests: make(map[string]*strings.Builder)}
}

// line takes one line of output. What is no event comes from the tool itself.
func (s *summary) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(s.out, line)
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		if s.tests[key] == nil {
			s.tests[key] = new(strings.Builder)
		}
		s.tests[key].WriteString(e.Output)
	case "pass", "skip", "fail":
		s.end(key, e)
	}
}

func (s *summary) end(key string, e event) {
	text := ""
	if b := s.tests[key]; b != nil {
		text = b.String()
		delete(s.tests, key)
	}
	switch {
	case e.Action == "fail":
		fmt.Fprint(s.out, text)
	case e.Test == "":
		fmt.Fprint(s.out, closing(text))
	case e.Action == "skip":
		s.skipped = append(s.skipped, key)
	}
}

// closing is the line that go test ends a package with.
func closing(text string) string {
	text = strings.TrimRight(text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:] + "\n"
}
