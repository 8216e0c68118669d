package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sqlDetector finds folders of plain SQL files named NNN_name.up.sql, the
// layout of golang-migrate, sqlx and many home-made runners.
var sqlDetector = detector{
	name:  "sql",
	looks: "plain SQL: NNN_name.up.sql in " + strings.Join(folders, ", "),
	find: func(t tree) ([]Command, error) {
		candidates, err := t.migrationFolders()
		if err != nil {
			return nil, err
		}
		var found []Command
		for _, f := range candidates {
			ms, err := listMigrations(f.files, FormatUpSQL)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
			if len(ms) == 0 {
				continue
			}
			if evidence, err := gooseEvidence(f); err != nil || evidence != "" {
				continue // goose's own detector has found, or refused, it
			}
			if err := t.fileOwner(f.name); err != nil {
				return nil, err
			}
			found = append(found, Command{
				Name: "sql",
				Dir:  t.dir,
				Embedded: &Embedded{
					Format: FormatUpSQL,
					Dir:    f.name,
					Table:  t.env.get("GOOSE_TABLE"),
					Files:  f.files,
				},
				Why: f.name + "/" + ms[0].Name + " exists",
			})
		}
		return found, nil
	},
}

// owner is a tool whose files look like plain SQL migrations but whose
// bookkeeping is its own. If goose applied them, that tool would later apply
// them again. It is known by the application's dependency list, and in the
// database by its table.
type owner struct {
	tool             string
	manifest, module string // a file of the application, and text in it
	table, column    string
	command          string // how to run it; %s is the folder
}

var owners = []owner{
	{
		tool:     "golang-migrate",
		manifest: "go.mod", module: "github.com/golang-migrate/migrate",
		table: "schema_migrations", column: "dirty",
		command: `migguard run -- 'migrate -path %s -database "$DATABASE_URL" up'`,
	},
	{
		tool:     "sqlx",
		manifest: "Cargo.toml", module: "sqlx",
		table: "_sqlx_migrations", column: "checksum",
		command: "migguard run -- sqlx migrate run --source %s",
	},
}

// OwnerError says that the migrations in Dir are recorded by another tool, so
// that goose must not apply them.
type OwnerError struct {
	Tool    string // "golang-migrate"
	Dir     string // the folder of migrations
	Because string // the evidence
	Command string // the migguard command to use
}

func (e *OwnerError) Error() string {
	return fmt.Sprintf("the migrations in %s belong to %s (%s), whose records are "+
		"not goose's; use: %s", e.Dir, e.Tool, e.Because, e.Command)
}

func (o owner) error(dir, because string) error {
	return &OwnerError{
		Tool:    o.tool,
		Dir:     dir,
		Because: because,
		Command: fmt.Sprintf(o.command, dir),
	}
}

// fileOwner returns an [*OwnerError] if the application depends on a tool that
// keeps its own records.
func (t tree) fileOwner(dir string) error {
	for _, o := range owners {
		text, err := os.ReadFile(filepath.Join(t.dir, o.manifest))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("read %s: %w", o.manifest, err)
		case bytes.Contains(text, []byte(o.module)):
			return o.error(dir, o.manifest+" names "+o.module)
		}
	}
	return nil
}
