package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

const drizzlePackage = `{"dependencies":{"drizzle-orm":"0.45","pg":"8"}}`

func TestDrizzle(t *testing.T) {
	t.Parallel()
	const head = "import { pgTable, pgEnum, pgSchema, pgView, pgTableCreator, serial, text, varchar, timestamp, customType } from 'drizzle-orm/pg-core'\nimport { helper } from './helper'\n"
	for name, tt := range map[string]struct {
		source, want string
		columns      map[string]contract.Verdict
	}{
		"plain": {"export const users = pgTable('app_users', { id: serial('id').primaryKey(), firstName: varchar('first_name', { length: 9 }).notNull().default('x'), made: timestamp() }, (t) => [index().on(t.id)])",
			"app_users users", map[string]contract.Verdict{"app_users.id": "yes", "app_users.first_name": "yes", "app_users.firstName": "no", "app_users.made": "yes", "app_users.old": "no", "app_users.old w": "no"}},
		"callback":   {"export const users = pgTable('u', (t) => ({ id: t.serial('id'), x: t.text() }))", "u users", map[string]contract.Verdict{"u.id": "yes", "u.x": "yes", "u.old": "no"}},
		"spread":     {"const stamps = { made: timestamp('made_at') }; export const users = pgTable('u', { ...stamps, id: serial() })", "u users", map[string]contract.Verdict{"u.made_at": "yes", "u.old": "no"}},
		"spread of":  {"export const users = pgTable('u', { ...stamps(), id: serial() })", "u users", map[string]contract.Verdict{"u.id": "yes", "u.old": "unknown"}},
		"enum":       {"const role = pgEnum('role', ['a']); const bytes = customType({}); export const users = pgTable('u', { role: role('kind'), b: bytes() })", "u users", map[string]contract.Verdict{"u.kind": "yes", "u.b": "yes", "u.old": "no"}},
		"other kind": {"export const users = pgTable('u', { a: helper('a') })", "u users", map[string]contract.Verdict{"u.a": "yes", "u.old": "unknown"}},
		"made":       {"export const users = pgTable('u', { a: column })", "u users", map[string]contract.Verdict{"u.old": "unknown"}},
		"computed":   {"export const users = pgTable('u', { [k]: text() })", "u users", map[string]contract.Verdict{"u.old": "unknown"}},
		"name":       {"export const users = pgTable('u', { a: text(k) })", "u users", map[string]contract.Verdict{"u.old": "unknown"}},
		"columns":    {"export const users = pgTable('u', columns)", "u users", map[string]contract.Verdict{"u.old": "unknown"}},
		"table":      {"export const users = pgTable(name, { id: serial() })", "", map[string]contract.Verdict{"u.old": "unknown"}},
		"schema":     {"const s = pgSchema('billing'); export const bills = s.table('bills', { id: serial() })", "billing.bills bills", nil},
		"schema of":  {"import { s } from './s'; export const bills = s.table('bills', { id: serial() })", "bills bills", nil},
		"creator":    {"export const createTable = pgTableCreator((name) => `app_${name}`); export const users = createTable('u', { id: serial() })", "app_u users", nil},
		"creators":   {"export const createTable = pgTableCreator((name) => x ? `a_${name}` : name); export const users = createTable('u', { id: serial() })", "", map[string]contract.Verdict{"app_u.old": "unknown"}},
		"renamed":    {"import { pgTable as table, text as t } from 'drizzle-orm/pg-core'; export const users = table('u', { a: t() })", "u users", map[string]contract.Verdict{"u.a": "yes", "u.old": "no"}},
		"namespace":  {"import * as pg from 'drizzle-orm/pg-core'; export const users = pg.pgTable('u', { a: pg.text() })", "u users", map[string]contract.Verdict{"u.a": "yes", "u.old": "no"}},
		"casing":     {"export const users = pgTable('u', { firstName: text(), id: serial() }); const db = drizzle({ client, casing: 'snake_case' })", "u users", map[string]contract.Verdict{"u.id": "yes", "u.first_name": "unknown", "u.firstName": "unknown", "u.old": "no"}},
		"no casing":  {"export const users = pgTable('u', { firstName: text() })", "u users", map[string]contract.Verdict{"u.first_name": "no", "u.firstName": "yes"}},
		"view":       {"export const v = pgView('v').as((qb) => qb.select().from(users)); export const w = pgView('w', { id: serial() }).existing()", "v v; w w", map[string]contract.Verdict{"v.x": "yes", "w.id": "yes", "w.x": "no"}},
		"fragment":   {"export const users = pgTable('u', { id: serial() }); db.select({ n: sql<string>`lower(old)` }).from(users).where(and(eq(users.id, 1), sql`x > ${y}`)); db.execute(sql`DELETE FROM other WHERE k = ${k}`)", "other; u users", map[string]contract.Verdict{"u.old": "unknown", "u.x": "unknown", "u.y": "no", "other.k": "yes"}},
		"raw":        {"export const users = pgTable('u', { id: serial() }); db.execute(sql.raw(x))", "u users", map[string]contract.Verdict{"u.old": "unknown"}},
		"none":       {"export const x = 1", "", map[string]contract.Verdict{"app_user.old": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := tree(t, map[string]string{"package.json": drizzlePackage, "src/words.js": someWords, "src/schema.ts": head + tt.source, "src/helper.ts": "export function helper(name) { return text(name + '_x') }"})
			if got := tables(c); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			expect(t, c, tt.columns)
		})
	}
	c := tree(t, map[string]string{"package.json": drizzlePackage,
		"src/schema/users.ts":  "import { pgTable, serial } from 'drizzle-orm/pg-core'; import { stamps, role } from './shared'; import { createTable } from '@/lib/create'; export const users = createTable('u', { id: serial(), ...stamps, role: role() })",
		"src/schema/shared.ts": "import { pgEnum, timestamp } from 'drizzle-orm/pg-core'; export const role = pgEnum('r', ['a']); export const stamps = { made: timestamp('made_at') }",
		"src/lib/create.ts":    "import { pgTableCreator } from 'drizzle-orm/pg-core'; export const createTable = pgTableCreator((name) => `x_${name}`)"})
	if got := tables(c); got != "x_u users" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"x_u.made_at": "yes", "x_u.role": "yes", "x_u.old": "no"})
}
