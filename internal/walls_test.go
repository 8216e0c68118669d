// Package internal_test holds the walls between the rooms under internal/:
// which room may use which. It looks at the imports of every Go file, whatever
// its build tags, and at nothing else.
package internal_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/migguard/migguard/"

// A kind says what a room may touch besides the rooms below it.
type kind int

const (
	joint   kind = iota // joins other rooms
	pure                // no net, os, pgx or clock; uses pure rooms only
	adapter             // one piece of the outside world; uses no other adapter
	kit                 // for tests and the demo
)

// rooms is the house from the roof down. A room uses only rooms further down,
// with one exception: an adapter may use any pure room, because what it reads
// has to be said in their words (pg returns a catalog.Snapshot). A pure room
// uses no adapter, so this makes no circle.
var rooms = []struct {
	name string
	kind kind
	// alone rooms use no other room: the relay asks a Gate that it declares.
	alone bool
}{
	{name: "cli"},
	{name: "release"},
	{name: "rehearsal"},
	{name: "settle"},
	{name: "replay"},
	{name: "running"},
	{name: "seen"},
	{name: "relay"},
	{name: "task"},
	{name: "maintenance"},
	{name: "report"},
	{name: "config"},
	{name: "judge", kind: pure},
	{name: "hazard", kind: pure},
	{name: "shim", kind: pure},
	{name: "contract", kind: pure},
	{name: "fleet", kind: pure},
	{name: "ddl", kind: pure},
	{name: "catalog", kind: pure},
	{name: "guard", kind: adapter, alone: true},
	{name: "pg", kind: adapter},
	{name: "ledger", kind: adapter},
	{name: "heroku", kind: adapter},
	{name: "runner", kind: adapter},
	{name: "scan", kind: adapter},
	{name: "testkit", kind: kit},
}

// outside is what a pure room may not import, with everything below it.
var outside = []string{
	"database/sql", "github.com/jackc/pgx", "log", "net", "os", "syscall",
}

// clock is what a pure room may not call in package time.
var clock = []string{
	"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
}

func TestWalls(t *testing.T) {
	t.Parallel()
	files := 0
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			for _, fault := range faults(filepath.ToSlash(path[len("../"):]), src) {
				t.Error(fault)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files == 0 {
		t.Error("no file was looked at")
	}
}

// TestWallsStand shows each wall one file that runs into it.
func TestWallsStand(t *testing.T) {
	t.Parallel()
	const ok = ""
	tests := []struct{ path, imports, body, want string }{
		{"internal/judge/a.go", "internal/hazard", "", ok},
		{"internal/hazard/a.go", "internal/judge", "", "only rooms below it"},
		{"internal/pg/a.go", "internal/catalog", "", ok},
		{"internal/pg/a.go", "internal/ledger", "", "adapters do not use one another"},
		{"internal/pg/a.go", "internal/release", "", "only rooms below it"},
		{"internal/guard/a.go", "internal/ddl", "", "stands alone"},
		{"internal/catalog/a.go", "internal/pg", "", "pure rooms only"},
		{"internal/ddl/a.go", "net/url", "", "imports net/url"},
		{"internal/ddl/a.go", "github.com/jackc/pgx/v5/pgconn", "", "imports github.com/jackc/pgx"},
		{"internal/ddl/a.go", "time", "var x = time.Now()", "time.Now"},
		{"internal/ddl/a.go", "time", "var x time.Duration", ok},
		{"internal/ddl/a_test.go", "os", "", ok},
		{"internal/release/a.go", "internal/testkit/pgtest", "", "tests and cli"},
		{"internal/release/a_test.go", "internal/testkit/pgtest", "", ok},
		{"internal/cli/a.go", "internal/testkit/pgtest", "", ok},
		{"internal/testkit/x/a.go", "internal/testkit/pgtest", "", ok},
		{"internal/testkit/x/a.go", "internal/guard", "", "only rooms below it"},
		{"internal/util/a.go", "fmt", "", "no room of the house"},
		{"cmd/migguard/main.go", "internal/cli", "", ok},
		{"cmd/migguard/main.go", "internal/release", "", "internal/cli only"},
	}
	for _, test := range tests {
		path := test.imports
		if strings.HasPrefix(path, "internal/") {
			path = module + path
		}
		src := fmt.Sprintf("package p\nimport %q\n%s\n", path, test.body)
		got := strings.Join(faults(test.path, []byte(src)), "\n")
		if (got == "") != (test.want == ok) || !strings.Contains(got, test.want) {
			t.Errorf("%s imports %s: got %q, want %q", test.path, test.imports, got, test.want)
		}
	}
}
