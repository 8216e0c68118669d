// What a migration tool on node-postgres does. The address is in the
// environment.
const assert = require('node:assert');
const { Client } = require('pg');

(async () => {
  const ssl = { disable: false, require: { rejectUnauthorized: false }, 'verify-full': true };
  const c = new Client({ ssl: ssl[process.env.PGSSLMODE] });
  await c.connect();
  await c.query('CREATE TABLE js (id int PRIMARY KEY, v text)');
  await c.query("INSERT INTO js VALUES (1, 'one'); INSERT INTO js VALUES (2, 'two')");
  for (let i = 0; i < 2; i++) {
    const r = await c.query({ name: 'get', text: 'SELECT v FROM js WHERE id = $1', values: [2] });
    assert.deepEqual(r.rows, [{ v: 'two' }]);
  }
  await c.query('BEGIN');
  await c.query('ALTER TABLE js ADD COLUMN w int');
  await c.query('INSERT INTO js (id) VALUES ($1)', [3]);
  await assert.rejects(c.query('SELECT $1::int /* refuse */', [1]), { code: 'MG001', hint: 'instead' });
  await assert.rejects(c.query('SELECT 1'), { code: '25P02' });
  await c.query('ROLLBACK');
  await c.query({ text: 'ALTER TABLE js ADD COLUMN x int', values: [] });
  const r = await c.query({ text: 'SELECT * FROM js ORDER BY id', rowMode: 'array' });
  console.log(JSON.stringify(r.rows));
  await c.end();
})().catch((e) => { console.error(e); process.exit(1); });
