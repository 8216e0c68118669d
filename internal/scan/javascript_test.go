package scan_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// aModel is a table of another language with columns that are named, so that a no
// can be told from an unknown.
const aModel = "from django.db import models\nclass User(models.Model):\n  name = models.TextField()\n"

// someWords are in the source, so that SQL that is built can be made of them.
const someWords = "// old notes third"

// TestJavaScriptSQL: SQL in strings and templates, and what takes it from elsewhere.
func TestJavaScriptSQL(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source string
		want   map[string]contract.Verdict
	}{
		"string":      {"await pool.query('SELECT notes FROM app_user WHERE id = $1', [id])", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"template":    {"await pool.query(`\n  SELECT notes\n  FROM app_user`)", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"constant":    {"const SQL = 'SELECT notes FROM app_user'; pool.query(SQL)", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"object":      {"pool.query({ text: 'SELECT notes FROM app_user', values: [1] })", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"object of":   {"pool.query({ text, values: [1] })", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"spread":      {"pool.query({ ...base, values: [1] })", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"two strings": {"pool.query('SELECT notes ' + 'FROM app_user')", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"join":        {"pool.query(['SELECT notes', 'FROM app_user'].join(' '))", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"hole":        {"pool.query(`SELECT ${cols} FROM app_user`)", map[string]contract.Verdict{"app_user.old": "unknown", "app_user": "yes"}},
		"table":       {"pool.query(`SELECT id FROM ${table}`)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"variable":    {"pool.query(sql)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"optional":    {"pool?.query(sql)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"subscript":   {"pool['query'](sql)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"cast":        {"pool.query(sql as string)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"set twice":   {"let q = 'SELECT id FROM app_user'; q += more; pool.query(q)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"set later":   {"let q = 'SELECT id FROM app_user'; if (x) { q = other() } pool.query(q)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"shadowed":    {"const q = 'SELECT id FROM app_user'; function f(q) { pool.query(q) }", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"wrapper":     {"module.exports = { query: (text, params) => pool.query(text, params) }", map[string]contract.Verdict{"app_user.old": "no"}},
		"wrapper fn":  {"export async function query(text: string, params?: any[]) { return retry(() => pool.query(text, params)) }", map[string]contract.Verdict{"app_user.old": "no"}},
		"other name":  {"module.exports = { all: (text, params) => pool.query(text, params) }", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"renamed":     {"import { query as q } from './db'; q(x)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"renamed too": {"const { query: q } = require('./db'); q(x)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"handed":      {"import { query } from './db'; const run = query; run(x)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"handed on":   {"const run = pool.query; run(x)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"bound":       {"const run = pool.query.bind(pool); run(x)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"promisify":   {"const run = promisify(pool.query)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"default":     {"export default function query(t) { return pool.query(t) }", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"request":     {"const q = req.query; app.get('/x', (req) => req.query.y)", map[string]contract.Verdict{"app_user.old": "no"}},
		"either":      {"pool.query(x ? 'SELECT notes FROM app_user' : 'SELECT 1')", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"tagged":      {"await sql`SELECT notes FROM app_user WHERE id = ${id} AND x IN ${ids}`", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"typed":       {"const q = sql<User>`SELECT notes FROM app_user WHERE id = ${id}`", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"prisma":      {"await prisma.$queryRaw`SELECT notes FROM app_user WHERE id = ${id}`", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"prisma type": {"await prisma.$queryRaw<X[]>`SELECT notes FROM app_user WHERE id = ${id}`", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"prisma sql":  {"await prisma.$queryRaw(Prisma.sql`SELECT notes FROM app_user WHERE id IN (${Prisma.join(ids)})`)", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"prisma raw":  {"await prisma.$queryRaw`SELECT ${Prisma.raw(x)} FROM app_user`", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"unsafe":      {"await prisma.$queryRawUnsafe(text)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"name":        {"await sql`SELECT id FROM app_user ORDER BY ${sql(x)}`", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"fragment":    {"const f = sql`notes > 0`", map[string]contract.Verdict{"app_user.notes": "unknown", "app_user.old": "no"}},
		"function":    {"const f = sql`lower(${users.name})`", map[string]contract.Verdict{"app_user.old": "no"}},
		"identifier":  {"const f = sql.identifier('notes')", map[string]contract.Verdict{"app_user.notes": "unknown", "app_user.old": "no"}},
		"raw word":    {"knex.raw('notes')", map[string]contract.Verdict{"app_user.notes": "unknown", "app_user.old": "no"}},
		"raw name":    {"knex.raw('?? > 1', [x])", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"cursor":      {"new Cursor(text)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"flow":        {"// @flow\nfunction f(x: ?string): number { return pool.query('SELECT notes FROM app_user') }", map[string]contract.Verdict{"app_user.notes": "yes", "app_user.old": "no"}},
		"prose":       {"t`Select a user`; css`color: ${x}`; alert('Delete from list?'); f.execute(); cache.get(key)", map[string]contract.Verdict{"app_user.old": "no"}},
		"broken":      {"pool.query(((((; }", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"comment":     {"// pool.query(sql)\n/* SELECT notes FROM app_user */", map[string]contract.Verdict{"app_user.notes": "no"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := tree(t, map[string]string{"app/models.py": aModel, "package.json": `{"dependencies":{"pg":"^8"}}`, "src/words.js": someWords, "src/a.ts": tt.source})
			expect(t, c, tt.want)
		})
	}
}

// TestJavaScriptPackages: what cannot load anything that speaks to a database is read
// for words only, and an ORM that is not understood reaches anything.
func TestJavaScriptPackages(t *testing.T) {
	t.Parallel()
	const react = `{"name":"web","dependencies":{"react":"18","axios":"1"},"devDependencies":{"vite":"5","@types/pg":"8"}}`
	const pg = `{"name":"api","dependencies":{"pg":"8"}}`
	const run = "x.query(y)"
	for name, tt := range map[string]struct {
		files map[string]string
		want  contract.Verdict
	}{
		"front end":          {map[string]string{"client/package.json": react, "client/src/a.tsx": run + "; const B = styled(Link)<{ a: boolean }>`x`; }}}", "api/package.json": pg, "api/a.js": "1"}, "no"},
		"own server":         {map[string]string{"package.json": `{"dependencies":{"@acme/core":"1"}}`, "a.js": "import { x } from '@acme/core';" + run}, "unknown"},
		"both":               {map[string]string{"package.json": `{"dependencies":{"react":"18","express":"4","@acme/core":"1"}}`, "a.js": "import { x } from '@acme/core';" + run}, "unknown"},
		"its own folder":     {map[string]string{"client/package.json": react, "client/src/parts/b.ts": "1", "client/src/a.ts": run + "; import b from '@parts/b'"}, "no"},
		"server":             {map[string]string{"client/package.json": react, "api/package.json": pg, "api/a.js": run}, "unknown"},
		"library above":      {map[string]string{"package.json": pg, "client/package.json": react, "client/a.js": run}, "unknown"},
		"workspace":          {map[string]string{"client/package.json": `{"dependencies":{"api":"workspace:*"}}`, "client/a.js": run, "api/package.json": pg}, "unknown"},
		"workspace of it":    {map[string]string{"client/package.json": `{"dependencies":{"mid":"*"}}`, "client/a.js": run, "mid/package.json": `{"name":"mid","dependencies":{"api":"*"}}`, "api/package.json": pg}, "unknown"},
		"link":               {map[string]string{"client/package.json": `{"dependencies":{"x":"file:../api"}}`, "client/a.js": run}, "unknown"},
		"relative":           {map[string]string{"client/package.json": react, "client/a.js": run + "; require('../api/b')", "api/package.json": pg}, "unknown"},
		"alias":              {map[string]string{"client/package.json": react, "client/a.ts": "import { x } from '@server/core';" + run}, "unknown"},
		"url":                {map[string]string{"client/package.json": react, "client/a.ts": "import { x } from 'https://deno.land/x/y/mod.ts';" + run}, "unknown"},
		"bun":                {map[string]string{"client/package.json": react, "client/a.ts": "import { SQL } from 'bun';" + run}, "unknown"},
		"other name":         {map[string]string{"client/package.json": `{"dependencies":{"x":"npm:pg@8"}}`, "client/a.js": run}, "unknown"},
		"psql":               {map[string]string{"client/package.json": react, "client/a.js": "spawn('psql', [s]);" + run}, "unknown"},
		"SQL of a front end": {map[string]string{"client/package.json": react, "client/a.js": "send('SELECT notes FROM app_user')"}, "yes"},
		"broken":             {map[string]string{"client/package.json": "{", "client/a.js": "1"}, "unknown"},
		"no package":         {map[string]string{"a.js": "1"}, "unknown"},
		"kysely":             {map[string]string{"package.json": `{"dependencies":{"kysely":"1"}}`, "a.js": "1"}, "unknown"},
		"unknown name":       {map[string]string{"package.json": `{"dependencies":{"acme-sql":"1"}}`, "a.js": "1"}, "unknown"},
		"no step":            {map[string]string{"package.json": pg, "migrations/status.js": "const up = true;" + run}, "unknown"},
		"imported":           {map[string]string{"package.json": pg, "a.js": "import { MikroORM } from '@mikro-orm/postgresql'"}, "unknown"},
		"pg-promise":         {map[string]string{"package.json": `{"dependencies":{"pg-promise":"1"}}`, "a.js": "db.any(x)"}, "unknown"},
		"no pg-promise":      {map[string]string{"package.json": pg, "a.js": "db.any(x)"}, "no"},
		"minified":           {map[string]string{"package.json": pg, "a.min.js": "var a=1;" + strings.Repeat("a=a+1;", 5000)}, "unknown"},
		"test":               {map[string]string{"package.json": pg, "a.test.ts": run, "src/__tests__/b.ts": run, "test/c.js": run, "a.d.ts": run}, "no"},
		"migration":          {map[string]string{"package.json": pg, "migrations/1_x.js": "exports.up = (knex) => knex.raw(x); const s = 'SELECT notes FROM app_user'", "drizzle/0000_x.sql": "CREATE TABLE app_user (notes text)", "drizzle/meta/_journal.json": "{}"}, "no"},
		"no migration":       {map[string]string{"package.json": pg, "migrations/index.js": run}, "unknown"},
		"vue":                {map[string]string{"package.json": pg, "a.vue": "<script>" + run + "</script>"}, "unknown"},
		"vue of a front end": {map[string]string{"package.json": react, "a.vue": "<script>" + run + "</script>"}, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.files["app/models.py"] = aModel
			tt.files["app/words.py"] = "x = 'notes'"
			expect(t, tree(t, tt.files), map[string]contract.Verdict{"app_user.notes": tt.want})
		})
	}
}

// TestWords: a column whose name stands nowhere is not used by SQL that is built, and
// one that may be put together of what stands there may be.
func TestWords(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{"package.json": `{"dependencies":{"pg":"8"}}`, "app/models.py": aModel,
		"src/a.ts": "pool.query(`UPDATE app_user SET ${kind}_at = now(), pre${x} = 1`); pool.query(sql); const row = { oldNotes: 1 }"})
	expect(t, c, map[string]contract.Verdict{"app_user.legacy": "no", "app_user.seen_at": "unknown", "app_user.prefix": "unknown", "app_user.at": "no",
		"app_user.oldNotes": "unknown", "app_user.old_notes": "unknown", "app_user.gr\u00f6\u00dfe": "unknown", "app_user.row": "unknown", "app_user.name": "yes"})
	// What uses columns without their names is not a matter of words.
	c = tree(t, map[string]string{"package.json": `{"dependencies":{"kysely":"1"}}`, "app/models.py": aModel, "src/a.ts": "1"})
	expect(t, c, map[string]contract.Verdict{"app_user.legacy": "unknown"})
}

// BenchmarkJavaScript reads the code of a library, as there is no application at
// hand: 6 MB of JavaScript, 4 to 5 MB a second of one core's time.
func BenchmarkJavaScript(b *testing.B) {
	cache, err := pgtest.CacheDir()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := scanDir(b, filepath.Join(cache, "orms", "node_modules", "typeorm"))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(c.Sources[0].Bytes)
	}
}

// TestTextBigint: who is given a bigint as a text reads t so.
func TestTextBigint(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]contract.Verdict{
		"db.query('SELECT n FROM t')": contract.Yes,
		"knex('t').select('n')":       contract.Yes,
		"const T = sequelize.define('t', { n: DataTypes.INTEGER }, { tableName: 't' })": contract.Yes,
		"db.query('SELECT m FROM t')":                                     contract.No,
		"pg.types.setTypeParser(20, Number); db.query('SELECT n FROM t')": contract.No,
		"const t = pgTable('t', { n: integer('n') })":                     contract.No,
	} {
		c := tree(t, map[string]string{"a.js": source, "package.json": `{"dependencies":{"pg":"8","knex":"3","sequelize":"6","drizzle-orm":"0.30"}}`})
		got := c.Shows(contract.Change{Kind: contract.WidenColumn, Relation: contract.Name{Name: "t"}, Column: "n"})
		if got.Verdict != want {
			t.Errorf("%s: %s, want %s: %v", source, got.Verdict, want, got.Reasons)
		}
	}
}
