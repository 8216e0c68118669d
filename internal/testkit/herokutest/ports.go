package herokutest

import (
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
)

// Ports of dynos are below those that kernels give to whoever asks for any
// port, so that nobody gets one by chance between our look and the dyno's
// bind.
const (
	firstPort = 20000
	portCount = 10000
)

// A portRange hands out ports that nobody listens on.
type portRange struct {
	mu   sync.Mutex
	next int
	used map[int]bool
}

// ports are those of all platforms of the process: a port that a dyno is about
// to bind looks free to whoever tries it.
var ports portRange

func (r *portRange) take() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used == nil {
		// Emulators of other processes begin elsewhere.
		r.used, r.next = make(map[int]bool), os.Getpid()*61
	}
	for range portCount {
		port := firstPort + r.next%portCount
		r.next++
		if !r.used[port] && isFree(port) {
			r.used[port] = true
			return port, nil
		}
	}
	return 0, errors.New("no port is free")
}

func (r *portRange) give(port int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.used, port)
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
