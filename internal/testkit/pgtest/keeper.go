package pgtest

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

//go:embed keeper.sh
var keeperScript string

// releaseTimeout bounds the end of a server. An immediate shutdown takes 20 ms;
// PostgreSQL itself kills after 5 s what did not go.
const releaseTimeout = 20 * time.Second

// A keeper is the shell that runs one server (keeper.sh).
type keeper struct {
	pid   int           // of the server, once it runs
	hold  *os.File      // a line starts the server, closing it ends it
	once  sync.Once     // for closing hold
	born  chan string   // receives the server's pid
	ended chan struct{} // closed when the server has ended
	gone  chan struct{} // closed when the keeper has ended, its folder removed
}

// keep starts a keeper of dir, which is the account's. From here on dir is
// removed when we end. run starts the command line.
func keep(acct account, dir, log string, command ...string) (*keeper, error) {
	pipe, hold, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer pipe.Close()
	args := append([]string{"-c", keeperScript, "keeper", dir, log}, command...)
	shell := exec.Command("/bin/sh", args...)
	shell.SysProcAttr = acct.attr()
	shell.Env = serverEnv()
	shell.Dir = "/"
	shell.ExtraFiles = []*os.File{pipe}
	stdout, err := shell.StdoutPipe()
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		hold.Close()
		return nil, fmt.Errorf("keeper: %w", err)
	}
	k := &keeper{
		hold: hold, born: make(chan string, 1),
		ended: make(chan struct{}), gone: make(chan struct{}),
	}
	go func() {
		k.listen(stdout)
		shell.Wait() // its status says nothing that its lines have not said
		close(k.gone)
	}()
	return k, nil
}

// listen reads the keeper's two lines: the server's pid, and that it ended.
func (k *keeper) listen(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	k.born <- lines.Text()
	lines.Scan()
	close(k.ended)
	for lines.Scan() {
	}
}

// run starts the server.
func (k *keeper) run() error {
	if _, err := fmt.Fprintln(k.hold); err != nil {
		return fmt.Errorf("keeper: %w", err)
	}
	pid, err := strconv.Atoi(<-k.born)
	if err != nil {
		return fmt.Errorf("keeper: server's pid: %w", err)
	}
	k.pid = pid
	return nil
}

// hasEnded says whether the server is no longer running.
func (k *keeper) hasEnded() bool {
	select {
	case <-k.ended:
		return true
	default:
		return false
	}
}

// release ends the server and waits until its folder is gone.
func (k *keeper) release() error {
	k.once.Do(func() { k.hold.Close() })
	select {
	case <-k.gone:
		return nil
	case <-time.After(releaseTimeout):
		return fmt.Errorf("server with pid %d did not end within %s", k.pid, releaseTimeout)
	}
}
