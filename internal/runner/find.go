package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// detector knows one kind of migration command. It returns a candidate for
// each place where it finds one, and an error for a place it recognises but
// must not run.
type detector struct {
	name  string
	looks string // what it looks for, as NotFoundError says it
	find  func(tree) ([]Command, error)
}

// detectors is the table, sorted by name. A new runner is one file with its
// detector and one row here.
var detectors = []detector{
	artisanDetector,
	ectoDetector,
	gooseDetector,
	railsDetector,
	sqlDetector,
}

// Find looks in the application's folder for its migration command. env is the
// environment the command will have; goose's GOOSE_MIGRATION_DIR and
// GOOSE_TABLE are honoured. The error is an [*AmbiguousError] when there is
// more than one candidate and a [*NotFoundError] when there is none.
func Find(dir string, env []string) (Command, error) {
	t := tree{dir: dir, env: parseEnviron(env)}
	var found []Command
	var looked []string
	for _, d := range detectors {
		commands, err := d.find(t)
		if err != nil {
			return Command{}, fmt.Errorf("find migration command: %w", err)
		}
		found = append(found, commands...)
		looked = append(looked, d.looks)
	}
	switch len(found) {
	case 0:
		return Command{}, &NotFoundError{Dir: dir, Looked: looked, Likely: t.likely()}
	case 1:
		return found[0], nil
	}
	return Command{}, &AmbiguousError{Candidates: found}
}

// AmbiguousError says that more than one migration command was found.
type AmbiguousError struct{ Candidates []Command }

func (e *AmbiguousError) Error() string {
	var b strings.Builder
	b.WriteString("more than one migration command found:\n")
	for _, c := range e.Candidates {
		fmt.Fprintf(&b, "  %s (%s)\n", c, c.Why)
	}
	b.WriteString("choose one: migguard run -- COMMAND, or set GOOSE_MIGRATION_DIR " +
		"to the folder of SQL migrations")
	return b.String()
}

// NotFoundError says that no migration command was found in Dir, and what was
// looked for.
type NotFoundError struct {
	Dir    string
	Looked []string
	Likely string // the command to name, as far as a file tells; else COMMAND
}

func (e *NotFoundError) Error() string {
	return e.Reason() + "\nname it: migguard run -- " + e.Likely
}

// Reason is what is wrong, without what to do: not every command is a run. What was
// looked for is of no use to whom a file tells the command of.
func (e *NotFoundError) Reason() string {
	if e.Likely != unknownCommand {
		return "this app's migration command is none that is found by itself"
	}
	return "no migration command found in this folder; looked for\n  " + strings.Join(e.Looked, "\n  ")
}

// folders are the usual places of SQL migrations, relative to the application.
var folders = []string{
	"database/migrations",
	"db/migrate",
	"db/migrations",
	"internal/database/migrations",
	"internal/db/migrations",
	"internal/migrations",
	"migrations",
	"schema/migrations",
	"sql/migrations",
	"sql/schema",
}

// tree is the application's folder and environment, as detectors see them.
type tree struct {
	dir string
	env environ
}

// has reports whether a regular file of this name exists.
func (t tree) has(name string) bool {
	info, err := os.Stat(filepath.Join(t.dir, name))
	return err == nil && info.Mode().IsRegular()
}

// migrationFolders returns the folders to look for SQL migrations in: the one
// named by GOOSE_MIGRATION_DIR, else those of the usual ones that exist.
func (t tree) migrationFolders() ([]folder, error) {
	names := folders
	named := t.env.get("GOOSE_MIGRATION_DIR")
	if named != "" {
		names = []string{named}
	}
	var found []folder
	for _, name := range names {
		f, err := t.open(name)
		switch {
		case err == nil:
			found = append(found, f)
		case named == "" && errors.Is(err, fs.ErrNotExist):
		default:
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return found, nil
}

// folder is a folder of migrations with the names in it.
type folder struct {
	name  string
	files fs.FS
	names []string
}

func (t tree) open(name string) (folder, error) {
	dir := name
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(t.dir, name)
	}
	f := folder{name: name, files: os.DirFS(dir)}
	entries, err := fs.ReadDir(f.files, ".")
	if err != nil {
		return folder{}, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			f.names = append(f.names, e.Name())
		}
	}
	return f, nil
}
