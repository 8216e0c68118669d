package pg

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestPooler(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, mode := range []string{"session", "transaction", "statement"} {
			for _, size := range []int{1, 20} {
				for _, robin := range []int{0, 1} {
					b := bouncer{mode: mode, size: size, roundRobin: robin}
					t.Run(fmt.Sprintf("%s/size%d/robin%d", mode, size, robin), func(t *testing.T) {
						t.Parallel()
						testPooler(t, b, db)
					})
				}
			}
		}
	})
}

func testPooler(t *testing.T, b bouncer, db *pgtest.DB) {
	t.Helper()
	c := parse(t, b.start(t, db))
	tries := 1
	if b.size > 1 {
		tries = 3
		warm(t, c, 4) // several idle backends, so that rotation has a choice
	}
	for range tries {
		facts, err := preflight(within(t), c)
		var pooler *PoolerError
		if b.mode == "session" && b.size > 1 {
			if err != nil || facts.Pooler != "session" {
				t.Fatalf("%+v, %v; want a session pooler to pass", facts, err)
			}
			continue
		}
		if !errors.As(err, &pooler) {
			t.Fatalf("%v, want a PoolerError", err)
		}
		if pooler.Mode != b.mode {
			t.Fatalf("mode %s: %v", pooler.Mode, err)
		}
	}
}

// warm makes the pooler open n backends and leaves them idle.
func warm(t *testing.T, c *Config, n int) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			conn, err := c.connect(within(t))
			if err != nil {
				t.Error(err)
				return
			}
			defer closeConn(conn)
			if _, err := conn.Exec(within(t), "select pg_sleep(0.2)").ReadAll(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// Other clients that take turns in the pool do not hide it.
func TestPoolerUnderLoad(t *testing.T) {
	t.Parallel()
	for _, robin := range []int{0, 1} {
		t.Run(fmt.Sprintf("robin%d", robin), func(t *testing.T) {
			t.Parallel()
			c := parse(t, bouncer{mode: "transaction", size: 5, roundRobin: robin}.start(t, pgtest.New(t)))
			stop := make(chan struct{})
			var load sync.WaitGroup
			for range 8 {
				load.Go(func() { hammer(t, c, stop) })
			}
			for range 5 {
				_, err := preflight(within(t), c)
				var pooler *PoolerError
				if !errors.As(err, &pooler) || pooler.Mode != "transaction" {
					t.Errorf("%v, want a PoolerError", err)
				}
			}
			close(stop)
			load.Wait()
		})
	}
}

func hammer(t *testing.T, c *Config, stop <-chan struct{}) {
	conn, err := c.connect(within(t))
	if err != nil {
		t.Error(err)
		return
	}
	defer closeConn(conn)
	for {
		select {
		case <-stop:
			return
		default:
		}
		if _, err := conn.Exec(within(t), "select count(*) from generate_series(1, 1000)").ReadAll(); err != nil {
			t.Error(err)
			return
		}
	}
}
