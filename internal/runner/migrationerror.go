package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

// MigrationError says which migration of an embedded run failed, and where.
// Its text shows the server's message, detail and hint, since that is how the
// guard says why it refused a statement.
type MigrationError struct {
	File string // with its folder
	// Line of the statement, or of the place in it the server names; 0 if the
	// error belongs to no line: at COMMIT, or in goose's own statements.
	Line int
	// Source is that line.
	Source string
	// AtCommit is true when every statement passed and COMMIT did not.
	AtCommit bool
	// Applied are the names of the files this run had applied before.
	Applied []string
	Err     error
}

func (e *MigrationError) Error() string {
	var b strings.Builder
	b.WriteString(e.File + ":")
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:", e.Line)
	}
	if e.AtCommit {
		b.WriteString(" at COMMIT:")
	}
	b.WriteString(" ")
	var refusal *pgconn.PgError
	if !errors.As(e.Err, &refusal) {
		b.WriteString(e.Err.Error() + "\n")
	} else {
		message, more, _ := strings.Cut(serverMessage(refusal), "\n")
		b.WriteString(message + "\n")
		if e.Line > 0 {
			fmt.Fprintf(&b, "  %d | %s\n", e.Line, e.Source)
		}
		b.WriteString(more)
	}
	if len(e.Applied) > 0 {
		b.WriteString("applied before it: " + strings.Join(e.Applied, ", ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (e *MigrationError) Unwrap() error { return e.Err }

// serverMessage is a server's error or notice, one line for each part.
func serverMessage(m *pgconn.PgError) string {
	code := ""
	if m.Code != "00000" { // successful_completion, a notice's as a rule
		code = " (SQLSTATE " + m.Code + ")"
	}
	text := fmt.Sprintf("%s: %s%s\n", m.Severity, m.Message, code)
	if m.Detail != "" {
		text += "  detail: " + m.Detail + "\n"
	}
	if m.Hint != "" {
		text += "  hint: " + m.Hint + "\n"
	}
	return text
}

// explain makes a MigrationError of goose's error for one migration; others
// concern no file and stay as they are. sent is the text that failed.
func (e *Embedded) explain(err error, sent string) error {
	var partial *goose.PartialError
	if !errors.As(err, &partial) {
		return fmt.Errorf("migrate %s: %w", e.Dir, err)
	}
	name, listErr := e.fileOf(partial.Failed.Source.Version)
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	failed := &MigrationError{
		File:     path.Join(e.Dir, name),
		AtCommit: sent == "commit", // as pgx writes it
		Err:      partial.Err,
	}
	for _, r := range partial.Applied {
		if name, err := e.fileOf(r.Source.Version); err == nil {
			failed.Applied = append(failed.Applied, name)
		}
	}
	if text, err := fs.ReadFile(e.Files, name); err == nil && !failed.AtCommit {
		failed.locate(string(text), sent)
	}
	return failed
}

func (e *Embedded) fileOf(version int64) (string, error) {
	list, err := listMigrations(e.Files, e.Format)
	for _, m := range list {
		if m.Version == version {
			return m.Name, nil
		}
	}
	return "", err
}

// locate finds the statement in its file: the first with this text, moved on by
// the position the server gives. goose trims statements and line ends.
func (e *MigrationError) locate(text, statement string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	statement = strings.ReplaceAll(statement, "\r\n", "\n")
	start := strings.Index(text, statement)
	if start < 0 || statement == "" {
		return
	}
	var refusal *pgconn.PgError
	if errors.As(e.Err, &refusal) && refusal.Position > 0 {
		start += byteOffset(statement, int(refusal.Position)-1)
	}
	e.Line = 1 + strings.Count(text[:start], "\n")
	line := text[strings.LastIndexByte(text[:start], '\n')+1:]
	e.Source, _, _ = strings.Cut(line, "\n")
}

// byteOffset turns the server's count of characters into bytes.
func byteOffset(text string, characters int) int {
	for offset := range text {
		if characters == 0 {
			return offset
		}
		characters--
	}
	return len(text)
}
