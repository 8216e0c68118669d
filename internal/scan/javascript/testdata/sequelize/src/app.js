const { sequelize, Person, UserAddress, Tag, Op } = require("./models");

async function act() {
  const ann = await Person.create({ firstName: "Ann", lastName: "B" });
  await Tag.upsert({ code: "x" });
  const tag = await Tag.findByPk("x");
  await ann.addTag(tag);
  await ann.createUserAddress({ zipCode: "1", street: "S" });
  await Person.findAll({ where: { firstName: { [Op.like]: "A%" } }, include: [UserAddress, Tag], order: [["lastName", "ASC"]] });
  await Person.update({ lastName: "C" }, { where: { id: ann.id } });
  await UserAddress.findOne({ attributes: ["zipCode"], include: Person });
  await sequelize.query('SELECT "firstName" FROM "People" WHERE id = :id', { replacements: { id: ann.id } });
  await ann.removeTag(tag);
  await ann.destroy();
  await Tag.destroy({ where: { code: "x" } });
}

(async () => {
  await (process.argv[2] === "setup" ? sequelize.sync() : act());
  await sequelize.close();
})();
