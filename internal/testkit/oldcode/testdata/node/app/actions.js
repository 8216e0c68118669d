// What the application does, in its n-th round.
'use strict'

const assert = require('node:assert')

exports.signUp = async (db, n) => {
  const team = await db.query("SELECT id FROM teams WHERE name = 'red'")
  const teamId = team.rows.length > 0
    ? team.rows[0].id
    : (await db.query("INSERT INTO teams (name) VALUES ('red') RETURNING id")).rows[0].id
  const { rows } = await db.query(
    'INSERT INTO accounts (email, name, score, bio, team_id) VALUES ($1, $2, $3, $4, $5) RETURNING id, level',
    [`user-${n}@example.com`, null, n, 'bio', teamId])
  assert.strictEqual(rows[0].level, 1)
}

exports.change = async (db, n) => {
  await db.query('BEGIN')
  await db.query('SELECT id, score FROM accounts WHERE email = $1 FOR UPDATE', [`user-${n}@example.com`])
  await db.query('UPDATE accounts SET name = $1, score = score + 1 WHERE email = $2', [`user ${n}`, `user-${n}@example.com`])
  await db.query('COMMIT')
  await db.query('UPDATE accounts SET name = $1 WHERE email = $2', [null, `user-${n}@example.com`])
  await db.query('UPDATE accounts SET name = $1 WHERE email = $2', [`user ${n}`, `user-${n}@example.com`])
}

exports.findAll = async (db) => {
  const { rows } = await db.query(`
    SELECT a.id, a.email, a.name, a.score, a.level, a.bio
    FROM accounts a JOIN teams t ON t.id = a.team_id
    WHERE t.name = 'red' ORDER BY a.email`)
  assert(rows.length > 0 && rows[0].name !== undefined)
}

exports.nickname = (db, n) => db.query('SELECT nickname FROM accounts WHERE email = $1', [`user-${n}@example.com`])

exports.motto = (db) => db.query("UPDATE teams SET motto = $1 WHERE name = 'red'", ['onwards'])

exports.pay = async (db, n) => {
  await db.query("INSERT INTO payments (type, amount, card) VALUES ('CardPayment', $1, '4242')", [10 * n])
  const { rows } = await db.query('SELECT card FROM payments ORDER BY id DESC LIMIT 1')
  assert.strictEqual(rows[0].card, '4242')
}

exports.plans = async (db) => {
  const { rows } = await db.query({ name: 'plan', text: 'SELECT code, price FROM plans WHERE code = $1', values: ['basic'] })
  assert.strictEqual(rows[0].price, 10)
}

exports.order = async (db, n) => {
  await db.query(
    "INSERT INTO orders (account_id, total, remark) SELECT id, 12.5, 'soon' FROM accounts WHERE email = $1", [`user-${n}@example.com`])
  await db.query("UPDATE orders SET state = 'paid' WHERE state = 'new'")
  const { rows } = await db.query({ name: 'orders', text: 'SELECT * FROM orders WHERE state = $1', values: ['paid'] })
  assert.strictEqual(rows[0].remark, 'soon')
}

exports.tag = async (db, n) => {
  const { rows: [account] } = await db.query('SELECT id FROM accounts WHERE email = $1', [`user-${n}@example.com`])
  let { rows: [tag] } = await db.query("SELECT id FROM tags WHERE label = 'new'")
  if (!tag) [tag] = (await db.query("INSERT INTO tags (label) VALUES ('new') RETURNING id")).rows
  await db.query('INSERT INTO accounts_tags (account_id, tag_id) VALUES ($1, $2)', [account.id, tag.id])
  const { rows } = await db.query(
    'SELECT t.label FROM tags t JOIN accounts_tags j ON j.tag_id = t.id WHERE j.account_id = $1', [account.id])
  assert.strictEqual(rows[0].label, 'new')
}

exports.count = (db, n) =>
  db.query('INSERT INTO counters (name, n) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = EXCLUDED.n', ['hits', n])

exports.audit = async (db) => {
  await db.query("INSERT INTO audits (what) VALUES ('round')")
  await db.query("DELETE FROM audits WHERE what = 'round'")
}

exports.visit = async (db) => {
  await db.query("INSERT INTO visits (page) VALUES ('/')")
  const { rows } = await db.query('SELECT * FROM recent_visits ORDER BY id DESC LIMIT 1')
  assert.strictEqual(rows[0].page, '/')
}

exports.invoice = (db) => db.query("SELECT nextval('invoice_numbers')")

exports.slug = (db) => db.query("SELECT slug('A b')")
