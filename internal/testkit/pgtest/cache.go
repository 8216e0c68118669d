package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// CacheDir is the folder that outlives runs: what "make setup" installs from
// npm (npm/node_modules) and the clusters that new ones are copied from
// (clusters). MIGGUARD_CACHE_DIR names it; without that it is
// /var/cache/migguard for root, because the account that runs the servers may
// not enter /root, and the user's cache folder for everyone else.
func CacheDir() (string, error) {
	if dir := os.Getenv("MIGGUARD_CACHE_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/migguard", nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	return filepath.Join(base, "migguard"), nil
}

// Application is the folder of a real application that .ci/setup has unpacked:
// Debian's packages redmine, python3-django-hyperkitty and python3-keystone.
func Application(t testing.TB, name string) string {
	t.Helper()
	cache, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "applications", name)
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("%v; .ci/setup test unpacks it", err)
	}
	return dir
}
