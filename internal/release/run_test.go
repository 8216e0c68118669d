package release_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// runnerSQL makes the test binary a runner that executes its messages, which
// newlines separate, at DATABASE_URL.
const runnerSQL = "RELEASE_RUNNER_SQL"

// actAsRunner is what the test binary does as one.
func actAsRunner(ctx context.Context, sql string) int {
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer func() { _ = conn.Close(ctx) }()
	for message := range strings.SplitSeq(sql, "\n") {
		if _, err := conn.PgConn().Exec(ctx, message).ReadAll(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 3
		}
	}
	return 0
}

// do is one whole run of a build; its runner executes the messages and exits
// with status 3 when one fails.
func do(t *testing.T, db *pgtest.DB, build string, allow []string, messages ...string) (release.Ended, string) {
	t.Helper()
	return doNeeding(t, db, nil, build, allow, messages...)
}

// doNeeding is do for a build with a contract.
func doNeeding(t *testing.T, db *pgtest.DB, needs *contract.Contract, build string, allow []string, messages ...string) (release.Ended, string) {
	t.Helper()
	policy, err := judge.ParsePolicy(allow)
	if err == nil {
		err = dropsRefused(policy)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doWith(t, db, needs, build, policy, messages...)
}

// sized is a policy to which all tables are large, or those that usually are.
func sized(large bool) *judge.Policy {
	policy := &judge.Policy{}
	if large {
		policy.Small = &catalog.Size{}
	}
	return policy
}

// doWith is doNeeding with all that a policy lets be done.
func doWith(t *testing.T, db *pgtest.DB, needs *contract.Contract, build string, policy *judge.Policy, messages ...string) (release.Ended, string) {
	t.Helper()
	return doAs(t, db, needs, build, policy, func(*release.Run) {}, messages...)
}

// doAs is doWith of a run that is changed before it begins.
func doAs(t *testing.T, db *pgtest.DB, needs *contract.Contract, build string, policy *judge.Policy, change func(*release.Run), messages ...string) (release.Ended, string) {
	t.Helper()
	database, err := pg.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), database.ConnConfig(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var out, said bytes.Buffer
	run := &release.Run{
		Database: database, Major: db.Major, Catalog: db.Connect(t), Ledger: l, Build: build, Contract: needs, Version: "v1", Migguard: "1.2.3",
		Command: runner.FromArgs([]string{os.Args[0]}), LockWait: patience, Policy: policy,
		Environ: append(os.Environ(), "DATABASE_URL="+db.URL, runnerSQL+"="+strings.Join(messages, "\n")),
		Stdin:   strings.NewReader(""), Stdout: io.Discard, Stderr: &said,
		Out: report.New(&out, false, false), Log: slog.New(slog.DiscardHandler),
	}
	change(run)
	ended, err := run.Do(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return ended, out.String() + said.String()
}

// The next run of a newer build takes the shim down and says so; one of the
// same build does not.
func TestNewerBuildDropsShim(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, tableA)
		do(t, db, "one", nil, "select 1")
		ended, out := do(t, db, "two", nil, "alter table a rename to b")
		if ended.Exit != 0 || ended.Report.Outcome != "succeeded" || len(ended.Report.Shims) != 1 || !strings.Contains(out, "shimmed  alter table a rename to b\n") {
			t.Fatalf("%+v\n%s", ended, out)
		}
		ended, out = do(t, db, "two", nil, "select 1")
		if len(ended.Report.Shims) != 1 || len(ended.Report.Dropped) != 0 {
			t.Fatalf("%+v\n%s", ended, out)
		}
		ended, out = do(t, db, "three", nil, "create table a (id int)")
		if ended.Exit != 0 || len(ended.Report.Dropped) != 1 || !strings.Contains(out, "dropped the shim public.a of release v1") {
			t.Fatalf("%+v\n%s", ended, out)
		}
		if got := db.Value(t, "select dropped_by || ' ' || (select relkind::text from pg_class where oid = 'a'::regclass) from migguard.shim"); got != "4 r" {
			t.Errorf("dropped by %s", got)
		}
	})
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		messages []string
		allow    []string
		exit     int
		outcome  string
		says     string
	}{
		"refused":            {[]string{"drop table a"}, nil, release.ExitRefused, "refused", "--allow dropped-table:a"},
		"failed":             {[]string{"drop table zz"}, nil, 3, "failed", "exited with status 3"},
		"refused and failed": {[]string{"do $$ begin drop table a; exception when others then null; end $$"}, nil, release.ExitRefused, "refused", "was rolled back"},
		"allowed":            {[]string{"drop table a"}, []string{"dropped-table:a"}, 0, "succeeded", "allowed  drop table a"},
		"unused":             {[]string{"select 1"}, []string{"dropped-table:a"}, 0, "succeeded", "can go: --allow dropped-table:a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			db.Exec(t, tableA)
			ended, out := do(t, db, "one", c.allow, c.messages...)
			if ended.Exit != c.exit || ended.Report.Outcome != c.outcome || !strings.Contains(out+ended.Report.Reason, c.says) {
				t.Errorf("%d %s %s\n%s", ended.Exit, ended.Report.Outcome, ended.Report.Reason, out)
			}
			if got := db.Value(t, "select outcome || ' ' || exit_status from migguard.release"); got != fmt.Sprint(c.outcome, " ", c.exit) {
				t.Errorf("on record: %s", got)
			}
		})
	}
}
