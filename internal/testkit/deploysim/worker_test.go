package deploysim

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestDynoEndsWithItsParent closes a dyno's standard input, which is what the
// death of its parent does.
func TestDynoEndsWithItsParent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	sc := RenameTable()
	db.Exec(t, sc.Schema)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, WorkerArg, "orphan.1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cfg := workerConfig{URL: db.URL, Workload: sc.Old, Seeds: sc.Seeds, Connections: 2, Rate: 100, StallLimit: deadline}
	if err := json.NewEncoder(stdin).Encode(cfg); err != nil {
		t.Fatal(err)
	}
	out := json.NewDecoder(stdout)
	var m message
	if err := out.Decode(&m); err != nil || m.Event != eventReady {
		t.Fatalf("first message %+v, %v", m, err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	for m.Event != eventFailed {
		if err := out.Decode(&m); err != nil {
			t.Fatalf("after %+v: %v", m, err)
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit: %v", err)
	}
}

func TestWorkerReportsWhyItCannotWork(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args  []string
		stdin string
		want  string
	}{
		"no name":          {nil, "{}", "takes the dyno's name"},
		"no configuration": {[]string{"old.1"}, "", "read configuration: EOF"},
		"no server": {
			[]string{"old.1"},
			`{"url":"postgres://app:hunter2@127.0.0.1:1/app","connections":1,"rate":1,"seeds":1}`,
			"connection refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout bytes.Buffer
			// A reader that ends would look like a dead parent.
			stdin, parent, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			if _, err := parent.WriteString(tc.stdin); err != nil {
				t.Fatal(err)
			}
			if tc.stdin == "" {
				parent.Close()
			} else {
				defer parent.Close()
			}
			if status := WorkerMain(tc.args, stdin, &stdout); status != 1 {
				t.Errorf("exit status %d", status)
			}
			if !strings.Contains(stdout.String(), tc.want) || strings.Contains(stdout.String(), "hunter2") {
				t.Errorf("output %q", stdout.String())
			}
		})
	}
}
