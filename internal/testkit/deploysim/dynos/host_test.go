package dynos_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim"
	"github.com/migguard/migguard/internal/testkit/deploysim/dynos"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// migrateArg makes the test binary the app's migration command.
const migrateArg = "migrate"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case deploysim.WorkerArg:
			os.Exit(deploysim.WorkerMain(os.Args[2:], os.Stdin, os.Stdout))
		case migrateArg:
			if err := migrate(context.Background()); err != nil {
				fmt.Println(err)
				os.Exit(3)
			}
			os.Exit(0)
		}
	}
	os.Exit(pgtest.Main(m))
}

// migrate executes the last migration.
func migrate(ctx context.Context) error {
	files, err := filepath.Glob(deploysim.MigrationsDir + "/*.sql")
	if err != nil {
		return err
	}
	sql, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, string(sql))
	return err
}

// play plays the drop of a column as this SQL. The guarded deploys are the demo's.
func play(t *testing.T, sql string) deploysim.Result {
	t.Helper()
	const patience = 2 * time.Minute // a busy machine is no failure here
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sc := deploysim.DropColumn()
	sc.Migration[0].SQL = sql
	config := dynos.Config{
		Scenario: sc, URL: pgtest.New(t).URL, Program: self, Migrate: migrateArg, Output: t.Output(), Grace: patience,
	}
	host, err := dynos.New(config)
	if err != nil {
		t.Fatal(err)
	}
	res, err := deploysim.Run(t.Context(), sc, deploysim.Options{
		URL: config.URL, Release: host.Release, Host: host, Grace: patience, StallLimit: patience,
		MinOldStatements: 1500, MinNewStatements: 200,
	})
	if err != nil {
		t.Error(err)
	}
	if err := host.Close(); err != nil {
		t.Error(err)
	}
	return res
}

// TestDeploy: dynos of the old build go on after a release, and those of the new
// one are there beside them.
func TestDeploy(t *testing.T) {
	t.Parallel()
	res := play(t, "ALTER TABLE customers DROP COLUMN nickname; COMMENT ON TABLE customers IS 'without nicknames'")
	if res.Outcome != deploysim.Migrated || res.Old.Failures["42703"].Count == 0 || res.AfterRelease < 500 {
		t.Errorf("%+v", res)
	}
	if res.New.Statements < 200 || res.New.Failed != 0 || res.Lost != 0 || len(res.Dead) != 0 {
		t.Errorf("new code: %+v", res)
	}
}

// TestFailedRelease starts no new dyno, and the old ones go on.
func TestFailedRelease(t *testing.T) {
	t.Parallel()
	res := play(t, "SELECT 1/0")
	if res.Outcome != deploysim.Failed || res.Exit != 3 || !res.OK() || res.New.Statements != 0 || res.AfterRelease < 500 {
		t.Errorf("%+v", res)
	}
}
