package scan_test

import "testing"

// Models of each library with a property that is not called as its column, and one whose
// name another model has, too.
const (
	drizzleModels = `import { pgTable, serial, text } from 'drizzle-orm/pg-core'
export const users = pgTable('users', { id: serial('id'), mail: text('email'), kind: text('kind') })
export const teams = pgTable('teams', { id: serial('team_id'), owner: text('owner') })`
	typeormModels = `import { Entity, Column, PrimaryGeneratedColumn, ManyToOne } from 'typeorm'
@Entity('users') export class User { @PrimaryGeneratedColumn() id: number; @Column({ name: 'email' }) mail: string; @Column() kind: string; @ManyToOne(() => Team) team: Team }
@Entity('teams') export class Team { @PrimaryGeneratedColumn({ name: 'team_id' }) id: number; @Column() owner: string }
export const keys = ['owner']`
	sequelizeModels = `const { DataTypes } = require('sequelize')
const User = sequelize.define('User', { mail: { type: DataTypes.TEXT, field: 'email', unique: true }, kind: DataTypes.TEXT }, { tableName: 'users', timestamps: false })
const Team = sequelize.define('Team', { key: { type: DataTypes.UUID, primaryKey: true }, owner: DataTypes.TEXT }, { tableName: 'teams', timestamps: false })
module.exports = { User, Team }
`
	prismaModels = `datasource db {
  provider = "postgresql"
}
model User {
  id   Int    @id
  mail String @unique @map("email")
  kind String
  @@unique([mail, kind])
  @@map("users")
}
model Team {
  id Int @id @map("team_id")
  @@map("teams")
}
`
	fromModels = "import { User, Team } from './models'\n"
	required   = "const { User, Team } = require('./models')\n"
)

// TestJavaScriptUpserts: whose unique index a library's upsert asks for.
func TestJavaScriptUpserts(t *testing.T) {
	t.Parallel()
	for library, of := range map[string]struct {
		file, models string
		tests        map[string]string
	}{
		"drizzle-orm": {"schema.ts", drizzleModels, map[string]string{
			drizzle + "db.insert(users).values(x).onConflictDoUpdate({ target: users.mail, set: x })":                                             "users: email",
			drizzle + "db.insert(users).values(x).onConflictDoUpdate({ target: [users.mail, users.kind], targetWhere: y, set: x })":               "users: email, kind",
			drizzle + "db.insert(users).values(x).onConflictDoNothing({ target: users.id })":                                                      "users: id",
			drizzle + "db.insert(users).values(x).onConflictDoNothing({ where: y })":                                                              "",
			drizzle + "db.insert(users).values(x).onConflictDoNothing(options)":                                                                   "users: what is not known",
			drizzle + "db.insert(users).values(x).onConflictDoUpdate({ ...options })":                                                             "users: what is not known",
			drizzle + "db.insert(users).values(x).onConflictDoUpdate({ target, set: x })":                                                         "users: what is not known",
			drizzle + "db.insert(users).values(x).onConflictDoUpdate({ target: users[key], set: x })":                                             "users: what is not known",
			drizzle + "db.insert(users).values(x).onConflictDoUpdate({ target: sql`lower(email)`, set: x })":                                      "users: what is not known",
			"import * as schema from './schema'\ndb.insert(schema.users).values(x).onConflictDoUpdate({ target: schema.users.mail, set: x })":     "users: email",
			"const schema = require('./schema')\nconst { users } = schema\ndb.insert(users).values(x).onConflictDoUpdate({ target: users.mail })": "users: email",
			// Another's table may be called so: the columns are those of each that has them.
			drizzle + "function put(users) { db.insert(users).values(x).onConflictDoUpdate({ target: users.mail, set: x }) }": "?: email",
			"const put = (table) => db.insert(table).values(x).onConflictDoUpdate({ target: table.id, set: x })":              "?: id; ?: team_id",
			drizzle + "const put = db.insert(users).values(x).onConflictDoNothing":                                            anything,
			drizzle + "const put = (table) => db.insert(table).values(x).onConflictDoUpdate({ target: users.mail, set: x })":  "?: email",
			"const put = (table) => db.insert(table).values(x).onConflictDoUpdate({ target: table.unheard, set: x })":         anything,
			drizzle + "const put = db.insert(users).values(x).onConflictDoUpdate; put(y)":                                     anything,
		}},
		"typeorm": {"models.ts", typeormModels, map[string]string{
			fromModels + "source.getRepository(User).upsert(rows, ['mail'])":                                    "users: email",
			fromModels + "const users = source.getRepository(User)\nusers.upsert(rows, ['mail', 'kind'])":       "users: email, kind",
			fromModels + "manager.upsert(User, rows, { conflictPaths: ['mail'], skipUpdateIfNoValuesChanged })": "users: email",
			fromModels + "manager.upsert(User, rows, { conflictPaths: { mail: true } })":                        "users: email",
			fromModels + "manager.upsert(User, rows, paths)":                                                    "users: what is not known",
			fromModels + "manager.upsert(User, rows, ['mail', other])":                                          "users: what is not known",
			fromModels + "User.upsert(rows, ['unheard'])":                                                       "users: what is not known",
			"import { keys } from './models'\nconst put = (keys) => this.repository.upsert(rows, keys)":         anything,
			"const keys = ['mail']\nthis.repository.upsert(rows, keys)":                                         "?: email",
			"this.repository.upsert(rows, ['mail'])":                                                            "?: email",
			"this.repository.upsert(rows, ['id'])":                                                              "?: id; ?: team_id",
			"this.repository.upsert(rows, ['unheard'])":                                                         anything,
			"this.repository.upsert(rows, options)":                                                             anything,
			"this.repository.upsert(rows)":                                                                      anything,
			fromModels + "q.insert().into(User).values(x).orUpdate(['kind'], ['email'])":                        "users: email",
			fromModels + "q.insert().into(User).values(x).orUpdate(['kind'], 'users_key')":                      "users: constraint users_key; users: users_key",
			fromModels + "q.insert().into(User).values(x).orUpdate(['kind'])":                                   "users: what is not known",
			"q.insert().orUpdate({ conflict_target: ['email'], overwrite: ['kind'] })":                          "?: email",
			"q.insert().values(x).onConflict(`(\"email\") DO NOTHING`).execute()":                               "?: email",
			"q.insert().values(x).onConflict('(\"email\", kind) DO UPDATE SET \"kind\" = :kind').execute()":     "?: email, kind",
			"q.insert().values(x).onConflict('ON CONSTRAINT users_key DO NOTHING').execute()":                   "?: constraint users_key",
			"q.insert().values(x).onConflict(`(${key}) DO NOTHING`).execute()":                                  anything,
			"q.insert().into(User).values(x).orIgnore().execute()":                                              "",
		}},
		"sequelize": {"models.js", sequelizeModels, map[string]string{
			required + "User.upsert(row)":                                                                                                      "users: email; users: id",
			required + "Team.upsert(row)":                                                                                                      "teams: key",
			required + "Team.upsert(row, { conflictFields: ['owner'] })":                                                                       "teams: owner",
			required + "Team.upsert(row, { returning: true })":                                                                                 "teams: key",
			required + "Team.upsert(row, options)":                                                                                             "teams: what is not known",
			required + "Team.upsert(row, { conflictFields })":                                                                                  "teams: what is not known",
			required + "User.bulkCreate(rows, { updateOnDuplicate: ['kind'] })":                                                                "users: email",
			required + "Team.bulkCreate(rows, { updateOnDuplicate: ['owner'] })":                                                               "teams: key",
			required + "User.bulkCreate(rows, { updateOnDuplicate: ['kind'], conflictAttributes: ['mail'] })":                                  "users: email",
			required + "User.bulkCreate(rows, { ignoreDuplicates: true }); User.bulkCreate(rows)":                                              "",
			required + "User.bulkCreate(rows, /* updateOnDuplicate */)":                                                                        anything,
			required + "User.bulkCreate(rows, options)":                                                                                        "",
			required + "const options = { updateOnDuplicate: [] }; User.bulkCreate(rows, options)":                                             "?: what is not known; users: what is not known",
			required + "const foreignKey = how(); Team.belongsTo(User, { foreignKey }); Team.upsert(row)":                                      "teams: what is not known",
			"const Pet = sequelize.define('Pet', { a: KEY(), b: columns.KEY }, { timestamps: false, freezeTableName: true })\nPet.upsert(row)": "Pet: what is not known",
			"const { TEXT } = require('sequelize')\nconst Pet = sequelize.define('Pet', { a: TEXT, b: TEXT('tiny') }, { timestamps: false, freezeTableName: true })\nPet.upsert(row)": "Pet: id",
			"const put = ({ models }) => models.User.upsert(row)":                                                 "?: email; ?: id; ?: key",
			"const put = ({ models }) => models.User.upsert(row, { conflictFields: ['email'] })":                  "?: email",
			required + "const put = User.upsert.bind(User); put(row)":                                             anything,
			required + "const { upsert: put } = User":                                                             anything,
			required + "User[how](row); const how = 'upsert'":                                                     anything + "; users: email; users: id",
			required + "team.addUsers(users, { updateOnDuplicate: ['kind'] })":                                    anything,
			required + "User.addHook('beforeBulkCreate', (rows, o) => { o.updateOnDuplicate = ['kind'] })":        anything,
			required + "User.belongsToMany(Team, { through: Team }); User.upsert(row); Team.upsert(row)":          "teams: what is not known; users: email; users: id",
			required + "User.belongsToMany(Team, { through: make() }); User.upsert(row)":                          "users: what is not known",
			required + "Team.belongsTo(User, { foreignKey: { name: 'userId', unique: true } }); Team.upsert(row)": "teams: what is not known",
			"import { Model, Table, Column, PrimaryKey } from 'sequelize-typescript'\n@Table({ tableName: 'pets', timestamps: false }) class Pet extends Model { @PrimaryKey @Column tag }\nPet.upsert(row)": "pets: tag",
			"import { Model, Table, Column, Unique } from 'sequelize-typescript'\n@Table({ tableName: 'pets', timestamps: false }) class Pet extends Model { @Unique @Column tag }\nPet.upsert(row)":         "pets: what is not known",
			"const Pet = sequelize.define('Pet', { n: DataTypes.TEXT }, { timestamps: false, freezeTableName: true, indexes: [{ unique: true, fields: ['n'] }] })\nPet.upsert(row)":                          "Pet: what is not known",
			"const Pet = sequelize.define('Pet', { a: { type: T, unique: 'both' }, b: { type: T, unique: { name: 'both' } } }, { timestamps: false, freezeTableName: true })\nPet.upsert(row)":               "Pet: a, b; Pet: id",
		}},
		"prisma": {"schema.prisma", prismaModels, map[string]string{
			"prisma.user.upsert({ where: { mail }, create: x, update: y })":                               "users: email",
			"prisma.user.upsert({ where: { mail_kind: { mail, kind } }, create: x, update: y })":          "users: email, kind",
			"prisma.user.upsert({ where: by, create: x, update: y })":                                     "users: what is not known",
			"prisma.user.upsert(options)":                                                                 "users: what is not known",
			"prisma[model].upsert({ where: { id }, create: x, update: y })":                               "?: id; ?: team_id",
			"prisma.user.createMany({ data, skipDuplicates: true })":                                      "",
			"prisma.user.update({ where: { id }, data: { team: { upsert: { create: x, update: y } } } })": "",
		}},
	} {
		for source, want := range of.tests {
			c := tree(t, map[string]string{"src/" + of.file: of.models, "src/a.js": source, "package.json": `{"dependencies":{"pg":"8","` + library + `":"1"}}`})
			if got := upserts(c); got != want {
				t.Errorf("%s\n%s\nwant\n%s", source, got, want)
			}
		}
	}
}
