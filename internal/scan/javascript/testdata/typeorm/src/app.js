// The models are TypeScript, which node does not read by itself.
require("reflect-metadata");
const ts = require("typescript");
const fs = require("fs");
require.extensions[".ts"] = (module, file) =>
  module._compile(ts.transpileModule(fs.readFileSync(file, "utf8"), { compilerOptions: { experimentalDecorators: true, emitDecoratorMetadata: false, module: "commonjs", target: "es2020" } }).outputText, file);

const { DataSource } = require("typeorm");
const m = require("./models.ts");

const source = new DataSource({ type: "postgres", url: process.env.DATABASE_URL, entities: Object.values(m), synchronize: process.argv[2] === "setup" });

async function act() {
  const team = await source.getRepository(m.BigTeam).save({ key: "t", title: "T" });
  const profile = await source.getRepository(m.Profile).save({ bio: "b" });
  const users = source.getRepository(m.UserAccount);
  const user = await users.save({ name: { first: "A", lastName: "B" }, second: { first: "A", lastName: "B" }, team, oldTeam: team, profile, followed: [team], seen: [profile] });
  await users.find({ relations: { team: true, followed: true, seen: true, profile: true }, where: { name: { first: "A" } }, order: { createdAt: "DESC" } });
  await users.save({ id: user.id, secretWord: "s" });
  await users.createQueryBuilder("u").select("u.id").where("u.secretWord = :s", { s: "s" }).getMany();
  await users.softDelete(user.id);
  await users.delete(user.id);
  const photo = await source.getRepository(m.Photo).save({ title: "x", sizeInBytes: 1 });
  await source.getRepository(m.Content).find();
  await source.getRepository(m.Photo).remove(photo);
  for (const kind of [m.Category, m.Place]) {
    const parent = await source.manager.save(kind, source.manager.create(kind, { title: "p" }));
    await source.manager.save(kind, source.manager.create(kind, { title: "c", parent }));
    await source.manager.getTreeRepository(kind).findTrees();
  }
  await source.query('DELETE FROM "big_team" WHERE "key" = $1', ["t"]);
}

(async () => {
  await source.initialize();
  if (process.argv[2] !== "setup") await act();
  await source.destroy();
})();
