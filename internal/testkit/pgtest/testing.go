package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
)

// Main runs a package's tests and then stops the servers they shared. Servers
// end with the process anyway; Main waits until they are gone:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// MainFilled is Main for tests whose databases are to hold something from the start:
// fill makes it in a database of each shared server, which NewDB copies.
func MainFilled(m *testing.M, fill func(ctx context.Context, url string) error) int {
	shared.fill = fill
	return Main(m)
}

// Servers returns one running server for each major the run asks for
// (MIGGUARD_TEST_PG), in ascending order. All tests of the process share them.
func Servers(t testing.TB) []*Server {
	t.Helper()
	majors, err := requestedMajors()
	if err != nil {
		t.Fatal(err)
	}
	servers := make([]*Server, len(majors))
	errs := make([]error, len(majors))
	var wg sync.WaitGroup
	for i, major := range majors {
		wg.Go(func() { servers[i], errs[i] = shared.get(major) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return servers
}

// Each runs f as a parallel subtest "pgMAJOR" on every server of Servers, with
// a fresh database each.
func Each(t *testing.T, f func(t *testing.T, db *DB)) {
	t.Helper()
	for _, s := range Servers(t) {
		t.Run(fmt.Sprintf("pg%d", s.Major), func(t *testing.T) {
			t.Parallel()
			f(t, s.NewDB(t))
		})
	}
}

// Newest is Each for what does not depend on the server's major, as what applications
// send and what directives say: f runs on the newest of Servers only, unless
// MIGGUARD_TEST_MATRIX is "full".
func Newest(t *testing.T, f func(t *testing.T, db *DB)) {
	t.Helper()
	if os.Getenv("MIGGUARD_TEST_MATRIX") == "full" {
		Each(t, f)
		return
	}
	f(t, New(t))
}

// New returns a fresh database on the newest server of Servers.
func New(t testing.TB) *DB {
	t.Helper()
	majors, err := requestedMajors()
	if err != nil {
		t.Fatal(err)
	}
	s, err := shared.get(slices.Max(majors))
	if err != nil {
		t.Fatal(err)
	}
	return s.NewDB(t)
}

// StartFor starts a server of the test's own, stopped when the test ends. It
// is for tests that need settings, or that break the server.
func StartFor(t testing.TB, opts Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// shared are the servers that the tests of this process share.
var shared pool

// A pool starts at most one server of each major, and fills it.
type pool struct {
	mu     sync.Mutex
	starts map[int]func() (*Server, error)
	fill   func(ctx context.Context, url string) error // nil: not at all
}

// get does not take a test's context: the server outlives the test.
func (p *pool) get(major int) (*Server, error) {
	p.mu.Lock()
	if p.starts == nil {
		p.starts = make(map[int]func() (*Server, error))
	}
	start, ok := p.starts[major]
	if !ok {
		start = sync.OnceValues(func() (*Server, error) {
			s, err := Start(context.Background(), Options{Major: major})
			if err != nil || p.fill == nil {
				return s, err
			}
			const filled = "filled"
			if err = s.CreateDatabase(context.Background(), filled); err == nil {
				err = p.fill(context.Background(), s.URL(filled))
			}
			if err != nil {
				return nil, errors.Join(fmt.Errorf("fill a database: %w", err), s.Stop())
			}
			s.template = filled
			return s, nil
		})
		p.starts[major] = start
	}
	p.mu.Unlock()
	return start()
}

func (p *pool) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, start := range p.starts {
		if s, err := start(); err == nil {
			errs = append(errs, s.Stop())
		}
	}
	clear(p.starts)
	return errors.Join(errs...)
}
