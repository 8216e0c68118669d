package cli_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const (
	createUsers  = "CREATE TABLE users (id int PRIMARY KEY, note text)"
	renameColumn = "ALTER TABLE users RENAME COLUMN note TO remark"
	renameTable  = "ALTER TABLE users RENAME TO people"

	underMaintenance = "[policy]\nrenamed-column = [\"maintenance\"]\n" + stopsWorkers
	stopsWorkers     = "[maintenance]\nstop = [\"worker\"]\n"
)

// using is code that needs a column of a table, and has these migrations.
func using(table, column string, migrations ...string) platform.Code {
	return platform.Using(table, column, underMaintenance, migrations...)
}

// The builds of most tests: before and after the renaming of a column.
func before() platform.Code { return using("users", "note", createUsers) }
func after() platform.Code  { return using("users", "remark", createUsers, renameColumn) }

// divides is after with a last step that fails.
func divides() platform.Code {
	c := using("users", "remark", createUsers, renameColumn+";\nSELECT 1/0")
	c.ID = "divides"
	return c
}

// buildpack is the one that is tested.
func buildpack() platform.Buildpack {
	return platform.Buildpack{Program: program}
}

// A shop is an app on the platform.
type shop struct{ *platform.App }

// newShop has a web and two workers of the build before.
func newShop(t *testing.T, config herokutest.AppConfig) *shop {
	t.Helper()
	s := emptyShop(t, pgtest.New(t), config)
	s.RollOut(t, before())
	return s
}

// emptyShop has no code yet.
func emptyShop(t *testing.T, db *pgtest.DB, config herokutest.AppConfig) *shop {
	t.Helper()
	s, log := &shop{}, newWatched()
	t.Cleanup(func() { // after what ends the platform
		if s.App != nil {
			searchLog(t, log, s.Platform, db)
		}
	})
	s.App = platform.New(t, platform.Config{Buildpack: buildpack(), DB: db, App: config, Log: log})
	return s
}

// overlap is for how long old dynos may run without being listed, as the app's dynos have it.
func (s *shop) overlap() string {
	return "MIGGUARD_OVERLAP=" + s.State().ConfigVars["MIGGUARD_OVERLAP"]
}

// settle is "migguard settle --wait" on a laptop.
func (s *shop) settle(flags ...string) call {
	return on(s.DB.URL, append([]string{"settle", "--wait", "--app", platform.Name}, flags...)...).with(
		"HEROKU_API_URL="+s.Platform.URL, "HEROKU_API_KEY="+s.Platform.Token, s.overlap(),
		"MIGGUARD_RETRY_FOR="+s.State().ConfigVars["MIGGUARD_RETRY_FOR"])
}
