package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                              "0s",
		999 * time.Millisecond:         "0s",
		59 * time.Second:               "59s",
		time.Minute:                    "1m 0s",
		61 * time.Minute:               "1h 1m",
		24 * time.Hour:                 "1d 0h",
		77*time.Hour + 59*time.Minute:  "3d 5h",
		-time.Second:                   "0s",
		2*time.Hour + 30*time.Second:   "2h 0m",
		365*24*time.Hour + time.Second: "365d 0h",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"SELECT 1":                               "SELECT 1",
		"ALTER TABLE a\n\tADD  b int":            "ALTER TABLE a ADD b int",
		strings.Repeat("a", lineLength):          strings.Repeat("a", lineLength),
		strings.Repeat("a", lineLength+1):        strings.Repeat("a", lineLength) + " ...",
		strings.Repeat("a", lineLength-1) + "éa": strings.Repeat("a", lineLength-1) + " ...",
		"": "",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestLine: what belongs to an event is indented, so that each line of a
// release log can be told from the runner's.
func TestLine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := New(&b, false, false)
	r.Statement(Statement{Text: "DROP TABLE a", Verdict: "refuse", Error: "no", Detail: "because", Hint: "do that"})
	r.Statement(Statement{Text: "CREATE TABLE b ()", Verdict: "allow"})
	r.Summary(Run{Outcome: "refused", Reason: "why", Duration: 1234567 * time.Microsecond, Statements: []Statement{
		{Verdict: "refuse", Error: "no"}, {Verdict: "shim"}, {Verdict: "allow", Error: "syntax"}, {Verdict: "shim", Error: "no such column"}}})
	want := `migguard: refused  DROP TABLE a
          no
          why   because
          help  do that
migguard: refused: 4 schema statements, 1 shimmed, 1 refused, 2 failed in 1.23s
migguard: why
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestWriteJSON: lists are lists, SQL is as it was written.
func TestWriteJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := WriteJSON(&b, Run{Statements: []Statement{{Text: "SELECT a<b && c>d", Duration: 1500 * time.Microsecond}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"text": "SELECT a<b && c>d"`, `"shims": []`, `"hazards": []`, `"executed": []`, `"duration_ms": 1.5`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}
