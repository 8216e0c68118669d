package oldcode

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// ORMs are the small applications, each of one ORM, that show what such a library
// needs to boot and to work: it creates, reads, saves, upserts, locks, groups, joins,
// and looks into the catalogs as far as it can. Automap is SQLAlchemy that makes its
// classes of the tables it finds.
var ORMs = []string{"rails", "django", "sqlalchemy", "automap", "sequelize", "typeorm", "drizzle"}

// SchemaORM is SQL that makes the tables of all of ORMs, in an empty database.
func SchemaORM() string { return embedded("testdata/orm/schema.sql") }

// SourceORM is the folder that holds the source of one of ORMs, and nothing else.
func SourceORM(name string) string { return filepath.Join(folder("orm"), name, "app") }

// StartORM starts one of ORMs, which ends with the test, with variables for its
// environment. It has no connection yet.
func StartORM(t testing.TB, name string, environment ...string) *Process {
	t.Helper()
	var cmd *exec.Cmd
	switch name {
	case "rails":
		cmd = exec.CommandContext(t.Context(), "ruby", "driver.rb", name)
	case "django", "sqlalchemy", "automap":
		cmd = python(t, name+":"+name+"/app")
	default:
		cmd = node(t, "orms", name)
	}
	cmd.Dir = folder("orm")
	cmd.Env = slices.Concat(os.Environ(), cmd.Env, environment)
	in, out := Speak(t, cmd)
	return &Process{Name: name, in: in, out: out}
}

// Boot connects one of ORMs to a database with SchemaORM, as a process that has just
// started, and does its first round. Where it cannot boot, that is the one outcome.
func (p *Process) Boot(t testing.TB, url string) []Outcome {
	t.Helper()
	booted := p.outcomes(t, "open "+url)
	if len(booted) != 1 {
		t.Fatalf("%s booted %d times", p.Name, len(booted))
	}
	if booted[0].Error != "" {
		return booted
	}
	return append(booted, p.Act(t)...)
}
