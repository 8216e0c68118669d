package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

func TestSequelize(t *testing.T) {
	t.Parallel()
	const plainly = "const sequelize = new Sequelize(process.env.DATABASE_URL, { dialect: 'postgres' });\n"
	for name, tt := range map[string]struct {
		source, want string
		columns      map[string]contract.Verdict
	}{
		"define": {plainly + "const User = sequelize.define('User', { firstName: DataTypes.STRING, lastName: { type: DataTypes.STRING, field: 'last_name' }, full: DataTypes.VIRTUAL, both: { type: DataTypes.VIRTUAL(DataTypes.STRING) } })", "Users User",
			map[string]contract.Verdict{"Users.id": "yes", "Users.firstName": "yes", "Users.last_name": "yes", "Users.createdAt": "yes", "Users.updatedAt": "yes", "Users.deletedAt": "unknown", "Users.full": "unknown", "Users.legacy": "no", "Users.old": "unknown", "Users.teamId": "unknown"}},
		"underscored": {plainly + "const User = sequelize.define('UserAccount', { firstName: DataTypes.STRING }, { underscored: true, paranoid: true, updatedAt: false })", "user_accounts UserAccount",
			map[string]contract.Verdict{"user_accounts.first_name": "yes", "user_accounts.created_at": "yes", "user_accounts.deleted_at": "yes", "user_accounts.updated_at": "unknown"}},
		"frozen":    {plainly + "sequelize.define('User', { id: { type: DataTypes.UUID, primaryKey: true } }, { freezeTableName: true, timestamps: false })", "User User", map[string]contract.Verdict{"User.id": "yes", "User.createdAt": "unknown", "User.legacy": "no"}},
		"key":       {plainly + "sequelize.define('User', { code: { type: DataTypes.UUID, primaryKey: true } }, { tableName: 'u', timestamps: false })", "u User", map[string]contract.Verdict{"u.code": "yes", "u.legacy": "no"}},
		"init":      {plainly + "class User extends Model {}\nUser.init({ a: DataTypes.TEXT }, { sequelize, modelName: 'person' })", "people person", map[string]contract.Verdict{"people.a": "yes"}},
		"init name": {plainly + "class User extends Model { static start(sequelize) { super.init({ a: DataTypes.TEXT }, { sequelize, tableName: 'users', schema: 'app' }) } }", "app.users User", map[string]contract.Verdict{"users.a": "yes"}},
		"for all":   {"const sequelize = new Sequelize(url, { define: { underscored: true, freezeTableName: true } });\nsequelize.define('user', { firstName: DataTypes.STRING })", "user user", map[string]contract.Verdict{"user.first_name": "yes", "user.created_at": "yes"}},
		"of a file": {"const sequelize = new Sequelize(config.database, config.user, config.password, config);\nsequelize.define('User', { firstName: DataTypes.STRING })", "", map[string]contract.Verdict{"Users.legacy": "unknown", "users.legacy": "unknown"}},
		"named of":  {"const sequelize = new Sequelize(config.url, config);\nsequelize.define('User', { firstName: DataTypes.STRING, a: DataTypes.TEXT }, { tableName: 'users' })", "users User", map[string]contract.Verdict{"users.firstName": "unknown", "users.first_name": "unknown", "users.a": "yes", "users.createdAt": "unknown", "users.legacy": "no"}},
		"exported":  {plainly + "module.exports = (sequelize, DataTypes) => { const User = sequelize.define('User', { a: DataTypes.TEXT }, {}); User.associate = (models) => { User.belongsTo(models.Team); User.belongsToMany(models.Tag, { through: 'user_tags' }) }; return User }", "Users User; user_tags belongsToMany", map[string]contract.Verdict{"Users.a": "yes", "Users.TeamId": "unknown", "user_tags.x": "yes"}},
		"spread":    {plainly + "sequelize.define('User', { ...common, a: DataTypes.TEXT })", "Users User", map[string]contract.Verdict{"Users.a": "yes", "Users.legacy": "unknown"}},
		"options":   {plainly + "sequelize.define('User', { a: DataTypes.TEXT }, options)", "", map[string]contract.Verdict{"Users.legacy": "unknown"}},
		"name":      {plainly + "sequelize.define(name, { a: DataTypes.TEXT })", "", map[string]contract.Verdict{"Users.legacy": "unknown"}},
		"query":     {plainly + "sequelize.define('User', { a: DataTypes.TEXT }); User.findAll({ where: { old: 1 }, order: [['third', 'ASC']] }); sequelize.query({ query: sql })", "Users User", map[string]contract.Verdict{"Users.old": "unknown", "Users.third": "unknown", "Users.legacy": "no"}},
		"none":      {"1", "", map[string]contract.Verdict{"Users.legacy": "unknown"}},
		"typescript": {plainly + "import { Table, Column, Model, CreatedAt, PrimaryKey, ForeignKey, BelongsTo, BelongsToMany } from 'sequelize-typescript';\n@Table({ tableName: 'apiKeys', modelName: 'apiKey' }) class ApiKey extends Model<ApiKey> { @PrimaryKey @Column(DataType.UUID) key: string; @Column({ field: 'last_used', type: DataType.DATE }) lastUsed: Date; @ForeignKey(() => User) @Column userId: string; @BelongsTo(() => User) user: User; @CreatedAt @Column madeAt: Date; @BelongsToMany(() => Tag, 'key_tags') tags; plain: string }",
			"apiKeys apiKey; key_tags belongsToMany", map[string]contract.Verdict{"apiKeys.key": "yes", "apiKeys.last_used": "yes", "apiKeys.userId": "yes", "apiKeys.madeAt": "yes", "apiKeys.updatedAt": "yes", "apiKeys.legacy": "no"}},
		"own base": {plainly + "import { Table, Column, Model } from 'sequelize-typescript'; import { Mine } from './mine';\nclass Base extends Model { @Column gone: Date }\n@Table({ tableName: 'a' }) class A extends Base { @Column b: string }\n@Table({ tableName: 'c' }) class C extends Base { @Mine d: string }\n@Table({ tableName: 'e' }) class E extends Other { }",
			"a A; c C; e E", map[string]contract.Verdict{"a.gone": "yes", "a.legacy": "no", "c.legacy": "unknown", "e.legacy": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := tree(t, map[string]string{"package.json": `{"dependencies":{"sequelize":"6","pg":"8"}}`, "src/words.js": someWords, "src/a.ts": "import { Sequelize, Model, DataTypes } from 'sequelize';\n" + tt.source})
			if got := tables(c); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			expect(t, c, tt.columns)
		})
	}
}
