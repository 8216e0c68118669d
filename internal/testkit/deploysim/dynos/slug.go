package dynos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	profile "github.com/migguard/migguard/bin/runtime"
	"github.com/migguard/migguard/internal/testkit/deploysim"
)

// program is the app's, as its Procfile names it.
const program = "app"

// procfile is of a build.
func (h *Host) procfile(build string) map[string]string {
	migrate := program + " " + h.config.Migrate
	if h.config.Migguard != "" {
		migrate = "migguard run -- " + migrate
	}
	return map[string]string{
		"release": migrate,
		"web":     fmt.Sprintf(`exec %s %s "%s.${DYNO#web.}" %s`, program, deploysim.WorkerArg, build, h.address),
	}
}

// slug is the folder of a build, with what the buildpack adds where the app has
// migguard.
func (h *Host) slug(ctx context.Context, build string) (string, error) {
	dir := filepath.Join(h.dir, build)
	files, workload := h.migrations(build)
	files["queries.sql"] = source(workload)
	if err := write(dir, files); err != nil {
		return "", err
	}
	if err := link(h.config.Program, filepath.Join(dir, "bin", program)); err != nil || h.config.Migguard == "" {
		return dir, err
	}
	contract, err := exec.CommandContext(ctx, h.config.Migguard, "scan", "--format", "json", dir).Output()
	if err != nil {
		return "", fmt.Errorf("read the source of build %s: %w", build, err)
	}
	script := profile.Script()
	if h.config.Unsteered {
		script = profile.Path()
	}
	err = write(dir, map[string]string{
		".migguard/build.json":    fmt.Sprintf(`{"build": %q}`, build),
		".migguard/contract.json": string(contract),
		".profile.d/migguard.sh":  script,
	})
	if err != nil {
		return "", err
	}
	return dir, link(h.config.Migguard, filepath.Join(dir, ".migguard/bin/migguard"))
}

// migrations are the files of a build, and what its dynos do. The first migration
// of both has made the tables.
func (h *Host) migrations(build string) (map[string]string, deploysim.Workload) {
	sc := h.config.Scenario
	files := map[string]string{deploysim.MigrationsDir + "/001_tables.sql": "-- +goose Up\n" + sc.Schema}
	if build == deploysim.OldBuild {
		return files, sc.Old
	}
	for _, f := range sc.Migration {
		files[filepath.Join(deploysim.MigrationsDir, f.Name)] = f.SQL
	}
	return files, sc.New
}

// source is the workload as a program has it that keeps its SQL in files: what
// "migguard scan" reads. The dynos get it from the simulator.
func source(w deploysim.Workload) string {
	var text strings.Builder
	for _, op := range w.Ops {
		for _, s := range op.Statements {
			text.WriteString(s.SQL + ";\n")
		}
	}
	return text.String()
}

func write(dir string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func link(to, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.Symlink(to, path)
}
