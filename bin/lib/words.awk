# The commands of migration tools, as their documentation has them. What is not
# here, the warnings are silent about. No interval expressions: mawk, which is
# Ubuntu's awk, has had them for few years only.
BEGIN {
	# Commands that change the schema.
	migrates = words("db:(migrate|prepare|rollback)(:[a-z_]+)?|db:setup" \
		"|(manage\\.py|django-admin) ([^ ]+ )*migrate" \
		"|prisma(@[^ ]+)? ([^ ]+ )*migrate (deploy|dev)" \
		"|migrate:(latest|up|down|run|deploy|rollback|all|prod|production|force)|artisan migrate" \
		"|migrations?:(run|up|migrate|revert|execute)|schema:(sync|update)" \
		"|drizzle-kit(@[^ ]+)? migrate" \
		"|(node-pg-migrate|db-migrate|pg-migrate|goose|dbmate|migrate) ([^ ]+ )*up" \
		"|(dbmate|tern|flyway|graphile-migrate|atlas) ([^ ]+ )*migrate" \
		"|alembic ([^ ]+ )*(upgrade|downgrade)|flask ([^ ]+ )*db (upgrade|downgrade)" \
		"|ecto\\.migrate|liquibase ([^ ]+ )*update|sqitch ([^ ]+ )*deploy" \
		"|(npm|pnpm|yarn|bun)( run)? (db:)?migrate" \
		"|(node|python3?|ruby|php|tsx|ts-node|bun) ([^ ]*/)?migrat(e|ions?)\\.[a-z]+")

	# Commands that lose data.
	destroys = words("db:(drop|reset|purge|wipe|setup|schema:load|structure:load|seed:replant|push)(:[a-z_]+)?" \
		"|(db:)?migrate:(fresh|reset|refresh)|migrate reset|db push" \
		"|--(force-reset|accept-data-loss)|drizzle-kit(@[^ ]+)? push|ecto\\.(drop|reset)" \
		"|schema:drop|manage\\.py ([^ ]+ )*(flush|reset_db)|flyway ([^ ]+ )*clean" \
		"|dbmate ([^ ]+ )*drop|dropdb|downgrade base")

	# Commands that only look or talk, or write a new migration's file.
	talks = "^(echo|printf|cp|mv|rm|mkdir|cat|ls|grep|test|rsync|eslint|prettier) "
	harmless = talks "|" words("db:migrate:status|migrat(e|ions?):(status|make|create|generate|list|show|check)" \
		"|migrate (status|diff|resolve|create|new)|--?(check|plan|dry-?run|pretend|help)")

	guards = "(^|[^[:alnum:]_-])migguard ([^ ]+ )*run($|[^[:alnum:]_-])"

	# The scripts of package.json that run while the app is built or boots.
	at_build = " heroku-prebuild heroku-postbuild preinstall install postinstall prepare prebuild build postbuild "
	at_boot = " prestart start poststart "
}

# words matches any of the alternatives as whole words.
function words(alternatives) {
	return "(^|[^[:alnum:]_-])(" alternatives ")($|[^[:alnum:]_:-])"
}

function is_guarded(command) { return command ~ guards && command !~ talks }

function is_destructive(command) { return tolower(command) ~ destroys && tolower(command) !~ harmless }

function is_migration(command) {
	command = tolower(command)
	return (command ~ migrates || command ~ destroys) && command !~ harmless
}
