// Boots the application of a folder when it is told to, and runs its actions: see the
// Go package oldcode, Boot.
'use strict'

const readline = require('node:readline')
const path = require('node:path')
const app = require(path.resolve(process.argv[2], 'app', 'shop.js'))

async function attempt (name, action) {
  try {
    await action()
    console.log('ok', name)
    return true
  } catch (e) {
    console.log('error', name, `${e.name}: ${(e.cause ?? e.parent ?? e).message.split('\n')[0]}`)
    return false
  }
}

async function main () {
  let booted = false
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ')
    if (command === 'open') {
      booted = await attempt('boot', () => app.boot(argument))
    } else if (command === 'act' && booted) {
      for (const [name, action] of Object.entries(app.actions)) await attempt(name, () => action(Number(argument)))
    } else if (command === 'close' && booted) {
      await app.close()
    }
    console.log('end')
  }
}

main()
