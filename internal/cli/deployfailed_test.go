package cli_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// TestFailedAfterMigguard: a run that succeeded makes no release when what the
// release command does after it fails. No dynos come that fit the schema, and
// settle says so at once, however old the release is that is out.
func TestFailedAfterMigguard(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	v := s.Visit(t)
	half := after()
	half.Then = "exit 1"
	s.Ends(t, s.Push(t, half), herokutest.Failed)
	s.WantColumns(t, "users", "remark")
	for _, flags := range [][]string{nil, {"--deadline", "1ms"}} {
		s.settle(flags...).run(t).expect(t, 77, "maintenance mode stays on", "release a fix", "migguard maintenance off --app shop")
	}
	r := s.Push(t, using("users", "remark", createUsers, renameColumn, "SELECT 1/0"))
	s.Ends(t, r, herokutest.Failed)
	if r.ExitStatus() != 77 {
		t.Errorf("exit status %d, want 77: %s", r.ExitStatus(), r.Output())
	}
	if !s.State().Maintenance {
		t.Error("the old code gets requests, and does not survive what was committed")
	}
	s.Ends(t, s.Push(t, after()), herokutest.Succeeded)
	s.Becomes(t, "all is as before", platform.Calm)
	s.Rests(t)
	s.WantUntroubled(t, v)
	s.WantSettled(t)
}

// TestSettleWaitsForPending: while the release command still does something
// after migguard, its release is not out, and the one that is out is no reason
// to give up.
func TestSettleWaitsForPending(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	v := s.Visit(t)
	slow := after()
	slow.Then = "read line <go"
	folder := buildpack().Folder(t, slow)
	if err := syscall.Mkfifo(filepath.Join(folder, "go"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := s.PushFolder(t, slow, folder)
	// By any other name the sessions that look would keep the database from being
	// quiet.
	config, err := pgx.ParseConfig(s.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["application_name"] = "migguard"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	platform.Eventually(t, "migguard has succeeded", func() (done bool) {
		if err := conn.QueryRow(t.Context(), "SELECT count(*) = 2 FROM migguard.release WHERE outcome = 'succeeded'").Scan(&done); err != nil {
			t.Fatal(err)
		}
		return done
	})
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	settles := s.settle("--deadline", "1ms").start(t)
	settles.stderr.await(t, "waiting: v3 is pending")
	if err := os.WriteFile(filepath.Join(folder, "go"), []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	s.Ends(t, r, herokutest.Succeeded)
	settles.wait(t)
	s.Becomes(t, "all is as before", platform.Calm)
	s.Rests(t)
	s.WantUntroubled(t, v)
	s.WantSettled(t)
}
