package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// settlers are the processes of "migguard settle" in the app's dynos: those
// that know this platform's address.
func (s *shop) settlers() (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		command, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(command, []byte("migguard\x00settle\x00")) {
			continue
		}
		env, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "environ"))
		if bytes.Contains(env, []byte("HEROKU_API_URL="+s.platform.URL+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

func (s *shop) signalSettlers(signal syscall.Signal) {
	for _, pid := range s.settlers() {
		_ = syscall.Kill(pid, signal)
	}
}

// rested waits until no dyno settles any more.
func (s *shop) rested(t *testing.T) {
	t.Helper()
	eventually(t, "no dyno settles", func() bool { return len(s.settlers()) == 0 })
}

// wantSettled fails unless migguard has left nothing open.
func (s *shop) wantSettled(t *testing.T) {
	t.Helper()
	if open := s.db.Query(t, "SELECT id, state, note FROM migguard.maintenance WHERE closed_at IS NULL"); len(open) > 0 {
		t.Errorf("maintenance that is not over: %q", open)
	}
	if running := s.db.Query(t, "SELECT id, version FROM migguard.release WHERE outcome = 'running'"); len(running) > 0 {
		t.Errorf("runs that are not over: %q", running)
	}
	eventually(t, "no session but the dynos' is left", func() bool {
		return s.db.Value(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND backend_type = 'client backend' AND application_name <> $1 AND pid <> pg_backend_pid()`, dynoSession) == "0"
	})
}
