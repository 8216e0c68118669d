package scan_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const someModel = "class Mail < ApplicationRecord; end"

// TestSkipped: what is no code of the running application, and what only looks
// so.
func TestSkipped(t *testing.T) {
	t.Parallel()
	model := func(name string) string { return "class " + name + " < ApplicationRecord; end" }
	python := "from django.db import models\nclass A(models.Model):\n  pass\n"
	c := tree(t, map[string]string{
		"app/models/a.rb":                        model("Used"),
		"node_modules/x/b.rb":                    model("B"),
		"spec/c.rb":                              model("C"),
		"lib/plugins/x/test/d.rb":                model("D"),
		"lib/plugins/x/lib/e.rb":                 model("UsedInPlugin"),
		"app/models/test/f.rb":                   model("UsedInNamespace"),
		".git/g.rb":                              model("G"),
		"db/migrate/h.rb":                        model("H"),
		"db/schema.rb":                           "SELECT",
		"db/structure.sql":                       "CREATE TABLE i (id int);",
		"lib/generators/x/templates/j.rb":        model("J"),
		"vendor/bundle/ruby/3.2.0/gems/g-1/k.rb": model("K"),
		"vendor/bundle/ruby/3.2.0/gems/g-1/app/models/g/l.rb": model("UsedInGem"),
		"public/x.js":                 "SELECT",
		"app/assets/x.js":             "SELECT",
		"assets/models.py":            python,
		"shop/tests/models.py":        strings.ReplaceAll(python, "class A", "class T"),
		"shop/tests/__init__.py":      "",
		"old/tests/test_x.py":         python,
		"old/tests/__init__.py":       "",
		"venv/pyvenv.cfg":             "",
		"venv/lib/models.py":          python,
		"shop/migrations/0001.py":     python,
		"shop/migrations/__init__.py": "",
	})
	want := "assets_a A; tests_t T; used_in_gems UsedInGem; used_in_namespaces UsedInNamespace; used_in_plugins UsedInPlugin; useds Used"
	if got := tables(c); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for _, g := range c.Gaps {
		if g.Reach == contract.Anything {
			t.Errorf("%+v", g)
		}
	}
}

// TestLinks: a link to a folder around it ends, one to a folder elsewhere is
// followed, and a file that cannot be read is a gap.
func TestLinks(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	write := func(at, text string) {
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, at string) {
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(other, "mail.rb"), someModel)
	link(".", filepath.Join(dir, "loop"))
	link(other, filepath.Join(dir, "models"))
	link(dir, filepath.Join(other, "back"))
	c := scanned(t, dir)
	if got := tables(c); got != "mails Mail" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"mails": "yes", "others": "unknown"})
	script := filepath.Join(dir, "cleanup")
	write(script, "#!/usr/bin/env ruby\nDB.execute('DELETE FROM sessions WHERE old')\n")
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	expect(t, scanned(t, dir), map[string]contract.Verdict{"sessions.old": "yes"})
	c = scanned(t, dir)
	link("nowhere.rb", filepath.Join(dir, "gone.rb"))
	if len(scanned(t, dir).Gaps) != len(c.Gaps)+1 {
		t.Error("a link to nowhere that is named like code is no gap")
	}
}

func TestNotScanned(t *testing.T) {
	t.Parallel()
	if _, err := scan.Dir(t.Context(), filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that is not there is no error")
	}
	file := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := scan.Dir(t.Context(), file); err == nil || !strings.Contains(err.Error(), "not a folder") {
		t.Errorf("a file: %v", err)
	}
	// Nothing to read is nothing known.
	expect(t, scanned(t, t.TempDir()), map[string]contract.Verdict{"users": "unknown"})
	// A scan that is ended early says so.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.rb"), []byte(someModel), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("too slow"))
	c, err := scan.Dir(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, c, map[string]contract.Verdict{"users": "unknown"})
	if len(c.Gaps) == 0 || !strings.Contains(c.Gaps[0].Why, "too slow") {
		t.Errorf("%+v", c.Gaps)
	}
}

// TestSame: two scans of one tree give the same bytes.
func TestSame(t *testing.T) {
	t.Parallel()
	dir := pgtest.Application(t, "redmine")
	var first, second strings.Builder
	if err := scanned(t, dir).Write(&first); err != nil {
		t.Fatal(err)
	}
	if err := scanned(t, dir).Write(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("they differ")
	}
	c, err := contract.Read(strings.NewReader(first.String()))
	if err != nil {
		t.Fatal(err)
	}
	var again strings.Builder
	if err := c.Write(&again); err != nil || again.String() != first.String() {
		t.Errorf("read and written again it differs: %v", err)
	}
	if size := first.Len(); size > 300_000 {
		t.Errorf("contract of %d bytes", size)
	}
}
