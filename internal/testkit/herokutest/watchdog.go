package herokutest

import (
	_ "embed"
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

//go:embed watchdog.sh
var watchdogScript string

// A watchdog is a shell that ends our dynos should we be killed.
type watchdog struct {
	shell *exec.Cmd
	pipe  io.WriteCloser
}

func startWatchdog(platform string) (*watchdog, error) {
	shell := exec.Command("/bin/sh", "-c", watchdogScript, "watchdog", markVariable+"="+platform+"/")
	shell.Env = []string{"PATH=/usr/bin:/bin"}
	shell.Dir = "/"
	// In a session of its own a terminal's signals do not reach it.
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := shell.StdinPipe()
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	return &watchdog{shell, pipe}, nil
}

// release ends the watchdog: there is nothing left to watch.
func (w *watchdog) release() error {
	_, err := io.WriteString(w.pipe, "done\n")
	w.pipe.Close()
	if err == nil {
		err = w.shell.Wait()
	}
	if err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	return nil
}
