package platform

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	profile "github.com/migguard/migguard/bin/runtime"
)

// Code is what a build is made of.
type Code struct {
	ID         string // of the build
	Query      string // of a web dyno, for each request
	Work       string // of a worker, again and again
	Migrations []string
	Policy     string // migguard.toml
	Hookless   bool   // without the buildpack's profile script
	Web        string // command of its web dynos, if not one that serves
	Free       bool   // without a release command
	Then       string // what the release command does after migguard
	Runner     string // migration command, if it is not migguard's own
	Contract   string // contract.json; none if empty
}

// Using is code that needs a column of a table, and has these migrations.
func Using(table, column, policy string, migrations ...string) Code {
	return Code{
		ID:    fmt.Sprintf("%s-%s-%d", table, column, len(migrations)),
		Query: "SELECT " + column + " FROM " + table, Work: "UPDATE " + table + " SET " + column + " = " + column,
		Migrations: migrations, Policy: policy,
	}
}

// A Buildpack is where migguard's is found.
type Buildpack struct {
	Program string // path of the migguard binary
}

// Folder is the slug's, with what the buildpack adds to it.
func (b Buildpack) Folder(t testing.TB, c Code) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		".migguard/build.json": fmt.Sprintf(`{"build": %q}`, c.ID),
		"migguard.toml":        c.Policy,
	}
	for i, sql := range c.Migrations {
		files[fmt.Sprintf("migrations/%03d_step.up.sql", i+1)] = sql
	}
	if c.Contract != "" {
		files[".migguard/contract.json"] = c.Contract
	}
	files[".profile.d/migguard.sh"] = profile.Script()
	if c.Hookless {
		files[".profile.d/migguard.sh"] = profile.Path()
	}
	slug := fstest.MapFS{}
	for name, text := range files {
		slug[name] = &fstest.MapFile{Data: []byte(text)}
	}
	bin := filepath.Join(dir, ".migguard/bin")
	err := os.CopyFS(dir, slug)
	if err == nil {
		err = os.Mkdir(bin, 0o755)
	}
	if err == nil {
		err = os.Symlink(b.Program, filepath.Join(bin, "migguard"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (c Code) procfile() map[string]string {
	self := RoleVariable + "=%s QUERY='%s' exec " + os.Args[0]
	processes := map[string]string{
		"release": "migguard run --lock-wait 60s",
		"web":     cmp.Or(c.Web, fmt.Sprintf(self, "web", c.Query)),
		"worker":  fmt.Sprintf(self, "worker", c.Work),
	}
	if c.Runner != "" {
		processes["release"] += " -- " + c.Runner
	}
	if c.Then != "" {
		processes["release"] += " && " + c.Then
	}
	if c.Free {
		delete(processes, "release")
	}
	return processes
}
