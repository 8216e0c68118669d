//go:build !linux

package runner

import "syscall"

// processAttributes gives the child its own process group. Only Linux can bind
// its life to migguard's; elsewhere a killed migguard leaves a runner that has
// lost its database, since the guard was in migguard's process.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
