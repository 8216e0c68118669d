package herokutest

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// bootScript is how a dyno begins: everything in .profile.d is sourced, then the
// command takes the shell's place.
const bootScript = `for profile in "$HOME"/.profile.d/*.sh; do
	[ ! -f "$profile" ] || . "$profile"
done
exec bash -c "$0"`

// A process is the first process of a dyno with all that come from it: its
// process group, and who left that but still has the dyno's mark in its
// environment.
type process struct {
	pid    int
	mark   string
	exited chan struct{} // closed when the first process has ended
	status int           // of the first process, once exited is closed
	read   chan struct{} // closed at the end of the output
	output *os.File
}

// startProcess runs a command as a dyno does. line is called for each line
// that it prints.
func startProcess(dir, command string, env environment, line func(string)) (*process, error) {
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()
	shell := exec.Command("bash", "-c", bootScript, command)
	shell.Dir, shell.Env = dir, env.variables
	shell.Stdout, shell.Stderr = input, input
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := shell.Start(); err != nil {
		output.Close()
		return nil, err
	}
	p := &process{
		pid: shell.Process.Pid, mark: env.mark, output: output,
		exited: make(chan struct{}), read: make(chan struct{}),
	}
	go p.follow(line)
	go func() {
		p.status = exitStatus(shell.Wait())
		close(p.exited)
	}()
	return p, nil
}

func (p *process) follow(line func(string)) {
	defer close(p.read)
	lines := bufio.NewReader(p.output)
	for {
		text, err := lines.ReadString('\n')
		if text != "" {
			line(string(bytes.TrimRight([]byte(text), "\r\n")))
		}
		if err != nil {
			return
		}
	}
}

// exitStatus is what a shell would say in $?.
func exitStatus(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// signal sends a signal to each process of the dyno: its group, then who has
// left that.
func (p *process) signal(signal syscall.Signal) {
	_ = syscall.Kill(-p.pid, signal)
	for _, pid := range marked(p.mark) {
		if group, err := syscall.Getpgid(pid); err == nil && group != p.pid {
			_ = syscall.Kill(pid, signal)
		}
	}
}

// end kills what is left, as a dyno's end does, and waits until it is gone.
func (p *process) end() {
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	<-p.exited
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 500 { // nothing reports the end of who is not our child
		left := marked(p.mark)
		if len(left) == 0 {
			break
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-tick.C
	}
	// All that could write is gone, unless it hid from us.
	select {
	case <-p.read:
	case <-time.After(time.Second):
	}
	p.output.Close()
	<-p.read
}

// marked lists the processes with a variable in their environment. Where there
// is no /proc it finds none, and process groups have to do.
func marked(variable string) []int {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	var found []int
	files, _ := proc.Readdirnames(-1)
	for _, file := range files {
		pid, err := strconv.Atoi(file)
		if err != nil {
			continue
		}
		env, err := os.ReadFile("/proc/" + file + "/environ")
		if err == nil && bytes.Contains(env, []byte(variable)) {
			found = append(found, pid)
		}
	}
	return found
}

// What listens found.
const (
	bootBound = iota
	bootEnded
	bootLate
)

// listens waits until something accepts connections on the port.
func (p *process) listens(port int, timeout time.Duration) int {
	late := time.NewTimer(timeout)
	defer late.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		connection, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			connection.Close()
			return bootBound
		}
		select {
		case <-again.C:
		case <-p.exited:
			return bootEnded
		case <-late.C:
			return bootLate
		}
	}
}
