package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// killVariable says at which message to the server the story ends by SIGKILL:
// "before 7" or "after 7". Between two messages nothing changes that the
// database could see, so all messages are all instants.
const killVariable = "LEDGER_VICTIM_KILL"

// story is a first release that renames a table, and a second one that takes
// the shim down. Its last word is how many messages it took.
func story(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	var written atomic.Int64
	when, number, _ := strings.Cut(os.Getenv(killVariable), " ")
	last, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	tap(cfg, func() {
		if written.Add(1) == last && when == "before" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}, func() {
		if written.Load() == last && when == "after" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	if err := chapter(ctx, cfg, "b", func(l *Ledger, id int64) error { return migration(ctx, cfg, id) }); err != nil {
		return err
	}
	err = chapter(ctx, cfg, "c", func(l *Ledger, _ int64) error {
		due, err := l.DueShims(ctx, "", "c")
		for _, s := range due {
			err = errors.Join(err, l.DropShim(ctx, s.ID))
		}
		return err
	})
	fmt.Println(written.Load())
	return err
}

func chapter(ctx context.Context, cfg *pgx.ConnConfig, build string, work func(*Ledger, int64) error) error {
	l, err := Open(ctx, cfg, Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.Lock(ctx, patience, nil); err != nil {
		return err
	}
	id, err := l.Begin(ctx, Release{Build: build, Migguard: "1.2.3"})
	if err != nil {
		return err
	}
	if err := work(l, id); err != nil {
		return err
	}
	return l.Finish(ctx, id, Succeeded, 0, 0, []Statement{{Text: "x", Verdict: "shim"}, {Text: "y", Verdict: "allow"}})
}

// migration renames a to b, unless that is done, as the guard would.
func migration(ctx context.Context, cfg *pgx.ConnConfig, id int64) error {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		"begin", "alter table a rename to b", "create view a as select * from b",
		RecordShimSQL(NewShim{ReleaseID: id, Kind: TableView, Schema: "public", OldName: "a", NewName: "b"}),
		RecordCreatedSQL(id, Object{Relation: 1}), "commit",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// Killed at any instant, a run leaves a database and a ledger that agree, and
// the next run works. One server is enough: what is tested is the order of our
// messages.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				if total := killedAt(t, pgtest.New(t), fmt.Sprint(when, " ", n)); total > 0 {
					if total < 40 { // 71 when nobody has to wait
						t.Errorf("the story has %d messages", total)
					}
					return
				}
				if t.Failed() {
					t.Fatalf("killed %s message %d", when, n)
				}
			}
		})
	}
}

// killedAt returns how long the story was when it came to its end.
func killedAt(t *testing.T, db *pgtest.DB, instant string) (total int) {
	t.Helper()
	db.Exec(t, "create table a (id int)")
	cmd, out := victim(t, "story", db.URL, killVariable+"="+instant)
	_, _ = fmt.Fscan(out, &total)
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) && !exit.Exited() {
		total = 0
	} else if err != nil {
		t.Fatal(err)
	}
	conn := db.Connect(t)
	defer func() { _ = conn.Close(t.Context()) }() // there are as many as instants
	awaitAlone(t, conn)
	agree(t, conn)
	l := locked(t, db.URL)
	defer l.Close()
	begin(t, l, "next")
	due, err := l.DueShims(t.Context(), "", "next")
	if err != nil {
		t.Error(err)
	}
	for _, s := range due {
		if err := l.DropShim(t.Context(), s.ID); err != nil {
			t.Error(err)
		}
	}
	agree(t, conn)
	return total
}

// disagreements count what the ledger says and is not so, or is so and it does
// not say.
var disagreements = map[string]string{
	"old name gone, its shim not taken down": `select count(*) where to_regclass('a') is null
		and not exists (select from migguard.shim where dropped_at is not null)`,
	"views without a shim": `select count(*) from pg_class c where relkind = 'v'
		and relnamespace = 'public'::regnamespace
		and not exists (select from migguard.shim where view = c.oid and dropped_at is null)`,
	"shims without a view": `select count(*) from migguard.shim s where dropped_at is null
		and not exists (select from pg_class where oid = s.view and relkind = 'v')`,
	"ended runs without their statements, or others with": `select count(*) from migguard.release r
		where (outcome = 'succeeded') <> ((select count(*) from migguard.statement where release_id = r.id) = 2)`,
	"created objects of runs that succeeded": `select count(*) from migguard.created
		join migguard.release r on r.id = release_id where outcome = 'succeeded'`,
	"created objects without their migration": `select count(*) from migguard.created
		where not exists (select from migguard.shim)`,
	"runs at once": "select greatest(count(*) - 1, 0) from migguard.release where outcome = 'running'",
}

// agree checks that there are none, once there is a ledger.
func agree(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	count := func(sql string) (n int) {
		if err := conn.QueryRow(t.Context(), sql, pgx.QueryExecModeSimpleProtocol).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("select count(to_regclass('migguard.created'))") == 0 {
		return
	}
	for question, sql := range disagreements {
		if n := count(sql); n != 0 {
			t.Errorf("%s: %d", question, n)
		}
	}
}

// awaitAlone returns when the server has ended the sessions of the killed.
func awaitAlone(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var others int
		err := conn.QueryRow(t.Context(), `select count(*) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
		if others == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions remain", others)
		}
	}
}
