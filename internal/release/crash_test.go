package release_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// victimURL makes the test binary a run that is going to be killed; victimMajor
// and victimTables say on what.
const (
	victimURL    = "RELEASE_VICTIM_URL"
	victimMajor  = "RELEASE_VICTIM_MAJOR"
	victimTables = "RELEASE_VICTIM_TABLES"
	// victimIndexes has it make indexes instead of renaming.
	victimIndexes = "RELEASE_VICTIM_INDEXES"
	// victimModels has it rename tables of models.
	victimModels = "RELEASE_VICTIM_MODELS"
	// victimViews has it drop views.
	victimViews = "RELEASE_VICTIM_VIEWS"
)

// crashes is how many runs are killed.
const crashes = 25

// migrations are what a runner without a record of its own would run again and
// again, some in a transaction, some not; # is the number of the tables.
var migrations = []string{
	"alter table if exists a# rename to b#",
	"begin; create table if not exists c# (id int); alter table if exists d# rename to e#; alter table if exists e# rename to f#; commit",
	"alter table if exists s.a# rename to z#",
}

// victim is one run, killed or not.
func victim() {
	if err := migrate(context.Background(), os.Getenv(victimURL)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func migrate(ctx context.Context, url string) error {
	config, err := pg.Parse(url)
	if err != nil {
		return err
	}
	major, err := strconv.Atoi(os.Getenv(victimMajor))
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, config.ConnConfig(), ledger.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if err := l.Lock(ctx, patience, nil); err != nil {
		return err
	}
	id, err := l.Begin(ctx, ledger.Release{Build: "b", Migguard: "1.2.3"})
	if err != nil {
		return err
	}
	catalog, err := pgx.ConnectConfig(ctx, config.ConnConfig())
	if err != nil {
		return err
	}
	defer func() { _ = catalog.Close(ctx) }()
	policy, err := judge.ParsePolicy([]string{"retyped-column:a" + os.Getenv(victimTables) + ".w"}) // as code that takes both types
	if err != nil {
		return err
	}
	policy.Small = &small
	if err := policy.Choose("", "rejected-write", judge.Choice{Most: judge.Allow}); err != nil { // tasks are for what is made at once
		return err
	}
	run := &release.Run{Database: config, Major: major, Catalog: catalog, Ledger: l, LockWait: patience,
		Policy: policy, Out: report.New(io.Discard, false, false)}
	steps := migrations
	if os.Getenv(victimModels) != "" {
		code := ofModel("one")
		code.Contract.Relations[0].Name.Name = "m" + os.Getenv(victimTables)
		run.Runs(code)
		steps = modelMigrations
	}
	if os.Getenv(victimViews) != "" {
		steps = viewMigrations
	}
	g, err := run.Guard(ctx, id)
	if err != nil {
		return err
	}
	defer func() { _ = g.Close(ctx) }()
	if err := g.Tasks(ctx); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, g.URL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	fmt.Println("migrating")
	if os.Getenv(victimIndexes) != "" {
		if steps, err = pendingIndexes(ctx, catalog); err != nil {
			return err
		}
	}
	for _, sql := range steps {
		sql = strings.ReplaceAll(sql, "#", os.Getenv(victimTables))
		if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return l.Finish(ctx, id, ledger.Succeeded, 0, 0, nil)
}

// start runs a victim until it begins to migrate.
func start(t *testing.T, db *pgtest.DB, tables int, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimURL+"="+db.URL, fmt.Sprint(victimMajor, "=", db.Major), fmt.Sprint(victimTables, "=", tables))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var first string
	if _, err := fmt.Fscanln(out, &first); err != nil || first != "migrating" {
		rest, _ := io.ReadAll(out)
		t.Fatalf("%s%s (%v)", first, rest, err)
	}
	return cmd
}

// Killed at any instant, a run leaves old code working, with each view and its
// record or neither, and the next run carries on to the same end.
func TestKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "create schema s")
	old := db.Connect(t)
	shims := map[string]int{} // that the killed had made: how often
	var whole time.Duration   // of a migration with old code beside it
	for i := range crashes + 1 {
		numbered := func(sql string) string { return strings.ReplaceAll(sql, "#", strconv.Itoa(i)) }
		db.Exec(t, numbered("create table s.a# (id int); create table d# (id int); create table a# (id serial primary key, n text)"))
		cmd := start(t, db, i)
		kill := patience // the first one is left alone
		if i > 0 {
			kill = rand.N(whole)
		}
		inserts, took := useUntilEnd(t, old, cmd, kill, numbered("insert into a# (n) values ('x') returning *"),
			numbered("select * from s.a#"), numbered("select * from d#"), numbered("update a# set n = 'y' where id = 1"))
		if i == 0 {
			whole = took
		}
		if got := db.Value(t, disagreeing); got != "0" {
			t.Fatalf("crash %d: %s views without a record, or records without a view", i, got)
		}
		shims[db.Value(t, numbered(`select count(*) from migguard.shim where old_name in ('a#', 'd#')`))]++
		if err := start(t, db, i).Wait(); err != nil {
			t.Fatal(err)
		}
		if got := db.Value(t, numbered("select count(*) from b#")); got != strconv.Itoa(inserts) {
			t.Errorf("crash %d: %s rows, want %d", i, got, inserts)
		}
		want := numbered("a# -> b#, d# -> e#, a# -> z#")
		if got := db.Value(t, numbered("select string_agg(old_name || ' -> ' || new_name, ', ' order by id) from migguard.shim where old_name in ('a#', 'd#')")); got != want {
			t.Errorf("crash %d: shims %s, want %s", i, got, want)
		}
		db.Value(t, numbered("select count(*) from c#, f#, s.z#"))
	}
	t.Logf("runs by the shims they had made: %v", shims)
	if len(shims) < 2 {
		t.Errorf("all were killed at the same point: %v", shims)
	}
}

// useUntilEnd runs old code until cmd has ended, by itself or because it was
// killed after a while. It returns how often, and for how long.
func useUntilEnd(t *testing.T, old *pgx.Conn, cmd *exec.Cmd, kill time.Duration, uses ...string) (times int, took time.Duration) {
	t.Helper()
	began := time.Now()
	timer := time.AfterFunc(kill, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		for _, sql := range uses {
			if _, err := old.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatalf("old code: %s: %s", sql, explain(err))
			}
		}
		times++
		select {
		case <-ended:
			return times, time.Since(began)
		default:
		}
	}
}

const disagreeing = `select (select count(*) from pg_class c where relkind in ('v', 'p') and relnamespace::regnamespace::text in ('public', 's')
		and not exists (select from migguard.shim where view = c.oid))
	+ (select count(*) from migguard.shim where not exists (select from pg_class where oid = view and relkind in ('v', 'p')))`
