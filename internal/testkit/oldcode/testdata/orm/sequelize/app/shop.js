// What the application does, in its n-th round.
'use strict'

const assert = require('node:assert')
const { Sequelize, fn, col } = require('sequelize')
const models = require('./models')

let sequelize, Account, Order, Team

exports.boot = async (url) => {
  sequelize = new Sequelize(url, { dialect: 'postgres', logging: false, pool: { max: 1 } });
  ({ Account, Order, Team } = models(sequelize))
  await sequelize.sync()
}

exports.close = () => sequelize.close()

const email = (n) => `user-${n}@example.com`
const one = (n, options) => Account.findOne({ where: { email: email(n) }, rejectOnEmpty: true, ...options })

exports.actions = {
  async create (n) {
    const [team] = await Team.findOrCreate({ where: { name: 'red' } })
    const account = await Account.create({ email: email(n), name: null, teamId: team.id })
    assert(account.id && account.score === 0)
    await Order.create({ accountId: account.id, total: n })
  },
  async read (n) {
    assert.strictEqual((await Account.findByPk((await one(n)).id)).email, email(n))
  },
  async update (n) {
    assert.deepStrictEqual(await Account.update({ score: n }, { where: { email: email(n) } }), [1])
  },
  async save (n) {
    const account = await one(n)
    account.score += 1
    account.name = `user ${n}`
    await account.save({ fields: ['email', 'name', 'score', 'teamId'] })
    assert.strictEqual((await account.reload()).score, n + 1)
  },
  async upsert (n) {
    await Account.upsert({ id: (await one(n)).id, email: email(n), score: 5 })
    assert.strictEqual((await one(n)).score, 5)
  },
  async bulk (n) {
    const rows = await Account.bulkCreate([{ email: `a-${n}`, score: 1 }, { email: `b-${n}`, score: 2 }])
    await Account.bulkCreate(rows.map((r) => ({ id: r.id, email: r.email, score: 3 })), { updateOnDuplicate: ['score'] })
    assert.strictEqual(await Account.destroy({ where: { email: [`a-${n}`, `b-${n}`], score: 3 } }), 2)
  },
  async transaction (n) {
    await assert.rejects(sequelize.transaction(async (transaction) => {
      await Account.update({ score: 7 }, { where: { email: email(n) }, transaction })
      throw new Error('back')
    }), { message: 'back' })
    assert.strictEqual((await one(n)).score, 5)
  },
  async lock (n) {
    await sequelize.transaction(async (transaction) => {
      const account = await one(n, { lock: transaction.LOCK.UPDATE, transaction })
      await account.update({ score: 8 }, { transaction })
    })
  },
  async count () {
    assert(await Account.count({ where: { score: 8 } }) > 0)
  },
  async group (n) {
    const placed = await Account.findAll({
      attributes: ['id', 'email', [fn('COUNT', col('Orders.id')), 'placed']], include: { model: Order, attributes: [] }, group: ['Account.id'], raw: true
    })
    assert(placed.some((row) => row.email === email(n) && row.placed === '1'))
  },
  async join () {
    assert((await Account.findAll({ include: [{ model: Team, where: { name: 'red' } }, { model: Order, required: true }] })).length > 0)
  },
  async load (n) {
    const team = await Team.findOne({ where: { name: 'red' }, include: { model: Account, separate: true, include: { model: Order } } })
    assert(team.Accounts.some((account) => account.Orders.some((order) => order.total === n)))
    assert((await (await one(n)).getOrders()).length === 1)
  },
  async describe () {
    assert((await sequelize.getQueryInterface().describeTable('accounts')).score)
  },
  async delete (n) {
    const account = await one(n)
    await Order.destroy({ where: { accountId: account.id } })
    await account.destroy()
    assert.strictEqual(await Account.count({ where: { email: email(n) } }), 0)
  }
}
