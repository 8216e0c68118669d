package runner

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const gooseFile = "-- made by hand\n\n-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n"

var railsApp = map[string]string{
	"config/application.rb":                 "",
	"bin/rails":                             "#!/bin/sh\n",
	"db/migrate/20260101000000_create_t.rb": "",
}

func with(base map[string]string, more ...string) map[string]string {
	files := make(map[string]string)
	for name, text := range base {
		files[name] = text
	}
	for i := 0; i < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return files
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		files map[string]string
		env   []string
		want  string // Command.String, or part of the error's text
	}{
		{"rails", railsApp, nil, "bin/rails db:migrate"},
		{"engine", map[string]string{"bin/rails": ""}, nil, "no migration command found"},
		{"goose", with(nil, "migrations/00001_t.sql", gooseFile), nil,
			"embedded goose runner on migrations"},
		{"goose beside files it ignores", with(nil, "db/migrations/schema.sql", "x",
			"db/migrations/00002_t.sql", gooseFile, "db/migrations/00001_t_test.go", "goose"), nil,
			"embedded goose runner on db/migrations"},
		{"goose named .up.sql", with(nil, "migrations/1_t.up.sql", gooseFile), nil,
			"embedded goose runner on migrations"},
		{"goose in a folder named by environment",
			with(nil, "a/1_t.sql", gooseFile, "migrations/1_t.sql", gooseFile),
			[]string{"GOOSE_MIGRATION_DIR=./a"}, "embedded goose runner on ./a"},
		{"folder named by environment is missing", nil,
			[]string{"GOOSE_MIGRATION_DIR=a"}, "read a: "},
		{"goose in Go", with(nil, "migrations/1_t.go", "import \"github.com/pressly/goose/v3\"",
			"migrations/2_t.sql", gooseFile), nil, "migrations/1_t.go is a Go migration of goose"},
		{"up.sql", with(nil, "migrations/0001_t.up.sql", "", "migrations/0001_t.down.sql", ""), nil,
			"embedded sql runner on migrations"},
		{"up.sql of golang-migrate", with(nil, "migrations/1_t.up.sql", "",
			"go.mod", "require github.com/golang-migrate/migrate/v4 v4.18.0"), nil,
			"belong to golang-migrate (go.mod names github.com/golang-migrate/migrate)"},
		{"two versions alike", with(nil, "migrations/1_a.up.sql", "", "migrations/01_b.up.sql", ""),
			nil, "migrations: 01_b.up.sql and 1_a.up.sql have the same version"},
		{"dbmate", with(nil, "db/migrations/1_t.sql", "-- migrate:up\nSELECT 1;\n"), nil,
			"no migration command found"},
		{"annotation after a statement", with(nil, "migrations/1_t.sql", "SELECT 1;\n-- +goose Up\n"),
			nil, "no migration command found"},
		{"laravel", with(nil, "artisan", "", "composer.json", "{}", "database/migrations/2024_01_01_000000_t.php", "<?php"), nil,
			"php artisan migrate --force"},
		{"artisan of something else", with(nil, "artisan", ""), nil, "no migration command found"},
		{"ecto", with(nil, "mix.exs", "", "priv/repo/migrations/20240101000000_t.exs", ""), nil, "mix ecto.migrate"},
		{"elixir without ecto", with(nil, "mix.exs", "", "lib/a.ex", ""), nil, "no migration command found"},
		{"laravel and goose", with(nil, "artisan", "", "composer.json", "{}", "db/migrations/1_t.sql", gooseFile), nil,
			"more than one migration command found"},
		{"rails and goose", with(railsApp, "db/migrations/1_t.sql", gooseFile), nil,
			"more than one migration command found"},
		{"two folders", with(nil, "db/migrations/1_t.sql", gooseFile, "migrations/1_t.up.sql", ""),
			nil, "more than one migration command found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := Find(writeTree(t, test.files), test.env)
			got := c.String()
			if err != nil {
				got = err.Error()
			}
			if err == nil && got != test.want || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if err == nil && c.Why == "" {
				t.Error("no evidence is given")
			}
		})
	}
}

func TestFindErrorsListWhatTheyKnow(t *testing.T) {
	t.Parallel()
	_, err := Find(t.TempDir(), nil)
	var notFound *NotFoundError
	if !errors.As(err, &notFound) || len(notFound.Looked) != len(detectors) {
		t.Errorf("got %v", err)
	}
	for _, named := range byName {
		_, err := Find(writeTree(t, with(nil, named.file, "")), nil)
		if err == nil || err.Error() != "this app's migration command is none that is found by itself\nname it: migguard run -- "+named.command {
			t.Errorf("%s: %v", named.file, err)
		}
	}
	_, err = Find(writeTree(t, with(railsApp, "db/migrations/1_t.sql", gooseFile)), nil)
	var ambiguous *AmbiguousError
	if !errors.As(err, &ambiguous) || len(ambiguous.Candidates) != 2 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"bin/rails db:migrate (config/application.rb and bin/rails exist)",
		`embedded goose runner on db/migrations (db/migrations/1_t.sql holds "-- +goose Up")`,
		"migguard run -- COMMAND",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

func TestFindGooseTable(t *testing.T) {
	t.Parallel()
	c, err := Find(writeTree(t, with(nil, "migrations/1_t.sql", gooseFile)), []string{"GOOSE_TABLE=app.versions"})
	if err != nil || c.Embedded.table() != "app.versions" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestDetectorTable(t *testing.T) {
	t.Parallel()
	names := make([]string, len(detectors))
	for i, d := range detectors {
		names[i] = d.name
		if d.looks == "" || d.find == nil {
			t.Errorf("%s: incomplete", d.name)
		}
		if _, err := os.Stat(filepath.Join(".", "find_"+d.name+".go")); err != nil {
			t.Errorf("%s: has no file of its own: %v", d.name, err)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted or not unique: %q", names)
	}
	if !slices.IsSorted(folders) {
		t.Errorf("folders are not sorted: %q", folders)
	}
}
