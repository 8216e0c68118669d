package platform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// RoleVariable makes the test binary a dyno's process, "web" or "worker": its
// TestMain hands over to [DynoMain] when it is set.
const RoleVariable = "MIGGUARD_TEST_ROLE"

// SessionName is the application_name of the dynos' sessions.
const SessionName = "dyno"

// troubleTable is where workers write what failed.
const troubleTable = "trouble"

// DynoMain is a dyno's process and returns its exit status. A web dyno answers
// with the version of its release, 500 when its query fails; a worker writes
// what fails into a table.
func DynoMain(role string) int {
	ctx := context.Background()
	cfg, err := pgx.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cfg.RuntimeParams["application_name"] = SessionName
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
			_, _ = conn.Exec(ctx, "INSERT INTO "+troubleTable+" VALUES ($1)", os.Getenv("DYNO")+": "+err.Error())
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
