package guard

import (
	"errors"
	"io"
	"net"
	"syscall"
	"unsafe"
)

// Quick makes reads and writes of a TCP or Unix-domain connection cheaper; below
// TLS, too. Other connections come back as they are. Its errors are those of the
// connection itself.
//
// Go's scheduler hears of each system call. If the whole program was idle, the
// first call wakes the scheduler's monitor (runtime.sysmon), a thread that looks
// around every 20 µs until all is idle again, and a relay is idle between any two
// messages. The calls here tell nobody: on a socket of Go's none blocks.
// Measured with 10,000 schema statements: a quarter of the process's context
// switches.
func Quick(conn net.Conn) net.Conn {
	c, ok := conn.(socket)
	if !ok {
		return conn
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return conn
	}
	return quickConn{c, raw}
}

// socket is what *net.TCPConn and *net.UnixConn are.
type socket interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

type quickConn struct {
	socket
	raw syscall.RawConn
}

func (c quickConn) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	var errno syscall.Errno
	err = c.raw.Read(func(fd uintptr) bool {
		n, errno = transfer(syscall.SYS_READ, fd, b)
		return errno != syscall.EAGAIN
	})
	if err = c.failure("read", err, errno); err == nil && n == 0 {
		err = io.EOF
	}
	return n, err
}

func (c quickConn) Write(b []byte) (written int, err error) {
	var errno syscall.Errno
	err = c.raw.Write(func(fd uintptr) bool {
		for errno = 0; written < len(b) && errno == 0; {
			var n int
			n, errno = transfer(syscall.SYS_WRITE, fd, b[written:])
			written += n
		}
		return errno != syscall.EAGAIN
	})
	return written, c.failure("write", err, errno)
}

// transfer is one read or write of a buffer that is not empty.
func transfer(trap, fd uintptr, b []byte) (n int, errno syscall.Errno) {
	for {
		r, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch errno {
		case 0:
			return int(r), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// failure is the error as the connection itself puts it. err is why the call was
// not made.
func (c quickConn) failure(op string, err error, errno syscall.Errno) error {
	var own *net.OpError
	switch {
	case errors.As(err, &own):
		own.Op = op
		return own
	case err != nil || errno == 0:
		return err
	}
	remote := c.RemoteAddr()
	return &net.OpError{Op: op, Net: remote.Network(), Source: c.LocalAddr(), Addr: remote, Err: errno}
}
