package bin_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// app makes a folder for one app that is looked at in the buildpack of s.
func (s *site) app(t *testing.T) *site {
	t.Helper()
	app := *s
	app.t, app.build = t, t.TempDir()
	return &app
}

// warnings returns what a build of the app warns of, without the rest of a build.
func (s *site) warnings() string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "bash", "-euo", "pipefail", "-c",
		`buildpack_dir=$1; . "$1/bin/lib/warnings.sh"; warn_of_unguarded "$2"`, "bash", s.buildpack, s.build)
	cmd.Env = []string{"PATH=" + toolbox}
	r := s.run(cmd)
	if r.status != 0 || r.stdout != "" {
		s.t.Errorf("warn_of_unguarded: %s", r)
	}
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, " !     ") {
			s.t.Errorf("not Heroku's format for warnings: %q", line)
		}
	}
	return r.stderr
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Release lines by what is to be said of them; "" is nothing.
var releaseLines = map[string]string{
	"migguard run":     "",
	"bin/migguard run": "",
	"migguard run --allow dropped-column:users.notes":        "",
	"migguard --app shop run -- bin/rails db:migrate":        "",
	"migguard run -- 'npx knex migrate:latest && node s.js'": "",
	"migguard run -- 'node pre.js && knex migrate:latest'":   "",
	`bash -c "migguard run"`:                                 "",
	"mkdir -p tmp || true; migguard run":                     "",
	"set -e; migguard run; echo done":                        "",
	"migguard run && bin/rails db:seed":                      "",
	"bin/rails db:migrate:status && migguard run":            "",
	"npm run release":                                        "",
	"./release.sh":                                           "",
	"sh tasks/release":                                       "",

	"bin/rails db:migrate":                    "does not run migguard",
	"python manage.py migrate":                "does not run migguard",
	"npm run migrate":                         "does not run migguard",
	"./unguarded.sh":                          "does not run migguard",
	"echo migguard run is off":                "does not run migguard",
	"my-migguard run":                         "does not run migguard",
	"bin/rails db:migrate && migguard run":    "also changes the database where migguard does not see it:\n !       bin/rails db:migrate\n",
	"migguard run; npx prisma migrate deploy": "also changes the database",

	"migguard run -- bin/rails db:drop db:create":      "loses data",
	"migguard run -- bin/rails db:reset":               "loses data",
	"migguard run -- php artisan migrate:fresh":        "loses data",
	"migguard run -- rake db:migrate:reset":            "loses data",
	"migguard run -- npx prisma db push":               "loses data",
	"migguard run -- prisma migrate reset --force":     "loses data",
	"migguard run -- prisma migrate dev --force-reset": "loses data",
	"migguard run -- ./lossy.sh":                       "loses data",

	"migguard run || true":            "ends well though migrations fail",
	"migguard run ||true":             "ends well though migrations fail",
	"migguard run ; true":             "ends well though migrations fail",
	"migguard run; exit 0":            "ends well though migrations fail",
	`bash -c "migguard run || :"`:     "ends well though migrations fail",
	"migguard run || echo failed":     "ends well though migrations fail",
	"migguard run; echo done":         "ends well though migrations fail",
	"migguard run 2>&1 | tee out.log": "ends well though migrations fail",
	"migguard run &":                  "ends well though migrations fail",
}

// TestReleaseLine has one warning for each line that needs one, and none for the
// others.
func TestReleaseLine(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	for line, want := range releaseLines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.write("Procfile", "# comment\r\nrelease: "+line+"\r\nweb: bin/server") // no line end
			s.write("package.json", `{"scripts": {"release": "migguard run -- knex migrate:latest", "migrate": "knex migrate:latest"}}`)
			s.write("release.sh", "migguard run\n")
			s.write("tasks/release", "#!/usr/bin/env bash\nrm -f x || true\n# rails db:drop is not what we want\nmigguard run\necho done\n")
			s.write("unguarded.sh", "# migguard run\nbin/rails db:migrate\n")
			s.write("lossy.sh", "bin/rails \\\n  db:drop\n")
			got := s.warnings()
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if n := strings.Count(got, "Procfile: the release line"); want != "" && n != 1 {
				t.Errorf("%d warnings for one fault: %s", n, got)
			}
		})
	}
}

// TestNoReleaseLine in the Procfile, no Procfile, and Fir's other way.
func TestNoReleaseLine(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	tests := map[string]struct{ file, content, want string }{
		"Procfile":    {"Procfile", "web: bin/server\n#release: migguard run\n", "release: migguard run"},
		"none at all": {"README", "", "has no release line"},
		"empty":       {"Procfile", "release:\n", "has no release line"},
		"project":     {"project.toml", "[[com.heroku.phase.release]]\ncommand = \"migguard\"\nargs = [\"run\"]\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.write(test.file, test.content)
			if got := s.warnings(); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// commandsThatMigrate change the schema, or what is in it.
var commandsThatMigrate = strings.Split(`bin/rails db:migrate
bundle exec rake db:migrate:primary
RAILS_ENV=production bin/rails db:prepare
rails db:schema:load db:seed
python manage.py migrate --noinput
django-admin migrate
npx prisma migrate deploy
prisma generate && prisma db push
npx prisma@5.1.0 migrate deploy
knex --knexfile db/knexfile.js migrate:latest
npx sequelize-cli db:migrate
typeorm migration:run -d dist/data-source.js
bin/console doctrine:migrations:migrate --no-interaction
drizzle-kit push
node-pg-migrate up
alembic -c alembic.ini upgrade head
flask --app shop db upgrade
php artisan migrate --force
mix ecto.migrate
goose -dir db postgres "$DATABASE_URL" up
migrate -path db -database "$DATABASE_URL" up
dbmate --wait up
node dist/migrate.js
npm run migrate
tsc; (cd api && yarn db:migrate)
bash -c 'rails db:migrate'`, "\n")

// harmlessCommands have the same words in them.
var harmlessCommands = strings.Split(`tsc && cp -r src/migrations dist/migrations
echo "no migrations here: rails db:migrate runs in the release phase"
next build
node server.js --immigration
node dist/migrations-viewer.js
rails db:migrate:status
python manage.py migrate --check
python manage.py makemigrations --check --dry-run
python manage.py collectstatic --noinput
prisma generate
prisma migrate status
knex migrate:make add_users
npm run migrate:status
eslint migrations && prettier --check migrations
webpack --config webpack.migrate.config.js
bin/rails assets:precompile
alembic current
goose -dir db status
bin/rails db:abort_if_pending_migrations
rm -rf dist/migrate
docker compose up
migguard run -- rails db:migrate
gunicorn shop.wsgi # python manage.py migrate`, "\n")

// places are where no release command guards a command.
var places = map[string]struct {
	write func(s *site, command string)
	says  string
}{
	"heroku-postbuild": {func(s *site, c string) { s.script("heroku-postbuild", c) }, "package.json: script heroku-postbuild changes"},
	"build":            {func(s *site, c string) { s.script("build", c) }, "while the app is built"},
	"postinstall":      {func(s *site, c string) { s.script("postinstall", c) }, "package.json: script postinstall"},
	"prestart":         {func(s *site, c string) { s.script("prestart", c) }, "when a dyno boots"},
	"start":            {func(s *site, c string) { s.script("start", c) }, "package.json: script start"},
	"postdeploy": {func(s *site, c string) {
		s.write("app.json", `{"name": "shop", "scripts": {"postdeploy": `+quoted(s.t, c)+`}}`)
	}, "app.json: postdeploy changes"},
	"postdeploy of a size": {func(s *site, c string) {
		s.write("app.json", `{"scripts":{"postdeploy":{"size":"standard-1x","command":`+quoted(s.t, c)+`}}}`)
	}, "app.json: postdeploy changes"},
	"bin/start":          {func(s *site, c string) { s.write("bin/start", "#!/bin/sh\nset -e\n"+c+"\nexec app\n") }, "bin/start changes"},
	"web":                {func(s *site, c string) { s.procfile("web", c) }, "Procfile: web changes"},
	"web, then a server": {func(s *site, c string) { s.procfile("web", c+"\n") }, "Procfile: web changes"},
	"worker":             {func(s *site, c string) { s.procfile("worker", c) }, "Procfile: worker changes"},
	"web by a script": {func(s *site, c string) {
		s.write("run.sh", c+"\n")
		s.procfile("web", "bash ./run.sh")
	}, "Procfile: web changes"},
	"web by npm": {func(s *site, c string) {
		s.script("serve:prod", c)
		s.procfile("web", "npm run serve:prod")
	}, "Procfile: web changes"},
}

// script writes a package.json in which a script has this name.
func (s *site) script(name, command string) {
	s.t.Helper()
	s.write("package.json", `{"name": "shop", "config": {"scripts": {"build": "rails db:migrate"}},
  "scripts": {"lint": "rails db:migrate", "`+name+`" : `+quoted(s.t, command)+`, "test":"knex migrate:latest"},
  "files": ["build", "rails db:migrate"]}`)
}

func (s *site) procfile(kind, command string) {
	s.t.Helper()
	s.write("Procfile", "release: migguard run\nmigrate: bin/rails db:migrate\n"+kind+": "+command+"\n")
}

// TestCompileWarns has the warnings in the build's own log, and the build succeed.
func TestCompileWarns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vendor([]byte(standIn))
	s.write("Procfile", "release: bin/rails db:migrate\n")
	r := s.compile()
	s.wantSuccess(r)
	if !strings.HasPrefix(r.stderr, " !     Procfile: the release line does not run migguard: bin/rails db:migrate\n") {
		t.Error(r)
	}
}

// TestMigratesElsewhere tries one command that migrates at every place.
func TestMigratesElsewhere(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.procfile("web", "bin/server")
			place.write(s, "./wait && bin/rails db:migrate")
			got := s.warnings()
			if strings.Count(got, "where migguard does not see it: bin/rails db:migrate\n") != 1 || !strings.Contains(got, place.says) ||
				!strings.Contains(got, "Take it out; migrations belong into the Procfile:\n !       release: migguard run\n") {
				t.Errorf("got %q, want %q", got, place.says)
			}
		})
	}
}

// TestCommandsElsewhere tries every command that migrates in one place, and all
// harmless ones in every place.
func TestCommandsElsewhere(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	for _, command := range commandsThatMigrate {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.procfile("web", "bin/server")
			s.write("app.json", `{"scripts": {"postdeploy": `+quoted(t, command)+`}}`)
			if got := s.warnings(); !strings.Contains(got, "app.json: postdeploy changes the database") {
				t.Errorf("no warning: %q", got)
			}
		})
	}
	for name, place := range places {
		t.Run("harmless in "+name, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.procfile("web", "bin/server")
			place.write(s, strings.Join(harmlessCommands, " && "))
			if got := s.warnings(); got != "" {
				t.Errorf("false alarm: %q", got)
			}
		})
	}
}

// TestStrangeFiles gives files that are not what their names say; the build
// neither fails nor speaks of them.
func TestStrangeFiles(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	contents := map[string]string{
		"empty": "", "null": "null", "cut": `{"scripts": {"build": "rails db`, "bytes": "\x00\xff\xfe{\"scripts\"", "brackets": "]]}}{[",
		"escapes": `{"scripts": {"build": "echo \"x\" \\ \u0000 \/"}}`,
	}
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.procfile("web", "bin/server ./"+name+".sh / .. '' \" * $(x)")
			for _, file := range []string{"package.json", "app.json", "bin/start", name + ".sh"} {
				s.write(file, content)
			}
			if got := s.warnings(); got != "" {
				t.Errorf("warns: %q", got)
			}
		})
	}
}

// TestProcfileExample is what a new app starts from.
func TestProcfileExample(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vendor([]byte(standIn))
	s.write("Procfile", read(t, "../Procfile.example"))
	if r := s.compile(); r.status != 0 || r.stderr != "" {
		t.Errorf("it needs a warning: %s", r)
	}
}

// TestShellcheck keeps make's list of scripts complete: a script that it does not
// name is not checked.
func TestShellcheck(t *testing.T) {
	t.Parallel()
	list, err := exec.Command("make", "-s", "-n", "-C", "..", "lint").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"detect", "compile", "build", "release", "report"} {
		if !strings.Contains(string(list), filepath.Join("bin", name)) {
			t.Errorf("make lint does not check bin/%s", name)
		}
	}
}
