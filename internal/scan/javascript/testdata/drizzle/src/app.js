const { drizzle } = require("drizzle-orm/node-postgres");
const { eq, sql } = require("drizzle-orm");
const { Pool } = require("pg");
const schema = require("./schema");

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const db = drizzle(pool, { schema });
const { users, posts } = schema;

async function act() {
  const [user] = await db.insert(users).values({ fullName: "A", mood: "ok" }).returning();
  await db.insert(posts).values({ title: "t", userId: user.id }).onConflictDoUpdate({ target: posts.id, set: { title: "u" } });
  await db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)).where(eq(users.id, user.id));
  await db.query.users.findMany({ with: { posts: true } });
  await db.select({ n: sql`lower(${users.fullName})` }).from(users);
  await db.update(users).set({ meta: { a: 1 } }).where(eq(users.id, user.id));
  await db.execute(sql`SELECT title FROM app_posts WHERE id = ${user.id}`);
  await db.delete(posts);
  await db.delete(users).where(eq(users.id, user.id));
}

(async () => {
  if (process.argv[2] === "setup") {
    await pool.query("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    await pool.query(require("fs").readFileSync(__dirname + "/../schema.sql", "utf8"));
  } else {
    await act();
  }
  await pool.end();
})();
