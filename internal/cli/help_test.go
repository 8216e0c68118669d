package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestHelp keeps what users read as it was agreed on.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "run", "plan", "settle", "status", "doctor", "shims", "tasks", "boot", "scan", "hazards", "explain", "demo", "version",
		"maintenance", "maintenance on", "maintenance off", "maintenance status", "shims drop", "shims keep", "tasks drop"} {
		name, args := "help.txt", []string{"--help"}
		if command != "" {
			name, args = "help_"+strings.ReplaceAll(command, " ", "_")+".txt", append(strings.Fields(command), "--help")
		}
		r := call{args: args}.run(t)
		r.expect(t, 0)
		golden(t, name, r.stdout)
		if r.stderr != "" {
			t.Errorf("%s: stderr: %s", command, r.stderr)
		}
		if !strings.Contains(r.stdout, "\n      migguard "+command) && command != "" && command != "boot" {
			t.Errorf("%s: no example", command)
		}
	}
	none := call{}.run(t)
	if none.expect(t, 0); none.stdout != (call{args: []string{"--help"}}).run(t).stdout {
		t.Errorf("without a command there is no help:\n%s", none.stdout)
	}
}

// TestVersion needs no database.
func TestVersion(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"version", "--version"} {
		r := call{args: []string{word}}.run(t)
		if r.expect(t, 0); r.stdout != "migguard v0.0.0-test\n" || r.stderr != "" {
			t.Errorf("%s: stdout %q, stderr %q", word, r.stdout, r.stderr)
		}
	}
}

// TestUsageErrors are one line each, with the whole help nowhere.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"run --frce", `migguard: --frce is no flag of "migguard run"; see "migguard run --help"`},
		{"shims dropp s1", `migguard: "dropp" is not expected here; there are: migguard shims drop, migguard shims keep`},
		{"tasks give-up 3", `migguard: "give-up" is not expected here; there are: migguard tasks drop`},
		{"shims -x", `migguard: --x is no flag of "migguard shims"; see "migguard shims --help"`},
		{"demo --pg 9", `migguard: --pg "9": majors from 14 on, comma-separated`},
		{"demo --scenario none", `migguard: --scenario "none" is not known; there are: rename-table, rename-column, drop-column`},
		{"explain", `migguard: name one hazard, as in "migguard explain dropped-column"; "migguard hazards" lists them; flags stand before it`},
		{"explain dropped-table --format json", `migguard: name one hazard, as in "migguard explain dropped-column"; "migguard hazards" lists them; flags stand before it`},
		{"explain dropped", `migguard: "dropped" is no hazard; there are blocking-alter, blocking-constraint, blocking-index, blocking-partition, blocking-refresh, changed-session, detached-partition, dropped-column, dropped-extension, dropped-function, dropped-sequence, dropped-table, dropped-type, dropped-view, explicit-identity, hidden-rows, intercepted-write, locked-rows, lost-arbiter, refused-login, rejected-write, renamed-column, renamed-constraint, renamed-label, renamed-table, required-column, retyped-column, reused-keys, revoked-right, stale-plan, truncated-table, unfilled-column, unfit-session, vetted-write`},
		{"explain --format yaml dropped-table", `migguard: --format "yaml" is not known: text or json`},
		{"hazards dropped-table", `migguard: "dropped-table" is not expected here`},
		{"rnu", `migguard: "rnu" is no command; there are: run, plan, settle, status, doctor, shims, tasks, maintenance, boot, scan, hazards, explain, demo, version, help`},
		{"run --lock-wait soon", `migguard: invalid value "soon" for flag -lock-wait: parse error; see "migguard run --help"`},
	} {
		r := on("postgres://nobody@127.0.0.1:1/none", strings.Fields(tt.args)...).run(t)
		if r.code != 64 || r.stdout != "" || r.stderr != tt.want+"\n" {
			t.Errorf("%s: exit status %d, stdout %q, stderr\n%swant\n%s", tt.args, r.code, r.stdout, r.stderr, tt.want)
		}
	}
}

// TestHazards needs no database either.
func TestHazards(t *testing.T) {
	t.Parallel()
	r := call{args: []string{"hazards"}}.run(t)
	r.expect(t, 0)
	golden(t, "hazards.txt", r.stdout)
	var all []struct{ ID, Kind, SQLState, Explanation, Verdicts, Remedy string }
	r = call{args: []string{"hazards", "--format", "json"}}.run(t)
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil || len(all) == 0 {
		t.Fatalf("%v:\n%s", err, r.stdout)
	}
	for _, h := range all {
		byID := call{args: []string{"explain", h.ID}}.run(t)
		byID.expect(t, 0)
		if head := h.ID + " (" + h.Kind + ", SQLSTATE " + h.SQLState + ")"; !strings.HasPrefix(byID.stdout, head) {
			t.Errorf("not %s:\n%s", head, byID.stdout)
		}
		byCode := call{args: []string{"explain", strings.ToLower(h.SQLState)}}.run(t)
		if byCode.expect(t, 0); byCode.stdout != byID.stdout {
			t.Errorf("%s is not %s", h.SQLState, h.ID)
		}
		if h.Explanation == "" || h.Verdicts == "" || h.Remedy == "" {
			t.Errorf("%+v", h)
		}
		one := call{args: []string{"explain", "--format", "json", h.ID}}.run(t)
		one.expect(t, 0)
		if !strings.Contains(r.stdout, strings.Split(one.stdout, "\n")[1]) {
			t.Errorf("%s is not in the list", one.stdout)
		}
	}
}
