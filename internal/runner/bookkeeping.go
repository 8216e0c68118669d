package runner

// Bookkeeping are the names of the tables in which migration commands note what they
// have applied, and of those that they read beside it. A command that finds them as
// they are does what it would do next, and nothing else. Sources: each project's
// documentation; TestRehearsal runs those that are at hand.
var Bookkeeping = []string{
	"schema_migrations", "ar_internal_metadata", // Rails, Ecto, dbmate, golang-migrate
	"goose_db_version", "gorp_migrations", "schema_version", // goose, sql-migrate, tern
	"django_migrations", "alembic_version", "aerich",
	"knex_migrations", "knex_migrations_lock", "SequelizeMeta", "pgmigrations", "_prisma_migrations", "__drizzle_migrations",
	"migrations", "typeorm_metadata", "mikro_orm_migrations", // Laravel, TypeORM, MikroORM
	"flyway_schema_history", "databasechangelog", "databasechangeloglock",
	"__EFMigrationsHistory", "doctrine_migration_versions", "phinxlog", "_sqlx_migrations", "__diesel_schema_migrations",
	"seaql_migrations", "refinery_schema_history", "bun_migrations", "bun_migration_locks", "atlas_schema_revisions",
}
