package cli_test

import (
	"os"
	"path/filepath"
	"testing"
)

// newApp copies folders of testdata, one over the other, into a new one.
func newApp(t testing.TB, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range folders {
		addFiles(t, dir, folder)
	}
	return dir
}

// newRails is the Rails application with the migrations of these releases.
func newRails(t testing.TB, releases ...string) string {
	t.Helper()
	dir := newApp(t, "rails/app")
	for _, release := range releases {
		addFiles(t, filepath.Join(dir, "db/migrate"), "rails/"+release)
	}
	return dir
}

// addFiles does what os.CopyFS does, which refuses to overwrite and so shows
// that no file is there twice.
func addFiles(t testing.TB, dir, folder string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", folder))); err != nil {
		t.Fatal(err)
	}
}

// writeFile adds a file to an application.
func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
