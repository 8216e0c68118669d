package runner

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A migguard that is killed takes the runner with it.
func TestRunnerDiesWithParent(t *testing.T) {
	t.Parallel()
	stdin, stdinWriter := pipe(t)
	defer stdinWriter.Close()
	stdout, stdoutWriter := pipe(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), helperLine+"=echo ready; read x")
	parent.Stdin, parent.Stdout = stdin, stdoutWriter
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	stdoutWriter.Close()
	if err := stdout.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The end of the output: the last holder, the shell, is gone.
	if _, err := lines.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the runner outlived its parent: %v", err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent ended well")
	}
}

// A file is handed over itself, not through a pipe that would buffer.
func TestRunHandsFilesOver(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	own, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := Command{Shell: true, Args: []string{"readlink /proc/$$/fd/1; readlink /proc/$$/fd/2 >&2"}}
	if _, err := c.Run(t.Context(), Options{Env: os.Environ(), Stdout: w, Stderr: &out}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != own {
		t.Errorf("stdout is %q (%v), want %s", line, err, own)
	}
	if strings.TrimSpace(out.String()) == own {
		t.Error("the comparison says nothing")
	}
}

// The child leads a process group of its own.
func TestRunMakesProcessGroup(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := Command{Shell: true, Args: []string{`cut -d' ' -f5 /proc/$$/stat; echo $$`}}
	if _, err := c.Run(t.Context(), Options{Env: os.Environ(), Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	group, pid, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	if group != pid {
		t.Errorf("group %s, process %s", group, pid)
	}
}
