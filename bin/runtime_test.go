package bin_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slug compiles an app with a program whose settle is script, and whose boot is
// what the variable BOOT says.
func slug(t *testing.T, script string) *site {
	t.Helper()
	s := newSite(t)
	s.vendor([]byte("#!/bin/sh\nif [ \"$1\" = version ]; then echo migguard v0.0.0-stand-in; exit; fi\n" +
		"if [ \"$1\" = boot ]; then eval \"${BOOT:-}\"; exit; fi\n" + script))
	s.wantSuccess(s.compile())
	return s
}

// dynos says in which dynos settle starts.
var dynos = map[string]bool{
	"web.1": true, "worker.12": true, "scheduler.4321": true, "web-12a34b56d-e78f9": true,
	"release-notes.1": true, "run-jobs-12a34b56d-e78f9": true,
	"release.1234": false, "run.9157": false, "release-12a34b56d-e78f9": false, "run-12a34b56d-e78f9": false, "": false,
}

// TestSettleStarts in the dynos that it is for, and nobody minds that it fails.
// Only settle holds stderr when bash has ended, so that the end of stderr is the
// end of settle.
func TestSettleStarts(t *testing.T) {
	t.Parallel()
	s := slug(t, "echo \"$*\" >&2; exit 70\n")
	for dyno, starts := range dynos {
		t.Run("DYNO="+dyno, func(t *testing.T) {
			t.Parallel()
			for _, set := range []string{":", "set -euo pipefail", "set -m", "set -o posix", "trap 'echo trapped' ERR EXIT; trap - EXIT"} {
				cmd := s.dyno(s.build, dyno, set+"; . .profile.d/migguard.sh; echo \"booted $?\"")
				var stdout, stderr bytes.Buffer
				cmd.Stdout, cmd.Stderr = &stdout, &stderr
				if err := cmd.Run(); err != nil {
					t.Errorf("%s: %v", set, err)
				}
				want := ""
				if starts {
					want = "settle --background\n"
				}
				if stdout.String() != "booted 0\n" || stderr.String() != want {
					t.Errorf("%s: stdout %q, stderr %q", set, &stdout, &stderr)
				}
			}
		})
	}
}

// steering is a boot that finds what to set: a path as odd as it can be. What is to
// be announced it writes to the pipe ANNOUNCED.
const steering = `if [ "${2:-}" = --announce ]; then printf '%s' "${PGOPTIONS:-none}" >"$ANNOUNCED"; exit; fi
printf '%s\n' "export PGOPTIONS='-c work_mem=4MB -c search_path=mg_1,\\ \"\$user\",\\ \"it'\\''s\"'"`

const steered = `-c work_mem=4MB -c search_path=mg_1,\ "$user",\ "it's"`

// TestBootSteers: the process has what boot found, and the same environment
// announces it; with no answer, or one that is late, the process has none.
func TestBootSteers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ boot, want string }{
		"found": {steering, steered},
		"none":  {`[ "${2:-}" != --announce ] || printf none >"$ANNOUNCED"`, ""},
		"fails": {`[ "${2:-}" != --announce ] || printf none >"$ANNOUNCED"; exit 70`, ""},
		"hangs": {`[ "${2:-}" != --announce ] || { printf none >"$ANNOUNCED"; exit; }; read -r x <"$ANNOUNCED.never"`, ""},
	} {
		for _, set := range []string{":", "set -euo pipefail", "set -o posix"} {
			t.Run(name+" "+set, func(t *testing.T) {
				t.Parallel()
				s := slug(t, "exit 0\n")
				announced := filepath.Join(s.root, "announced")
				for _, pipe := range []string{announced, announced + ".never"} {
					if err := syscall.Mkfifo(pipe, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				cmd := s.dyno(s.build, "web.1", set+"; . .profile.d/migguard.sh; printf %s \"${PGOPTIONS:-}\"")
				cmd.Env = append(cmd.Env, "BOOT="+c.boot, "ANNOUNCED="+announced, "PATH="+toolbox+":/usr/bin:/bin")
				cmd.Stderr = os.Stderr // the announcement holds it until it is read
				out, err := cmd.Output()
				if err != nil || string(out) != c.want {
					t.Errorf("%v: the process has %q, want %q", err, out, c.want)
				}
				want := c.want
				if want == "" {
					want = "none"
				}
				if got := read(t, announced); got != want {
					t.Errorf("announced %q, want %q", got, want)
				}
			})
		}
	}
}

// TestExecDSteers reads the answer as the lifecycle's launcher does.
func TestExecDSteers(t *testing.T) {
	t.Parallel()
	s := slug(t, "exit 0\n")
	program := filepath.Join(s.root, "boot")
	var text string
	for _, part := range []string{"boot", "answer", "announce"} {
		text += read(t, filepath.Join(s.buildpack, "bin/runtime", part+".sh"))
	}
	if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	announced := filepath.Join(s.root, "announced")
	if err := syscall.Mkfifo(announced, 0o600); err != nil {
		t.Fatal(err)
	}
	for boot, want := range map[string]string{
		steering: `PGOPTIONS = "-c work_mem=4MB -c search_path=mg_1,\\ \"$user\",\\ \"it's\""` + "\n",
		`[ "${2:-}" != --announce ] || printf none >"$ANNOUNCED"`: "",
	} {
		answer := s.execD("web-12a34b56d-e78f9", program, filepath.Join(s.build, ".migguard/bin"), "BOOT="+boot, "ANNOUNCED="+announced)
		if answer != want {
			t.Errorf("%s\nwant %s", answer, want)
		}
		if got := read(t, announced); (got == steered) != (want != "") {
			t.Errorf("announced %q", got)
		}
	}
}

// TestProfileLeavesNothing compares bash before and after it has sourced the
// script, twice: only PATH is new, and it is not longer the second time.
func TestProfileLeavesNothing(t *testing.T) {
	t.Parallel()
	s := slug(t, "exit 0\n")
	const script = `
state() { shopt -p; set +o; compgen -v; declare -F; trap -p; alias; echo "$-" "$PWD" "$IFS" "${!-}"; jobs; }
before='' after='' path=''; : | :; state >/dev/null
before=$(state); . .profile.d/migguard.sh; path=$PATH; . .profile.d/migguard.sh; after=$(state)
[ "$before" = "$after" ] || diff <(echo "$before") <(echo "$after")
[ "$path" = "$PATH" ] || echo "PATH grows"
echo "$PATH"`
	for _, set := range []string{"", "set -eu\n", "set -f\n"} {
		cmd := s.dyno(s.build, "web.1", set+script)
		cmd.Env = append(cmd.Env, "PATH="+toolbox+":/usr/bin:/bin") // diff
		out, err := cmd.CombinedOutput()
		if want := s.build + "/.migguard/bin:" + toolbox + ":/usr/bin:/bin\n"; err != nil || string(out) != want {
			t.Errorf("%q: %v: got\n%s\nwant\n%s", set, err, out, want)
		}
	}
}

// gated is a settle that waits until something is written to the file gate, says
// that it has been there, and where its own streams lead.
const gated = `echo "$(cut -d ' ' -f 6 /proc/$$/stat) $$ $(readlink /proc/$$/fd/0 /proc/$$/fd/1 | tr '\n' ' ')" >"$GATE.out"
read -r x <"$GATE"
echo ended >"$GATE.out"
`

// gate makes the two pipes of gated.
func (s *site) gate() string {
	s.t.Helper()
	name := filepath.Join(s.root, "gate")
	for _, pipe := range []string{name, name + ".out"} {
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return name
}

// wantGated checks that settle is still there, in a session of its own, holding
// neither stdin nor stdout; and lets it go.
func (s *site) wantGated(gate string) {
	s.t.Helper()
	fields := strings.Fields(read(s.t, gate+".out"))
	if len(fields) != 4 || fields[0] != fields[1] || fields[2] != "/dev/null" || fields[3] != "/dev/null" {
		s.t.Errorf("session, process, stdin and stdout of settle: %q", fields)
	}
	if err := os.WriteFile(gate, []byte("go\n"), 0); err != nil {
		s.t.Fatal(err)
	}
	if got := read(s.t, gate+".out"); got != "ended\n" {
		s.t.Errorf("settle said %q", got)
	}
}

// TestBootDoesNotWait boots while settle does not end.
func TestBootDoesNotWait(t *testing.T) {
	t.Parallel()
	s := slug(t, gated)
	gate := s.gate()
	cmd := s.dyno(s.build, "web.1", ". .profile.d/migguard.sh; echo booted")
	cmd.Env = append(cmd.Env, "GATE="+gate, "PATH="+toolbox+":/usr/bin:/bin")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout // read to its end: settle must not hold it
	if err := cmd.Run(); err != nil || stdout.String() != "booted\n" {
		t.Errorf("%v: %q", err, &stdout)
	}
	s.wantGated(gate)
}

// TestExecDDoesNotHoldTheLauncher calls the exec.d program as the lifecycle's
// launcher does, which reads file 3 up to its end before it starts the process.
func TestExecDDoesNotHoldTheLauncher(t *testing.T) {
	t.Parallel()
	s := slug(t, gated)
	gate := s.gate()
	if err := os.Chmod(filepath.Join(s.buildpack, "bin/runtime/settle.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out := s.execD("web-12a34b56d-e78f9", filepath.Join(s.buildpack, "bin/runtime/settle.sh"),
		filepath.Join(s.build, ".migguard/bin"), "GATE="+gate); out != "" {
		t.Errorf("it sets variables: %q", out)
	}
	s.wantGated(gate)
}

// execD runs an exec.d program, with bin on PATH, and returns its answer.
func (s *site) execD(dyno, name, bin string, environ ...string) string {
	s.t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	defer reader.Close()
	cmd := exec.CommandContext(s.t.Context(), name)
	cmd.Env = append([]string{"DYNO=" + dyno, "HOME=" + s.root, "PATH=" + bin + ":" + toolbox + ":/usr/bin:/bin"}, environ...)
	cmd.ExtraFiles = []*os.File{writer}
	err = cmd.Run()
	writer.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := reader.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	answer, err := io.ReadAll(reader)
	if err != nil {
		s.t.Errorf("read the answer of %s: %v", name, err)
	}
	return string(answer)
}
