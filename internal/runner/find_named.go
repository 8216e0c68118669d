package runner

// byName are commands that Find does not run by itself, because an application
// may have several, or needs words of its own: a file that tells of one, and what
// it is called as a rule.
var byName = []struct{ file, command string }{
	{"manage.py", "python manage.py migrate"},
	{"alembic.ini", "alembic upgrade head"},
	{"migrations/alembic.ini", "flask db upgrade"},
	{"prisma/schema.prisma", "npx prisma migrate deploy"},
	{"knexfile.js", "npx knex migrate:latest"},
	{"knexfile.ts", "npx knex migrate:latest"},
	{".sequelizerc", "npx sequelize-cli db:migrate"},
	{"drizzle.config.ts", "npx drizzle-kit migrate"},
}

// unknownCommand stands where no file tells.
const unknownCommand = "COMMAND"

// likely is the command that a file of the application tells of, or COMMAND.
func (t tree) likely() string {
	for _, named := range byName {
		if t.has(named.file) {
			return named.command
		}
	}
	return unknownCommand
}
