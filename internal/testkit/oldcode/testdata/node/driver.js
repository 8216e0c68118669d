// Runs the actions of the application when it is told to, in one process and one
// connection to each database: see the Go package oldcode.
'use strict'

const readline = require('node:readline')
const { Client } = require('pg')
const actions = require('./app/actions')

let db

async function act (n) {
  for (const [name, action] of Object.entries(actions)) {
    try {
      await action(db, n)
      console.log('ok', name)
    } catch (e) {
      console.log('error', name, `${e.name}: ${e.message.split('\n')[0]}`)
      await db.query('ROLLBACK')
    }
  }
}

async function main () {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ')
    if (command === 'open') {
      db = new Client({ connectionString: argument })
      await db.connect()
    } else if (command === 'act') {
      await act(Number(argument))
    } else if (command === 'close') {
      await db.end()
    }
    console.log('end')
  }
}

main()
