const { pgTable, pgEnum, pgTableCreator, serial, text, integer, timestamp, varchar, jsonb } = require("drizzle-orm/pg-core");
const { relations } = require("drizzle-orm");

const stamps = { createdAt: timestamp("created_at").defaultNow(), updatedAt: timestamp() };
const mood = pgEnum("mood", ["sad", "ok"]);
const createTable = pgTableCreator((name) => `app_${name}`);

const users = pgTable("users", { id: serial("id").primaryKey(), fullName: varchar("full_name", { length: 99 }).notNull(), mood: mood("current_mood"), meta: jsonb(), ...stamps });
const posts = createTable("posts", (t) => ({ id: t.serial().primaryKey(), title: t.text(), userId: t.integer("user_id").references(() => users.id) }));
const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
const postsRelations = relations(posts, ({ one }) => ({ user: one(users, { fields: [posts.userId], references: [users.id] }) }));

module.exports = { users, posts, usersRelations, postsRelations };
