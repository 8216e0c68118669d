package runner

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestFromArgs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		want Command
	}{
		{"program", []string{"make"}, Command{Name: "make", Args: []string{"make"}}},
		{"argv is kept", []string{"bin/rails", "runner", "puts 'a  b' && x"},
			Command{Name: "rails", Args: []string{"bin/rails", "runner", "puts 'a  b' && x"}}},
		{"line", []string{"a && b"}, Command{Name: "sh", Shell: true, Args: []string{"a && b"}}},
		{"operator as a word", []string{"a", "it's", "&&", "b c", "||", "true"},
			Command{Name: "sh", Shell: true, Args: []string{`a 'it'\''s' && 'b c' || true`}}},
		{"semicolon belongs to find", []string{"find", ".", "-exec", "x", "{}", ";"},
			Command{Name: "find", Args: []string{"find", ".", "-exec", "x", "{}", ";"}}},
		{"assignments", []string{"STATEMENT_TIMEOUT=180000", "A=b c", "bundle", "exec", "x=y"},
			Command{Name: "bundle", Env: []string{"STATEMENT_TIMEOUT=180000", "A=b c"},
				Args: []string{"bundle", "exec", "x=y"}}},
		{"nothing", nil, Command{}},
	} {
		got := FromArgs(test.args)
		if got.Name != test.want.Name || got.Shell != test.want.Shell ||
			!slices.Equal(got.Args, test.want.Args) || !slices.Equal(got.Env, test.want.Env) {
			t.Errorf("%s: FromArgs(%q) = %+v, want %+v", test.name, test.args, got, test.want)
		}
	}
}

// A line made of words is split by the real shell into the same words.
func TestShellLineRoundTrip(t *testing.T) {
	t.Parallel()
	words := []string{"printf", `%s\0`, "", "a b", "it's", `"`, "$HOME", "`x`", "*", "\\", "new\nline", "~", "#", "ü"}
	var out bytes.Buffer
	c := Command{Name: "sh", Shell: true, Args: []string{shellLine(words)}}
	if exit, err := c.Run(t.Context(), Options{Stdout: &out}); err != nil || exit.Code != 0 {
		t.Fatal(exit, err)
	}
	if want := strings.Join(words[2:], "\x00") + "\x00"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestCommandStringHidesPasswords(t *testing.T) {
	t.Parallel()
	for _, c := range []Command{
		FromArgs([]string{"migrate", "-database", "postgres://me:s3cret@h/db", "up"}),
		FromArgs([]string{"migrate", "-database", "postgres://me:a@s3cret/?@h/db", "up"}),
		FromArgs([]string{"x -d postgres://me:s3cret@h/db"}),
		FromArgs([]string{"x", "host=h password='s3cret ' dbname=d"}),
		FromArgs([]string{"x", "jdbc:postgresql://h/d?user=a&password=s3cret&ssl=true"}),
		FromArgs([]string{"DATABASE_URL=postgres://me:s3cret@h/db", "rails", "db:migrate"}),
	} {
		if s := c.String(); strings.Contains(s, "s3cret") || !strings.Contains(s, "***") {
			t.Errorf("password is shown: %s", s)
		}
	}
}
