package pgtest

import (
	"io"
	"net"
)

// Relay is the least a relay in front of a server can do, for benchmarks to
// compare with: io.Copy both ways, which the kernel does by itself on Linux
// (splice). It returns when the listener is closed.
func Relay(l net.Listener, target string) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
			_, _ = io.Copy(client, server)
			_ = client.Close()
		}()
	}
}
