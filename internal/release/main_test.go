package release_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimURL) != "" {
		victim()
	}
	if sql := os.Getenv(runnerSQL); sql != "" {
		os.Exit(actAsRunner(context.Background(), sql))
	}
	if name := os.Getenv(victimScenario); name != "" {
		os.Exit(actInScenario(context.Background(), name))
	}
	os.Exit(pgtest.MainFilled(m, makeLedger))
}

// makeLedger spares each test's first run 60 ms of CPU time: the ledger's room tests
// how it is made.
func makeLedger(ctx context.Context, url string) error {
	config, err := pg.Parse(url)
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, config.ConnConfig(), ledger.Options{})
	if err != nil {
		return err
	}
	return errors.Join(l.Lock(ctx, patience, nil), l.Close())
}
