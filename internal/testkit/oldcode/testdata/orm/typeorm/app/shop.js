// What the application does, in its n-th round.
'use strict'

require('reflect-metadata')
const assert = require('node:assert')
const fs = require('node:fs')
const ts = require('typescript')
// The models are TypeScript, which node does not read by itself.
require.extensions['.ts'] = (module, file) => module._compile(ts.transpileModule(fs.readFileSync(file, 'utf8'), {
  compilerOptions: { experimentalDecorators: true, module: 'commonjs', target: 'es2020' }
}).outputText, file)

const { DataSource } = require('typeorm')
const models = require('./models.ts')
const { Account, Order, Team } = models

let source, accounts

exports.boot = async (url) => {
  source = new DataSource({ type: 'postgres', url, entities: Object.values(models), synchronize: false, poolSize: 1 })
  await source.initialize()
  accounts = source.getRepository(Account)
}

exports.close = () => source.destroy()

const email = (n) => `user-${n}@example.com`
const one = (n, options) => accounts.findOneOrFail({ where: { email: email(n) }, ...options })

exports.actions = {
  async create (n) {
    const teams = source.getRepository(Team)
    const team = await teams.findOneBy({ name: 'red' }) ?? await teams.save({ name: 'red' })
    const account = await accounts.save(accounts.create({ email: email(n), name: null, team }))
    assert(account.id && account.score === 0)
    await source.getRepository(Order).save({ account, total: n })
  },
  async read (n) {
    assert.strictEqual((await accounts.findOneByOrFail({ id: (await one(n)).id })).email, email(n))
  },
  async update (n) {
    assert.strictEqual((await accounts.update({ email: email(n) }, { score: n })).affected, 1)
  },
  async save (n) {
    const account = await one(n)
    account.score += 1
    account.name = `user ${n}`
    await accounts.save(account)
    assert.strictEqual((await one(n)).score, n + 1)
  },
  async upsert (n) {
    await accounts.upsert({ email: email(n), score: 5 }, ['email'])
    assert.strictEqual((await one(n)).score, 5)
  },
  async bulk (n) {
    await accounts.insert([{ email: `a-${n}`, score: 1 }, { email: `b-${n}`, score: 2 }])
    assert.strictEqual((await accounts.delete([{ email: `a-${n}` }, { email: `b-${n}` }])).affected, 2)
  },
  async transaction (n) {
    await assert.rejects(source.transaction(async (manager) => {
      await manager.update(Account, { email: email(n) }, { score: 7 })
      throw new Error('back')
    }), { message: 'back' })
    assert.strictEqual((await one(n)).score, 5)
  },
  async lock (n) {
    await source.transaction(async (manager) => {
      const account = await manager.findOneOrFail(Account, { where: { email: email(n) }, lock: { mode: 'pessimistic_write' } })
      await manager.save(Account, { id: account.id, score: 8 })
    })
  },
  async count () {
    assert(await accounts.countBy({ score: 8 }) > 0)
  },
  async group (n) {
    const placed = await accounts.createQueryBuilder('a').select(['a.id', 'a.email']).addSelect('COUNT(o.id)', 'placed').innerJoin('a.orders', 'o').groupBy('a.id').getRawMany()
    assert(placed.some((row) => row.a_email === email(n) && row.placed === '1'))
  },
  async join () {
    assert((await accounts.find({ where: { team: { name: 'red' } }, relations: { team: true, orders: true }, take: 3 })).length > 0)
  },
  async load (n) {
    const team = await source.getRepository(Team).findOneOrFail({ where: { name: 'red' }, relations: { accounts: { orders: true } }, relationLoadStrategy: 'query' })
    assert(team.accounts.some((account) => account.orders.some((order) => order.total === n)))
  },
  async describe () {
    const runner = source.createQueryRunner()
    try {
      assert((await runner.getTable('accounts')).columns.some((column) => column.name === 'score'))
    } finally {
      await runner.release()
    }
  },
  async delete (n) {
    const account = await one(n, { relations: { orders: true } })
    await source.getRepository(Order).remove(account.orders)
    await accounts.remove(account)
    assert.strictEqual(await accounts.countBy({ email: email(n) }), 0)
  }
}
