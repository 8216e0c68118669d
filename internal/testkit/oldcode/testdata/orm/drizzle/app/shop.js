// What the application does, in its n-th round.
'use strict'

const assert = require('node:assert')
const { drizzle } = require('drizzle-orm/node-postgres')
const { count, eq, inArray } = require('drizzle-orm')
const { Pool } = require('pg')
const schema = require('./schema')

const { accounts, orders, teams } = schema
let pool, db

exports.boot = async (url) => {
  pool = new Pool({ connectionString: url, max: 1 })
  db = drizzle(pool, { schema })
  await pool.query('SELECT 1')
}

exports.close = () => pool.end()

const email = (n) => `user-${n}@example.com`
const one = async (n) => (await db.select().from(accounts).where(eq(accounts.email, email(n))))[0]

exports.actions = {
  async create (n) {
    let [team] = await db.select().from(teams).where(eq(teams.name, 'red'))
    if (!team) [team] = await db.insert(teams).values({ name: 'red' }).returning()
    const [account] = await db.insert(accounts).values({ email: email(n), name: null, teamId: team.id }).returning()
    assert(account.id && account.score === 0)
    await db.insert(orders).values({ accountId: account.id, total: n })
  },
  async read (n) {
    const { id } = await one(n)
    assert.strictEqual((await db.query.accounts.findFirst({ where: eq(accounts.id, id) })).email, email(n))
  },
  async update (n) {
    assert.strictEqual((await db.update(accounts).set({ score: n }).where(eq(accounts.email, email(n))).returning({ score: accounts.score }))[0].score, n)
  },
  async save (n) {
    const { id, ...row } = await one(n)
    await db.update(accounts).set({ ...row, name: `user ${n}`, score: row.score + 1 }).where(eq(accounts.id, id))
    assert.strictEqual((await one(n)).score, n + 1)
  },
  async upsert (n) {
    const { id } = await one(n)
    await db.insert(accounts).values({ id, email: email(n), score: 5 }).onConflictDoUpdate({ target: accounts.id, set: { score: 5 } })
    assert.strictEqual((await one(n)).score, 5)
  },
  async bulk (n) {
    await db.insert(accounts).values([{ email: `a-${n}` }, { email: `b-${n}` }]).onConflictDoNothing()
    assert.strictEqual((await db.delete(accounts).where(inArray(accounts.email, [`a-${n}`, `b-${n}`])).returning()).length, 2)
  },
  async transaction (n) {
    await assert.rejects(db.transaction(async (tx) => {
      await tx.update(accounts).set({ score: 7 }).where(eq(accounts.email, email(n)))
      throw new Error('back')
    }), { message: 'back' })
    assert.strictEqual((await one(n)).score, 5)
  },
  async lock (n) {
    await db.transaction(async (tx) => {
      await tx.select().from(accounts).where(eq(accounts.email, email(n))).for('update')
      await tx.update(accounts).set({ score: 8 }).where(eq(accounts.email, email(n)))
    })
  },
  async count () {
    assert(await db.$count(accounts, eq(accounts.score, 8)) > 0)
  },
  async group (n) {
    const placed = await db.select({ id: accounts.id, email: accounts.email, placed: count(orders.id) }).from(accounts).innerJoin(orders, eq(orders.accountId, accounts.id)).groupBy(accounts.id)
    assert(placed.some((row) => row.email === email(n) && row.placed === 1))
  },
  async join () {
    assert((await db.select().from(accounts).innerJoin(teams, eq(accounts.teamId, teams.id)).leftJoin(orders, eq(orders.accountId, accounts.id))).length > 0)
  },
  async load (n) {
    const team = await db.query.teams.findFirst({ where: eq(teams.name, 'red'), with: { accounts: { with: { orders: true } } } })
    assert(team.accounts.some((account) => account.orders.some((order) => order.total === n)))
  },
  async delete (n) {
    const { id } = await one(n)
    await db.delete(orders).where(eq(orders.accountId, id))
    await db.delete(accounts).where(eq(accounts.id, id))
    assert.strictEqual(await one(n), undefined)
  }
}
