package bin_test

import (
	"strings"
	"testing"
)

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
