package runner

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Command is a migration command: a program, a shell line, or the embedded
// runner. The zero Command runs nothing.
type Command struct {
	// Name is short and for output: "rails", "goose", "sql", "sh" or the
	// program's base name.
	Name string
	// Args is the argument vector; with Shell its only element is the line
	// given to sh -c; empty for the embedded runner.
	Args  []string
	Shell bool
	// Env holds NAME=value words written before the command, as a shell would
	// take them. They may name databases, so they go through
	// [Redirect.Env] with the rest of the environment: see [Command.Environ].
	Env []string
	// Dir is the working directory; empty means the current one.
	Dir string
	// Embedded is set when migguard itself applies the migrations.
	Embedded *Embedded
	// Why says what evidence led to this command.
	Why string
}

// shellChars are the characters that mean something to sh, blanks included.
const shellChars = " \t\n|&;<>()$`\\\"'*?[]#~{}!"

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// FromArgs makes a command of the words after "migguard run --".
//
// A single word that holds blanks or shell characters is a line for sh -c.
// Several words are executed as they are, without a shell, so that an argument
// with blanks stays one argument. If one of them is exactly "&&" or "||" the
// words are joined to a shell line, each other word quoted; that needs the
// operator to be quoted, since in
//
//	release: migguard run -- a && b
//
// the shell that reads the Procfile keeps "&& b" for itself and migguard sees
// only "a". The way to write it is migguard run -- 'a && b'. Leading
// NAME=value words become the command's environment.
func FromArgs(args []string) Command {
	c := Command{Why: "given on the command line"}
	switch {
	case len(args) == 1 && strings.ContainsAny(args[0], shellChars):
		c.Shell, c.Args = true, slices.Clone(args)
	case slices.ContainsFunc(args, isOperator):
		c.Shell, c.Args = true, []string{shellLine(args)}
	default:
		n := 0
		for n < len(args)-1 && assignment.MatchString(args[n]) {
			n++
		}
		c.Env, c.Args = slices.Clone(args[:n]), slices.Clone(args[n:])
	}
	switch {
	case c.Shell:
		c.Name = "sh"
	case len(c.Args) > 0:
		c.Name = filepath.Base(c.Args[0])
	}
	return c
}

// Environ returns base followed by the command's own assignments; a later
// value of a name wins, as in [os/exec.Cmd].
func (c Command) Environ(base []string) []string {
	return slices.Concat(base, c.Env)
}

// Masked in text: the password of a URL, and password values of key=value
// strings, of JDBC URLs and of SQL (ALTER ROLE ... PASSWORD 'x').
var (
	urlPassword = regexp.MustCompile(`(:/{1,2}[^:/?#\s]*:)[^\s]*@`)
	keyPassword = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;'"]+)`)
	sqlPassword = regexp.MustCompile(`(?i)(\bpassword\s*)E?('(?:[^'\\]|\\.|'')*'|\$\$.*?\$\$)`)
)

// Masked is a text without the passwords that it shows by their surroundings.
func Masked(text string) string {
	if !strings.Contains(text, ":/") && !namesPassword(text) {
		return text // nearly all, and some are of many megabytes
	}
	text = urlPassword.ReplaceAllString(text, "${1}***@")
	text = keyPassword.ReplaceAllString(text, "${1}***")
	return sqlPassword.ReplaceAllString(text, "${1}'***'")
}

// namesPassword tells whether a text may have the word, in letters of either case as the
// patterns take them: they take a long s for one, too.
func namesPassword(text string) bool {
	const word = "password"
	if strings.ContainsRune(text, 'ſ') {
		return true
	}
	for {
		at := strings.IndexAny(text, "pP")
		if at < 0 || len(text)-at < len(word) {
			return false
		}
		if strings.EqualFold(text[at:at+len(word)], word) {
			return true
		}
		text = text[at+1:]
	}
}

// String is the command as a user would type it, passwords masked.
func (c Command) String() string {
	if c.Embedded != nil {
		return "embedded " + c.Name + " runner on " + c.Embedded.Dir
	}
	words := slices.Concat(c.Env, c.Args)
	for i, w := range words {
		words[i] = Masked(w)
	}
	if c.Shell {
		return strings.Join(words, " ")
	}
	return shellLine(words)
}

func isOperator(word string) bool { return word == "&&" || word == "||" }

// shellLine joins words to a line that sh splits into the same words.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, shellChars) && !isOperator(w) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}
