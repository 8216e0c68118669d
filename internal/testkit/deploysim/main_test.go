package deploysim

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// gooseArg makes the test binary the migration runner of a release phase.
const gooseArg = "goose-up"

// deadline bounds a test's wait for another process.
const deadline = 2 * time.Minute

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case WorkerArg:
			os.Exit(WorkerMain(os.Args[2:], os.Stdin, os.Stdout))
		case gooseArg:
			if err := gooseUp(context.Background()); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(pgtest.Main(m))
}

// gooseUp applies the migrations as an app's release command does.
func gooseUp(ctx context.Context) error {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS(MigrationsDir))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// bare is the release of an app without a guard: a real goose process.
func bare(t *testing.T) Release {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Command(t.Output(), nil, self, gooseArg)
}

// migrate is a release that executes sql in one transaction.
func migrate(sql string) Release {
	return func(ctx context.Context, p Phase) (int, error) {
		conn, err := pgx.Connect(ctx, p.URL)
		if err != nil {
			return 0, err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, sql)
		return 0, err
	}
}

// renameAndView is the rename-table migration with the shim made by hand.
const renameAndView = `
ALTER TABLE users RENAME TO accounts;
CREATE VIEW users (id, email, name, n, domain, created_at) AS
	SELECT id, email, name, n, domain, created_at FROM accounts;
`

// run plays sc in a fresh database of the newest server with a load that is
// small enough for a test.
func run(t *testing.T, sc Scenario, opts Options) Result {
	t.Helper()
	return runOn(t, pgtest.New(t), sc, opts)
}

func runOn(t *testing.T, db *pgtest.DB, sc Scenario, opts Options) Result {
	t.Helper()
	opts.URL = db.URL
	byDefault(&opts.MinOldStatements, 1500)
	byDefault(&opts.MinNewStatements, 200)
	byDefault(&opts.StallLimit, deadline) // a busy machine is no failure here
	res, err := Run(t.Context(), sc, opts)
	if err != nil {
		t.Fatal(err)
	}
	return res
}
