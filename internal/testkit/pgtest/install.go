package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
)

// The supported majors, those that Heroku Postgres offers.
const (
	oldestMajor = 14
	newestMajor = 18
)

// An Installation is a PostgreSQL server program on this machine.
type Installation struct {
	Major   int
	Version string // as "postgres --version" says it: "17.10"
	BinDir  string // holds postgres and initdb
}

// Installed lists the supported majors found on this machine, ascending, one
// installation each. The first of these places that has a major is taken:
// MIGGUARD_PG_DIR (a folder with bin/, or with MAJOR/bin/), PATH, Debian's
// folders, and what "make setup" put under CacheDir.
func Installed(ctx context.Context) ([]Installation, error) {
	acct, err := clusterAccount()
	if err != nil {
		return nil, err
	}
	byMajor := make(map[int]Installation)
	for _, dir := range binDirs() {
		inst, err := probe(ctx, acct, dir)
		if err != nil {
			// A folder left half installed, or one the server's account may
			// not enter, must not hide a good one further down the list.
			continue
		}
		if _, found := byMajor[inst.Major]; !found &&
			oldestMajor <= inst.Major && inst.Major <= newestMajor {
			byMajor[inst.Major] = inst
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var all []Installation
	for _, inst := range byMajor {
		all = append(all, inst)
	}
	slices.SortFunc(all, func(a, b Installation) int { return a.Major - b.Major })
	return all, nil
}

// install finds one major, or the newest installed one for 0.
func install(ctx context.Context, major int) (Installation, error) {
	all, err := Installed(ctx)
	if err != nil {
		return Installation{}, err
	}
	if len(all) == 0 {
		return Installation{}, errors.New(
			`no postgresql server found: run "make setup", or set MIGGUARD_PG_DIR`)
	}
	if major == 0 {
		return all[len(all)-1], nil
	}
	for _, inst := range all {
		if inst.Major == major {
			return inst, nil
		}
	}
	return Installation{}, fmt.Errorf(
		`postgresql %d not found: run "make setup", or set MIGGUARD_PG_DIR`, major)
}

// binDirs lists the folders that may hold server programs, best first.
func binDirs() []string {
	var patterns []string
	if dir := os.Getenv("MIGGUARD_PG_DIR"); dir != "" {
		patterns = append(patterns, dir, filepath.Join(dir, "bin"), filepath.Join(dir, "*", "bin"))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		patterns = append(patterns, realDir(path))
	} else if path, err := exec.LookPath("initdb"); err == nil {
		// Some distributions link the other programs only.
		patterns = append(patterns, realDir(path))
	}
	patterns = append(patterns, "/usr/lib/postgresql/*/bin")
	if cache, err := CacheDir(); err == nil {
		arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
		if arch == "" {
			arch = runtime.GOARCH
		}
		patterns = append(patterns, filepath.Join(cache, "npm", "node_modules",
			"postgres-*-"+runtime.GOOS+"-"+arch, "native", "bin"))
	}
	var dirs []string
	for _, pattern := range patterns {
		matches, _ := filepath.Glob(pattern) // only a malformed pattern errs
		for _, dir := range matches {
			if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

func realDir(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return filepath.Dir(path)
}

var versionRE = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\.\d+)`)

// probe asks the server program in dir for its version, as the account that
// is to run it: a program under /root is of no use to the user postgres.
func probe(ctx context.Context, acct account, dir string) (Installation, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.SysProcAttr = acct.attr()
	cmd.Env = serverEnv()
	cmd.Dir = "/"
	out, err := cmd.Output()
	if err != nil {
		return Installation{}, fmt.Errorf("%s/postgres --version: %w", dir, err)
	}
	match := versionRE.FindSubmatch(out)
	if match == nil {
		return Installation{}, fmt.Errorf("%s/postgres --version: %q", dir, out)
	}
	major, err := strconv.Atoi(string(match[2]))
	if err != nil {
		return Installation{}, err
	}
	return Installation{Major: major, Version: string(match[1]), BinDir: dir}, nil
}

// serverEnv is the whole environment of a server. Ours may hold PGDATA, PGPORT
// and a locale, all of which the server reads.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}
