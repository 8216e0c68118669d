package pgtest

import (
	"fmt"
	"os"
	"testing"
)

// victimVariable makes the test binary start a server and then end in the way
// that it names, instead of running tests.
const victimVariable = "PGTEST_VICTIM"

func TestMain(m *testing.M) {
	if how := os.Getenv(victimVariable); how != "" {
		victim(how)
	}
	os.Exit(Main(m))
}

// victim prints the server's pid and folder, and waits to be killed. When its
// standard input closes it panics, or just ends, so that none outlives a test
// that was itself killed.
func victim(how string) {
	s, err := shared.get(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.PID(), s.dir)
	fmt.Scanln()
	if how == "panic" {
		panic("on purpose")
	}
	os.Exit(1)
}
