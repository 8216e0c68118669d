package deploysim

import (
	"fmt"
	"os"
	"path/filepath"
)

// Scenario is one deploy: a schema, the code before, a migration, and the code
// after it.
type Scenario struct {
	// Name is the migration in two words, such as "rename-table".
	Name string
	// Schema creates and seeds the tables in an empty database.
	Schema string
	// Seeds is the number of seeded rows the key Seed can name.
	Seeds int
	Old   Workload
	// Migration is written to a folder of its own for the release phase.
	Migration []File
	// Committed is a query of one boolean: is the migration's effect visible?
	// It must take no lock on the scenario's tables, so it cannot queue behind
	// the migration it watches.
	Committed string
	New       Workload
	// Verify reads each set: a query of (key text, value bigint). It is tried
	// on the migrated schema if Committed holds, else VerifyOld is.
	Verify    map[string]string
	VerifyOld map[string]string
}

// File is one migration file.
type File struct {
	// Name orders the files, as in 002_rename_users.sql: the first one, of a
	// [Host], is the schema.
	Name string
	// SQL is in goose's format: "-- +goose Up" and "-- +goose Down" sections.
	SQL string
}

// Scenarios are the deploys that ship with the simulator, in the order to show
// them.
func Scenarios() []Scenario {
	return []Scenario{RenameTable(), RenameColumn(), DropColumn()}
}

// Validate reports the first fault that would make a run of the scenario
// meaningless, such as a write that could not be verified.
func (sc Scenario) Validate() error {
	switch {
	case sc.Name == "" || sc.Schema == "" || sc.Committed == "":
		return fmt.Errorf("scenario %q: name, schema and committed query are required", sc.Name)
	case sc.Seeds < 1:
		return fmt.Errorf("scenario %q: no seeds", sc.Name)
	case len(sc.Migration) == 0:
		return fmt.Errorf("scenario %q: no migration", sc.Name)
	}
	for set := range sc.Verify {
		if sc.VerifyOld[set] == "" {
			return fmt.Errorf("scenario %q: set %q cannot be verified on the old schema", sc.Name, set)
		}
	}
	if err := sc.Old.validate(sc.Verify); err != nil {
		return fmt.Errorf("scenario %q: old workload: %w", sc.Name, err)
	}
	if err := sc.New.validate(sc.Verify); err != nil {
		return fmt.Errorf("scenario %q: new workload: %w", sc.Name, err)
	}
	return nil
}

// writeMigration writes the migration files to the folder migrations under
// dir.
func (sc Scenario) writeMigration(dir string) error {
	folder := filepath.Join(dir, MigrationsDir)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for _, f := range sc.Migration {
		if err := os.WriteFile(filepath.Join(folder, f.Name), []byte(f.SQL), 0o644); err != nil {
			return err
		}
	}
	return nil
}
