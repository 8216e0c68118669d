package heroku

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	t.Parallel()
	const entry = "machine api.heroku.com\n  login dev@example.com\n  password " + testToken + "\n"
	tests := []struct {
		name    string
		environ []string
		netrc   string
		token   string
		source  string // "file" is the netrc's path
		fails   bool
	}{
		{name: "nothing"},
		{name: "variable", environ: []string{"X=1", "HEROKU_API_KEY=abc\n"}, netrc: entry, token: "abc", source: "HEROKU_API_KEY"},
		{name: "last variable", environ: []string{"HEROKU_API_KEY=a", "HEROKU_API_KEY=b"}, token: "b", source: "HEROKU_API_KEY"},
		{name: "empty variable", environ: []string{"HEROKU_API_KEY= "}, netrc: entry, token: testToken, source: "file"},
		{name: "file", netrc: "machine git.heroku.com\n  login x\n  password y\n" + entry, token: testToken, source: "file"},
		{name: "one line", netrc: strings.ReplaceAll(entry, "\n", " "), token: testToken, source: "file"},
		{name: "comments", netrc: "# mine\nmachine api.heroku.com\n  # the token\n  password " + testToken + "\n", token: testToken, source: "file"},
		{name: "other machine", netrc: "machine example.com\n  password " + testToken + "\n"},
		{name: "empty file", netrc: "\n"},
		{name: "no password", netrc: "machine api.heroku.com\n  login " + testToken + "\n", fails: true},
		{name: "cut short", netrc: entry + "machine", fails: true},
		{name: "cut short after password", netrc: "machine api.heroku.com login " + testToken + " password", fails: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			file := filepath.Join(home, ".netrc")
			if test.netrc != "" {
				write(t, file, test.netrc)
			}
			token, source, err := Token(test.environ, home)
			if source == file {
				source = "file"
			}
			if token != test.token || source != test.source || (err != nil) != test.fails {
				t.Errorf("got %q from %q, %v", token, source, err)
			}
			if err != nil && (strings.Contains(err.Error(), testToken) || !strings.Contains(err.Error(), file)) {
				t.Errorf("the error tells the content, or not the file: %v", err)
			}
		})
	}
}

func TestTokenOfNetrcVariable(t *testing.T) {
	t.Parallel()
	// go-netrc would run gpg on a file of this name.
	file := filepath.Join(t.TempDir(), "netrc.gpg")
	write(t, file, "machine api.heroku.com password "+testToken)
	token, source, err := Token([]string{"NETRC=" + file}, t.TempDir())
	if token != testToken || source != file || err != nil {
		t.Errorf("got %q from %q, %v", token, source, err)
	}
	if token, source, err := Token(nil, ""); token != "" || source != "" || err != nil {
		t.Errorf("without a home: %q from %q, %v", token, source, err)
	}
	if _, _, err := Token([]string{"NETRC=" + filepath.Dir(file)}, ""); err == nil {
		t.Error("a folder was read")
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
