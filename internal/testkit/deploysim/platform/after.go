package platform

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// Settlers are the processes of "migguard settle" in the app's dynos.
func (a *App) Settlers() []int { return a.processes("migguard\x00settle\x00") }

// processes are those that know this platform's address and have one of these texts in
// their command line.
func (a *App) processes(texts ...string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		command, err := os.ReadFile(file)
		if err != nil || !slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(command, []byte(text)) }) {
			continue
		}
		env, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "environ"))
		if bytes.Contains(env, []byte("HEROKU_API_URL="+a.Platform.URL+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// SignalSettlers sends a signal to each of them.
func (a *App) SignalSettlers(signal syscall.Signal) {
	for _, pid := range a.Settlers() {
		_ = syscall.Kill(pid, signal)
	}
}

// Rests waits until no dyno settles any more, and none is about to: a profile script
// that still runs, or what it has begun and is still its shell, may do so. One that
// begins while another one's end is looked for is there at the second look.
func (a *App) Rests(t testing.TB) {
	t.Helper()
	rests := func() bool { return len(a.processes("migguard\x00settle\x00", "/.profile.d/")) == 0 }
	Eventually(t, "no dyno settles", func() bool {
		once := rests()
		return once && rests()
	})
}

// Quantity is how many dynos of a type the formation has; -1 without the type.
func Quantity(s herokutest.State, dynoType string) int {
	at := slices.IndexFunc(s.Formation, func(p herokutest.Process) bool { return p.Type == dynoType })
	if at < 0 {
		return -1
	}
	return s.Formation[at].Quantity
}

// Calm is an app of two workers as it should be when nothing is going on.
func Calm(s herokutest.State) bool {
	return !s.Maintenance && Quantity(s, "worker") == 2 && s.RolledOut()
}

// WantUntroubled fails if anybody noticed more than maintenance mode.
func (a *App) WantUntroubled(t testing.TB, v *Visitor) {
	t.Helper()
	v.End()
	if len(v.Failures) > 0 {
		t.Errorf("%d requests failed: %q", len(v.Failures), v.Failures[0])
	}
	for line := range strings.Lines(a.Log.String()) {
		if strings.Contains(line, "heroku[router]: at=error") {
			t.Errorf("a request failed: %s", line)
		}
	}
	if trouble := a.DB.Query(t, "SELECT text FROM "+troubleTable); len(trouble) > 0 {
		t.Errorf("workers failed: %q", trouble)
	}
	if v.Served == 0 {
		t.Error("no request was served")
	}
}

// WantColumns compares the columns of a relation, besides id, in their order
// and with commas between them; "" where there is no such relation.
func (a *App) WantColumns(t testing.TB, relation, want string) {
	t.Helper()
	got := a.DB.Value(t, `SELECT coalesce(string_agg(attname, ',' ORDER BY attnum), '') FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attname <> 'id'`, relation)
	if got != want {
		t.Errorf("%s has %q, want %q", relation, got, want)
	}
}

// WantSettled fails unless migguard has left nothing open.
func (a *App) WantSettled(t testing.TB) {
	t.Helper()
	if open := a.DB.Query(t, "SELECT id, state, note FROM migguard.maintenance WHERE closed_at IS NULL"); len(open) > 0 {
		t.Errorf("maintenance that is not over: %q", open)
	}
	if running := a.DB.Query(t, "SELECT id, version FROM migguard.release WHERE outcome = 'running'"); len(running) > 0 {
		t.Errorf("runs that are not over: %q", running)
	}
	Eventually(t, "no session but the dynos' is left", func() bool {
		return a.DB.Value(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND backend_type = 'client backend' AND application_name <> $1 AND pid <> pg_backend_pid()`, SessionName) == "0"
	})
}
