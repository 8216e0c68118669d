package guard_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// childVariable turns this test binary into a relay: "guard URL" or "plain
// HOST:PORT". It prints its address and ends when its standard input does.
const childVariable = "MIGGUARD_GUARD_CHILD"

func childMain() int {
	kind, target, _ := strings.Cut(os.Getenv(childVariable), " ")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	if kind == "plain" {
		go pgtest.Relay(l, target)
	} else {
		// No logger, no certificate: what is measured is the relay.
		g, err := guard.New(guard.Config{Password: password, Dialer: dialer{target}, Gate: gates["schema"]})
		if err != nil {
			return 1
		}
		go func() { _ = g.Serve(context.Background(), l) }()
	}
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// A child is a relay in a process of its own.
type child struct {
	addr string
	pid  int
}

func startChild(t testing.TB, what string) child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+what)
	cmd.Stderr = os.Stderr
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
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return child{strings.TrimSpace(addr), cmd.Process.Pid}
}

// peakMemory is the most physical memory the child has had, in bytes.
func (c child) peakMemory(t testing.TB) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb << 10
}
