const fs = require("fs");
const knex = require("knex")({ client: "pg", connection: process.env.DATABASE_URL });

async function act() {
  const [team] = await knex("teams").insert({ title: "T" }).returning("id");
  await knex("users").insert([{ email: "a", name: "A", team_id: team.id }, { email: "b", name: "B" }]).onConflict("email").merge(["name"]);
  await knex.select("u.id", "t.title as team").from("users as u").leftJoin("teams as t", "t.id", "u.team_id").where("u.email", "a").orderBy("u.name");
  await knex("users").where({ email: "a" }).first("id", "seen");
  await knex("users").whereIn("email", ["a"]).whereNull("seen").increment("visits", 1);
  await knex("users").where((q) => q.where("name", "A").orWhereNotNull("seen")).update({ seen: knex.fn.now() });
  await knex("users").count("id as n").groupBy("team_id").having("team_id", ">", 0);
  await knex("users").whereRaw("visits > ?", [1]).pluck("email");
  await knex.raw("SELECT max(visits) FROM users WHERE ?? = ?", ["team_id", 1]);
  await knex("users").del();
  await knex("teams").where("id", team.id).del();
}

(async () => {
  await (process.argv[2] === "setup" ? knex.raw(fs.readFileSync(__dirname + "/../schema.sql", "utf8")) : act());
  await knex.destroy();
})();
