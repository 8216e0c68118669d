const { Sequelize, DataTypes, Model, Op } = require("sequelize");

const sequelize = new Sequelize(process.env.DATABASE_URL, { dialect: "postgres", logging: false });

const Person = sequelize.define("Person", {
  firstName: DataTypes.STRING,
  lastName: { type: DataTypes.STRING, field: "family_name" },
  full: { type: DataTypes.VIRTUAL, get() { return this.firstName + this.lastName; } },
}, { paranoid: true });

class UserAddress extends Model {}
UserAddress.init({ zipCode: DataTypes.STRING, street: DataTypes.TEXT }, { sequelize, underscored: true, updatedAt: false });

const Tag = sequelize.define("tag", { code: { type: DataTypes.STRING, primaryKey: true } }, { tableName: "labels", timestamps: false, version: true });

Person.hasMany(UserAddress);
UserAddress.belongsTo(Person);
Person.belongsToMany(Tag, { through: "person_labels" });
Tag.belongsToMany(Person, { through: "person_labels" });

module.exports = { sequelize, Person, UserAddress, Tag, Op };
