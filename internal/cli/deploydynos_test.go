package cli_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// roleVariable makes the test binary a dyno's process: "web" or "worker".
const roleVariable = "MIGGUARD_TEST_ROLE"

// dynoSession is the application_name of the dynos' sessions.
const dynoSession = "dyno"

// play is a dyno. A web dyno answers with the version of its release, 500 when
// its query fails; a worker writes what fails into the table trouble.
func play(role string) int {
	ctx := context.Background()
	cfg, err := pgx.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cfg.RuntimeParams["application_name"] = dynoSession
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if role == "worker" {
		return work(ctx, conn)
	}
	return serve(conn)
}

// work does something every 20 ms, or as its config var says.
func work(ctx context.Context, conn *pgx.Conn) int {
	pause := "SELECT pg_sleep(" + cmp.Or(os.Getenv("PAUSE"), "0.02") + ")"
	for {
		if _, err := conn.Exec(ctx, os.Getenv("QUERY")); err != nil {
			_, _ = conn.Exec(ctx, "INSERT INTO trouble VALUES ($1)", os.Getenv("DYNO")+": "+err.Error())
		}
		if _, err := conn.Exec(ctx, pause); err != nil {
			return 1
		}
	}
}

// serve ends as a web dyno should: what the router has sent before the SIGTERM
// is answered.
func serve(conn *pgx.Conn) int {
	var one sync.Mutex
	server := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			one.Lock()
			defer one.Unlock()
			if _, err := conn.Exec(context.Background(), os.Getenv("QUERY")); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprintln(w, os.Getenv("HEROKU_RELEASE_VERSION"))
		})}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-told
		// Requests are on their way still.
		<-time.After(100 * time.Millisecond)
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	<-ended
	return 0
}

// A visitor asks the app's address again and again, and honours 503.
type visitor struct {
	stop     context.CancelFunc
	done     chan struct{}
	served   int // answers of status 200
	sent     int // 503: sent away by the router
	failures []string
}

const visitEvery = 40 * time.Millisecond

func (s *shop) visit(t *testing.T) *visitor {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	v := &visitor{stop: cancel, done: make(chan struct{})}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		defer close(v.done)
		for range ticks(ctx, visitEvery) {
			v.ask(client, s.RouterURL+"/")
		}
	}()
	t.Cleanup(v.end)
	return v
}

func (v *visitor) ask(client *http.Client, url string) {
	r, err := client.Get(url)
	if err != nil {
		v.failures = append(v.failures, err.Error())
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	switch r.StatusCode {
	case http.StatusOK:
		v.served++
	case http.StatusServiceUnavailable:
		v.sent++
	default:
		v.failures = append(v.failures, string(body))
	}
}

// end waits for the last answer. It may be called twice.
func (v *visitor) end() { v.stop(); <-v.done }
