package guard_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A script is a conversation in a golden file:
//
//	# what it is about
//	# every: why the trace differs with the gate of that name
//	> Query "select 1"        the client's messages,
//	? Z                       then what it waits for: a message of type Z
//	< DataRow "1"             what the server said meanwhile
//
// "? Z*2" waits for two of them; "? end" for the connection's end.
type script struct {
	file    string
	header  []string
	steps   []step
	differs map[string]bool // names of gates
	only    string          // the one gate the script is for; "" for all
	wanted  string
}

// A step is a batch of messages, sent at once, and what ends the answer.
type step struct {
	lines    []string
	messages []pgproto3.FrontendMessage
	wait     string
}

func readScript(t *testing.T, file string) script {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := script{file: file, differs: map[string]bool{}, wanted: string(b)}
	var now step
	in := bufio.NewScanner(strings.NewReader(s.wanted))
	for in.Scan() {
		line := in.Text()
		if line == "" {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "#":
			s.header = append(s.header, line)
			s.directive(rest)
		case ">":
			m, err := parseMessage(rest)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, line, err)
			}
			now.lines = append(now.lines, line)
			now.messages = append(now.messages, m)
		case "?":
			now.lines = append(now.lines, line)
			now.wait = rest
			s.steps = append(s.steps, now)
			now = step{}
		}
	}
	if len(now.lines) > 0 {
		t.Fatalf("%s: it ends without waiting", file)
	}
	return s
}

func (s *script) directive(text string) {
	name, gate, _ := strings.Cut(text, " ")
	switch {
	case name == "only:":
		s.only = gate
	case strings.HasSuffix(name, ":"):
		if _, ok := gates[strings.TrimSuffix(name, ":")]; ok {
			s.differs[strings.TrimSuffix(name, ":")] = true
		}
	}
}

// play runs the script and returns the whole trace.
func (s script) play(t *testing.T, w *wire) string {
	t.Helper()
	var b strings.Builder
	for _, line := range s.header {
		fmt.Fprintln(&b, line)
	}
	for _, step := range s.steps {
		if err := w.trySend(step.messages...); err != nil {
			t.Fatalf("%s\nsend: %v", b.String(), err)
		}
		answer := w.until(t, waitFor(step.wait))
		for _, line := range slices.Concat(step.lines, prefixed("< ", answer)) {
			fmt.Fprintln(&b, line)
		}
		if answer[len(answer)-1] == silence {
			t.Fatalf("so far:\n%s", b.String())
		}
	}
	return b.String()
}

func prefixed(prefix string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = prefix + line
	}
	return out
}

// waitFor reads "Z", "Z*2" or "end".
func waitFor(wait string) func(pgproto3.BackendMessage) bool {
	typ, times, _ := strings.Cut(wait, "*")
	left, err := strconv.Atoi(times)
	if err != nil {
		left = 1
	}
	return func(m pgproto3.BackendMessage) bool {
		b, err := m.Encode(nil)
		if err == nil && string(b[:1]) == typ {
			left--
		}
		return left == 0
	}
}

// words splits a line at blanks; quoted words are Go strings.
func words(line string) ([]string, error) {
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			out, line = append(out, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return nil, err
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		out, line = append(out, word), line[len(quoted):]
	}
	return out, nil
}

// parseMessage reads one of the client's messages, with pgproto3's names:
//
//	Parse NAME SQL [OID...]   Bind PORTAL STATEMENT [binary] [VALUE|null...]
//	Describe S|P NAME   Close S|P NAME   Execute PORTAL [ROWS]
func parseMessage(line string) (pgproto3.FrontendMessage, error) {
	w, err := words(line)
	if err != nil {
		return nil, err
	}
	arg := func(i int) string {
		if i < len(w) {
			return w[i]
		}
		return ""
	}
	number := func(i int) uint32 { n, _ := strconv.Atoi(arg(i)); return uint32(n) }
	switch w[0] {
	case "Query":
		return &pgproto3.Query{String: arg(1)}, nil
	case "Parse":
		m := &pgproto3.Parse{Name: arg(1), Query: arg(2)}
		for i := 3; i < len(w); i++ {
			m.ParameterOIDs = append(m.ParameterOIDs, number(i))
		}
		return m, nil
	case "Bind":
		return parseBind(w), nil
	case "Describe":
		return &pgproto3.Describe{ObjectType: arg(1)[0], Name: arg(2)}, nil
	case "Close":
		return &pgproto3.Close{ObjectType: arg(1)[0], Name: arg(2)}, nil
	case "Execute":
		return &pgproto3.Execute{Portal: arg(1), MaxRows: number(2)}, nil
	case "Sync":
		return &pgproto3.Sync{}, nil
	case "Flush":
		return &pgproto3.Flush{}, nil
	case "Terminate":
		return &pgproto3.Terminate{}, nil
	case "CopyData":
		return &pgproto3.CopyData{Data: []byte(arg(1))}, nil
	case "CopyDone":
		return &pgproto3.CopyDone{}, nil
	case "CopyFail":
		return &pgproto3.CopyFail{Message: arg(1)}, nil
	case "FunctionCall":
		return &pgproto3.FunctionCall{Function: number(1), ArgFormatCodes: []uint16{0},
			Arguments: [][]byte{[]byte(arg(2))}}, nil
	case "PasswordMessage":
		return &pgproto3.PasswordMessage{Password: arg(1)}, nil
	}
	return nil, fmt.Errorf("no message %q", w[0])
}

func parseBind(w []string) *pgproto3.Bind {
	m := &pgproto3.Bind{DestinationPortal: w[1], PreparedStatement: w[2]}
	for _, value := range w[3:] {
		switch value {
		case "binary":
			m.ResultFormatCodes = []int16{1}
		case "null":
			m.Parameters = append(m.Parameters, nil)
		default:
			m.Parameters = append(m.Parameters, []byte(value))
		}
	}
	return m
}
