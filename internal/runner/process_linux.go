package runner

import "syscall"

// processAttributes gives the child its own process group, and has the kernel
// kill it when migguard dies, even of SIGKILL. Its descendants are not killed
// with it, but lose their database: the guard was in this process.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
