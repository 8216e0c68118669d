package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// superuser is the role initdb makes.
const superuser = "postgres"

// templateFormat is part of a template's name: raise it when initdb is called
// in another way, and old templates are left alone.
const templateFormat = "2"

// A template is a cluster that was never started. New clusters are copies.
type template struct {
	data     string // the data directory
	password string // the superuser's
}

// loadTemplate returns the template of an installation, running initdb the
// first time. There is no lock: processes that come at the same time each
// build one in a folder of their own, the first rename wins, and everyone uses
// the winner.
func loadTemplate(ctx context.Context, inst Installation, acct account) (template, error) {
	cache, err := CacheDir()
	if err != nil {
		return template{}, err
	}
	parent := filepath.Join(cache, "clusters")
	dir := filepath.Join(parent, inst.Version+"-"+templateFormat)
	tpl, err := readTemplate(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return tpl, err
	}
	// The account that runs the servers has to get in.
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return template{}, fmt.Errorf("cluster template: %w", err)
	}
	building, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return template{}, fmt.Errorf("cluster template: %w", err)
	}
	defer os.RemoveAll(building)
	if err := buildTemplate(ctx, inst, acct, building); err != nil {
		return template{}, fmt.Errorf("cluster template: %w", err)
	}
	if err := os.Rename(building, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return template{}, fmt.Errorf("cluster template: %w", err)
	}
	return readTemplate(dir)
}

func readTemplate(dir string) (template, error) {
	password, err := os.ReadFile(filepath.Join(dir, "password"))
	if err != nil {
		return template{}, fmt.Errorf("cluster template: %w", err)
	}
	return template{filepath.Join(dir, "data"), strings.TrimSpace(string(password))}, nil
}

// buildTemplate fills dir with a new data directory and its password. The
// password is random, so that a test of a wrong one is a real test.
func buildTemplate(ctx context.Context, inst Installation, acct account, dir string) error {
	password := rand.Text()
	secret, err := scramSecret(password)
	if err != nil {
		return err
	}
	secretFile := filepath.Join(dir, "secret")
	for name, text := range map[string]string{filepath.Join(dir, "password"): password, secretFile: secret} {
		if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
			return err
		}
	}
	for _, path := range []string{dir, secretFile} {
		if err := acct.own(path); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(inst.BinDir, "initdb"),
		"--pgdata", filepath.Join(dir, "data"),
		"--username", superuser, "--pwfile", secretFile,
		"--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	cmd.SysProcAttr = acct.attr()
	cmd.Env = serverEnv()
	cmd.Dir = "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb of postgresql %s: %w\n%s", inst.Version, err, out)
	}
	return nil
}
