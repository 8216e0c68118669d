package heroku

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jdx/go-netrc"
)

// Token finds the API token where the Heroku CLI does: HEROKU_API_KEY, else the
// password of machine api.heroku.com in the file that NETRC names, else in
// home/.netrc. environ is like os.Environ's. source says which it was. No token
// anywhere is no error; a file that cannot be read as one is.
func Token(environ []string, home string) (token, source string, err error) {
	if key := strings.TrimSpace(lookup(environ, "HEROKU_API_KEY")); key != "" {
		return key, "HEROKU_API_KEY", nil
	}
	file := lookup(environ, "NETRC")
	if file == "" {
		if home == "" {
			return "", "", nil
		}
		file = filepath.Join(home, ".netrc")
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find the Heroku token: %w", err)
	}
	token, err = netrcPassword(string(text))
	if err != nil {
		return "", "", fmt.Errorf("find the Heroku token in %s: %w; mend it, or set HEROKU_API_KEY", file, err)
	}
	if token == "" {
		return "", "", nil
	}
	return token, file, nil
}

const netrcMachine = "api.heroku.com"

// netrcPassword is given the text, not the file: go-netrc runs gpg on some.
// Comment lines go first, because it counts a comment inside an entry as a
// field, and then finds no password.
func netrcPassword(text string) (password string, err error) {
	// go-netrc v1.0.0 reads on past the end of "machine" without a name.
	defer func() {
		if recover() != nil {
			err = errors.New("the file ends in the middle of an entry")
		}
	}()
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	parsed, err := netrc.ParseString(strings.Join(lines, ""))
	if err != nil {
		return "", errors.New("the file is no netrc")
	}
	machine := parsed.Machine(netrcMachine)
	if machine == nil {
		return "", nil
	}
	if password = machine.Get("password"); password == "" {
		return "", errors.New("the entry of " + netrcMachine + " has no password")
	}
	return password, nil
}

// lookup is os.LookupEnv on a list: the last of several counts, as for a
// process that is started with them.
func lookup(environ []string, name string) string {
	found := ""
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			found = value
		}
	}
	return found
}
