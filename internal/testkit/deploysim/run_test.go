package deploysim

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestBareMigrationsBreakOldCode is the reason for the guard: each shipped
// migration, run by goose alone, makes old code fail in the way PostgreSQL is
// known to.
func TestBareMigrationsBreakOldCode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scenario Scenario
		sqlstate string
	}{
		{RenameTable(), "42P01"},  // undefined table
		{RenameColumn(), "42703"}, // undefined column
		{RenameColumn(), "0A000"}, // cached plan must not change result type
		{DropColumn(), "42703"},
	} {
		t.Run(tc.scenario.Name+" "+tc.sqlstate, func(t *testing.T) {
			t.Parallel()
			res := run(t, tc.scenario, Options{Mode: "bare", Release: bare(t)})
			if res.Outcome != Migrated || res.Exit != 0 {
				t.Fatalf("release %s, exit %d", res.Outcome, res.Exit)
			}
			if res.Old.Failures[tc.sqlstate].Count == 0 {
				t.Errorf("no failure %s in %+v", tc.sqlstate, res.Old.Failures)
			}
			if res.New.Statements < 200 || res.New.Failed != 0 {
				t.Errorf("new code: %+v", res.New)
			}
			if res.Lost != 0 || len(res.Dead) != 0 {
				t.Errorf("lost %v, dead %v", res.LostExamples, res.Dead)
			}
			if res.Window <= 0 || res.AfterRelease < 500 {
				t.Errorf("window %v with %d statements", res.Window, res.AfterRelease)
			}
			var table strings.Builder
			if err := Table(&table, []Result{res}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(table.String(), "old code: "+tc.sqlstate) {
				t.Errorf("the table hides %s:\n%s", tc.sqlstate, table.String())
			}
		})
	}
}

// TestShimmedRename shows that the workload itself is sound: behind a view old
// code has nothing to complain of, on every PostgreSQL.
func TestShimmedRename(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		res := runOn(t, db, RenameTable(), Options{
			Release:          migrate(renameAndView),
			MinOldStatements: 5000,
		})
		if !res.OK() || res.Outcome != Migrated {
			t.Errorf("%+v", res)
		}
		if res.Old.Statements < 5000 || res.AfterRelease < 5000/3 {
			t.Errorf("%d old statements, %d in the window", res.Old.Statements, res.AfterRelease)
		}
	})
}

func TestRefusedReleaseLeavesOldCodeAlone(t *testing.T) {
	t.Parallel()
	refuse := func(context.Context, Phase) (int, error) { return 77, nil }
	res := run(t, RenameColumn(), Options{Release: refuse})
	if !res.OK() || res.Outcome != Refused || res.New.Statements != 0 || res.Window != 0 {
		t.Errorf("%+v", res)
	}
	if res.AfterRelease < 500 {
		t.Errorf("%d statements after the refusal", res.AfterRelease)
	}
}

// TestFailureAfterCommit: the platform would keep the old code on the new
// schema for good.
func TestFailureAfterCommit(t *testing.T) {
	t.Parallel()
	res := run(t, DropColumn(), Options{Release: func(ctx context.Context, p Phase) (int, error) {
		_, err := migrate(`ALTER TABLE customers DROP COLUMN nickname; COMMENT ON TABLE customers IS 'without nicknames'`)(ctx, p)
		return 1, err
	}})
	if res.Outcome != FailedCommitted || res.OK() || res.New.Statements != 0 {
		t.Errorf("%+v", res)
	}
}

// TestSlowRelease: the old dynos have sent all they have to before the release
// ends, and still give the window its share.
func TestSlowRelease(t *testing.T) {
	t.Parallel()
	const minimum = 900
	res := run(t, RenameTable(), Options{
		MinOldStatements: minimum,
		Release: func(ctx context.Context, p Phase) (int, error) {
			// About one statement in 15 inserts an order.
			if err := awaitRows(ctx, p.URL, `SELECT count(*) >= 90 FROM orders`); err != nil {
				return 0, err
			}
			return migrate(renameAndView)(ctx, p)
		},
	})
	before := res.Old.Statements - res.AfterRelease
	if before < minimum || res.AfterRelease < minimum/3 {
		t.Errorf("%d statements before the end of the release, %d after", before, res.AfterRelease)
	}
}

// awaitRows asks query, of one boolean, until it answers true or ctx ends.
func awaitRows(ctx context.Context, url, query string) error {
	p, err := startProbe(ctx, url, query)
	if err != nil {
		return err
	}
	err = <-p.ended
	p.stop()
	return err
}

// TestLostWrite deletes rows behind the dynos' back that they never touch
// again.
func TestLostWrite(t *testing.T) {
	t.Parallel()
	res := run(t, RenameTable(), Options{Release: migrate(renameAndView + `
DELETE FROM orders WHERE id IN (SELECT id FROM orders ORDER BY id LIMIT 3)`)})
	if res.Lost != 3 || len(res.LostExamples) != 3 || res.OK() {
		t.Errorf("lost %d: %v", res.Lost, res.LostExamples)
	}
}

// TestLostAddition takes back what transactions have added to rows all dynos
// share.
func TestLostAddition(t *testing.T) {
	t.Parallel()
	res := run(t, RenameTable(), Options{Release: migrate(renameAndView + `
UPDATE accounts SET n = n - 1 WHERE email LIKE 'seed-%' AND n > 0`)})
	if res.Lost == 0 || !strings.Contains(strings.Join(res.LostExamples, "\n"), "additions to seed-") {
		t.Errorf("lost %d: %v", res.Lost, res.LostExamples)
	}
}

// TestSwallowedWrites puts shims in the old table's place that look right and
// are wrong.
func TestSwallowedWrites(t *testing.T) {
	t.Parallel()
	t.Run("no row", func(t *testing.T) {
		t.Parallel()
		res := run(t, RenameTable(), Options{Release: migrate(renameAndView + `
CREATE RULE swallow AS ON DELETE TO users DO INSTEAD NOTHING`)})
		if res.Old.Failures[codeNoData].Count == 0 || res.OK() {
			t.Errorf("failures %v", res.Old.Failures)
		}
	})
	t.Run("one row", func(t *testing.T) {
		t.Parallel()
		res := run(t, RenameTable(), Options{Release: migrate(renameAndView + `
CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER swallow INSTEAD OF UPDATE ON users FOR EACH ROW EXECUTE FUNCTION swallow()`)})
		if res.Lost == 0 || !strings.Contains(strings.Join(res.LostExamples, "\n"), "users: value ") {
			t.Errorf("lost %d: %v", res.Lost, res.LostExamples)
		}
	})
}

func TestKilledDynoIsReported(t *testing.T) {
	t.Parallel()
	for name, victims := range map[string]int{"one": 1, "all": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := run(t, RenameTable(), Options{Release: func(ctx context.Context, p Phase) (int, error) {
				for _, pid := range p.Dynos[:victims] {
					if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
						return 0, err
					}
				}
				return migrate(renameAndView)(ctx, p)
			}})
			if len(res.Dead) != victims || res.OK() || !strings.Contains(res.Dead[0], "old.1: ended early (signal: killed)") {
				t.Errorf("dead: %q", res.Dead)
			}
		})
	}
}

// TestBrokenConnections cuts every dyno off in the middle of its work: they
// connect again, and no write the server had acknowledged is missing.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	res := run(t, RenameTable(), Options{Release: migrate(renameAndView + `;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE application_name LIKE 'old.%' AND datname = current_database()`)})
	failed := res.Old.Failures["57P01"].Count + res.Old.Failures[codeConnection].Count
	if failed < 6 || failed != res.Old.Failed {
		t.Errorf("%d of 6 connections broke: %v", failed, res.Old.Failures)
	}
	if res.Lost != 0 || len(res.Dead) != 0 || res.AfterRelease < 500 {
		t.Errorf("%+v", res)
	}
}

func TestStallsCountAsFailures(t *testing.T) {
	t.Parallel()
	res := run(t, RenameTable(), Options{Release: migrate(renameAndView), StallLimit: 1})
	if n := res.Old.Failures[codeStalled].Count; n != res.Old.Statements {
		t.Errorf("%d of %d statements took longer than 1 ns", n, res.Old.Statements)
	}
	if res.Lost != 0 {
		t.Errorf("lost %v", res.LostExamples)
	}
}

func TestRunEndsWithTheReleaseError(t *testing.T) {
	t.Parallel()
	broken := errors.New("no such runner")
	var pids []int
	_, err := Run(t.Context(), RenameTable(), Options{
		URL:              pgtest.New(t).URL,
		MinOldStatements: 10,
		Release: func(_ context.Context, p Phase) (int, error) {
			pids = p.Dynos
			return 0, broken
		},
	})
	if !errors.Is(err, broken) {
		t.Fatalf("error %v", err)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("dyno %d is still there: %v", pid, err)
		}
	}
}
