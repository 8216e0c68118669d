// Package javascript reads JavaScript and TypeScript, Prisma's schemas and
// package.json: which tables the models of Prisma, Sequelize, TypeORM and
// Drizzle stand for and with which columns, what Knex's builder names, and SQL in
// strings and templates. Other ORMs are gaps by their names in package.json.
package javascript
