package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestPassThrough: the command's input, output and status are as without
// migguard, which adds lines to stderr and nothing else.
func TestPassThrough(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	c := on(db.URL, "run", "--", "sh", "-c", `echo out; echo err >&2; read x; echo "got $x"; exit 3`)
	c.stdin = strings.NewReader("word\n")
	r := c.run(t)
	r.expect(t, 3, "migguard: running ", "\nerr\n", "migguard: failed: ", "exited with status 3")
	if r.stdout != "out\ngot word\n" {
		t.Errorf("stdout %q", r.stdout)
	}
	for line := range strings.Lines(strings.Replace(r.stderr, "err\n", "", 1)) {
		if !strings.HasPrefix(line, "migguard: ") {
			t.Errorf("a line of whom? %q", line)
		}
	}
}

// TestUnbuffered: what the command writes is there before it ends, in order
// even where both outputs are one.
func TestUnbuffered(t *testing.T) {
	t.Parallel()
	run, stdin := shell(t, pgtest.New(t), "printf 1; printf 2 >&2; read x; printf 3; printf 4 >&2")
	run.stdout.await(t, "1")
	run.stderr.await(t, "2")
	_ = stdin.Close()
	run.wait(t).expect(t, 0)

	cmd := exec.Command(program, "run", "--", "for i in 1 2 3 4 5 6 7 8 9; do echo out$i; echo err$i >&2; done")
	cmd.Dir, cmd.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "DATABASE_URL=" + pgtest.New(t).URL}
	both, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, both)
	}
	want := "out1\nerr1\nout2\nerr2\nout3\nerr3\nout4\nerr4\nout5\nerr5\nout6\nerr6\nout7\nerr7\nout8\nerr8\nout9\nerr9\n"
	if !strings.Contains(string(both), want) {
		t.Errorf("out of order:\n%s", both)
	}
}

// TestKilledCommand: the shell's convention, 128 and the signal's number.
func TestKilledCommand(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for signal, code := range map[string]int{"KILL": 137, "TERM": 143, "SEGV": 139} {
		on(db.URL, "run", "--", "sh", "-c", "kill -"+signal+" $$").run(t).
			expect(t, code, "failed: ", "was ended by signal")
	}
}

// TestVerbose: a line for each statement only when asked for.
func TestVerbose(t *testing.T) {
	t.Parallel()
	app := newSQL(t, "goose", "first")
	quiet := on(pgtest.New(t).URL, "run").in(app).run(t)
	if quiet.expect(t, 0); strings.Contains(quiet.stderr, "CREATE TABLE") {
		t.Errorf("not so quiet:\n%s", quiet.stderr)
	}
	on(pgtest.New(t).URL, "run", "--verbose").in(app).run(t).expect(t, 0,
		"migguard: ran      CREATE TABLE users (", "migguard: ran      ALTER TABLE users RENAME TO accounts (")
}

// TestColor needs a terminal, which script(1) makes.
func TestColor(t *testing.T) {
	t.Parallel()
	const bold = "\x1b[1m"
	for _, tt := range []struct {
		flags, env string
		want       bool
	}{
		{"", "TERM=xterm", true},
		{"--no-color", "TERM=xterm", false},
		{"", "NO_COLOR=1", false},
		{"", "TERM=dumb", false},
	} {
		line := program + " run " + tt.flags + " -- true"
		cmd := exec.Command("script", "--quiet", "--return", "--command", line, "/dev/null")
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DATABASE_URL=" + pgtest.New(t).URL, tt.env}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "succeeded") {
			t.Fatalf("%s %s: %v\n%s", tt.flags, tt.env, err, out)
		}
		if got := strings.Contains(string(out), bold); got != tt.want {
			t.Errorf("%q %s: colour %v, want %v:\n%q", tt.flags, tt.env, got, tt.want, out)
		}
	}
}

// What differs between two runs in a JSON report.
var volatile = []struct {
	re   *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`("(?:duration_)?ms": )[0-9.]+`), "${1}1.5"},
	{regexp.MustCompile(`("(?:started|created)_at": )"[^"]+"`), `${1}"2026-01-02T03:04:05Z"`},
	{regexp.MustCompile(`("age": )"[^"]+"`), `${1}"1s"`},
	{regexp.MustCompile(`127\.0\.0\.1:\d+/test_\d+`), "127.0.0.1:5432/shop"},
}

// TestJSON compares whole documents: one of a run with a shim, one of a
// refusal.
func TestJSON(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	on(db.URL, "run").in(newSQL(t, "goose", "first")).run(t).expect(t, 0)
	dir := t.TempDir()
	file := filepath.Join(dir, "report.json")
	flags := []string{"run", "--format", "json", "--report", file, "--build", "b2", "--app", "shop"}

	app := newSQL(t, "goose", "first", "second")
	writeFile(t, app, "migrations/00005_more.sql",
		"-- +goose Up\nCREATE TABLE orders (id int PRIMARY KEY);\nALTER TABLE members ADD COLUMN \"odd <name>\" text;\n")
	shimmed := on(db.URL, flags...).in(app).with("HEROKU_RELEASE_VERSION=v42").run(t)
	shimmed.expect(t, 0, "applied migrations/00004_rename_accounts.sql", "1 shimmed")
	sameDocument(t, "run_shimmed.json", shimmed.stdout, file)

	writeFile(t, app, "migrations/00006_drop.sql", "-- +goose Up\nALTER TABLE members DROP COLUMN notes;\n")
	writeFile(t, app, "migguard.toml", dropsRefused)
	refused := on(db.URL, flags...).in(app).with("HEROKU_RELEASE_VERSION=v43").run(t)
	refused.expect(t, 77, "refused")
	sameDocument(t, "run_refused.json", refused.stdout, file)

	failed := on(db.URL, "run", "--format", "json", "--", "no-such-program").run(t)
	failed.expect(t, 127, "not found")
	golden(t, "run_not_started.json", normal(t, failed.stdout))
}

// sameDocument compares stdout with the golden file, and --report with both.
func sameDocument(t *testing.T, name, stdout, file string) {
	t.Helper()
	golden(t, name, normal(t, stdout))
	written, err := os.ReadFile(file)
	if err != nil || string(written) != stdout {
		t.Errorf("--report is not what stdout got (%v):\n%s", err, written)
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the report: %v (%v)", entries, err)
	}
}

func normal(t *testing.T, document string) string {
	t.Helper()
	if !json.Valid([]byte(document)) {
		t.Errorf("not one JSON document:\n%s", document)
	}
	for _, v := range volatile {
		document = v.re.ReplaceAllString(document, v.text)
	}
	return document
}

// TestExpectedError: an error that migguard gives the command on purpose is announced,
// before the command prints it.
func TestExpectedError(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE things (id int PRIMARY KEY, name text)", "INSERT INTO things VALUES (1, 'a')")
	dir := t.TempDir()
	writeFile(t, dir, "migrations/1_rename.up.sql", "ALTER TABLE things RENAME COLUMN name TO label;")
	r := on(db.URL, "run").in(dir).run(t)
	r.expect(t, 0, "migguard: the command is started again")
	_, after, announced := strings.Cut(r.stderr, "migguard: expected: the command ends with an error now, and is started again: renaming column name of things to label needs a copy of it first")
	if !announced || !strings.Contains(after, "(SQLSTATE MG061)") {
		t.Errorf("%s", r.stderr)
	}
}
