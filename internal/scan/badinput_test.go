package scan_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/contract"
)

// withModel is a folder with one model of Rails, which ignores notes.
func withModel(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mail.rb"), []byte("class Mail < ApplicationRecord\n  self.ignored_columns += %w[notes]\nend\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, scanned(t, dir), map[string]contract.Verdict{"mails.notes": "no", "mails.body": "yes"})
	return dir
}

// blinds wants a gap for a file, which says so, and after which nothing is a no.
func blinds(t *testing.T, dir, file, why string) {
	t.Helper()
	c := scanned(t, dir)
	found := false
	for _, g := range c.Gaps {
		found = found || g.At.File == file && g.Reach == contract.Anything && strings.Contains(g.Why, why)
	}
	if !found {
		t.Errorf("no gap of %s says %q: %+v", file, why, c.Gaps)
	}
	expect(t, c, map[string]contract.Verdict{"mails.notes": "unknown", "mails.body": "yes"})
}

// What is no source, but is named like it, is a gap whatever is in it.
func TestJunk(t *testing.T) {
	t.Parallel()
	junk := make([]byte, 1<<20)
	_, _ = io.ReadFull(rand.NewChaCha8([32]byte{1}), junk)
	for _, extension := range []string{".rb", ".erb", ".py", ".go", ".js", ".ts", ".sql", ".prisma", ".php", ".ex"} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			dir := withModel(t)
			file := "junk" + extension
			if err := os.WriteFile(filepath.Join(dir, file), junk, 0o644); err != nil {
				t.Fatal(err)
			}
			blinds(t, dir, file, "")
		})
	}
}

// A file that nobody has written by hand is not read.
func TestLongFile(t *testing.T) {
	t.Parallel()
	dir := withModel(t)
	file := filepath.Join(dir, "long.rb")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 50<<20); err != nil {
		t.Fatal(err)
	}
	blinds(t, dir, "long.rb", "file of 50 MB was not read: the longest read is 4 MB")
}

// TestManyFiles: those behind the 200,000th are a gap. bin/compile waits a minute for
// a scan (bin/lib/contract.sh); without a contract all counts as used.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	dir := withModel(t)
	const folders, each = 201, 1000
	for i := range folders {
		folder := filepath.Join(dir, fmt.Sprintf("z%03d", i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		first := filepath.Join(folder, "f.rb")
		if err := os.WriteFile(first, []byte("X = 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for j := 1; j < each; j++ {
			if err := os.Link(first, filepath.Join(folder, fmt.Sprintf("f%d.rb", j))); err != nil {
				t.Fatal(err)
			}
		}
	}
	began := time.Now()
	blinds(t, dir, "z199/f999.rb", "more than 200000 files: this one and those behind it were not read")
	t.Log(time.Since(began))
}
