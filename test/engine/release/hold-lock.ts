/** Takes the lock of a project and keeps it until it is killed or loses it. Says `held by <pid>`, and what ended it. */
import {once} from 'node:events'

import {connectEngine} from '../../../src/lib/engine/connect.js'
import {withLock} from '../../../src/lib/release/lock.js'

const engine = await connectEngine({env: process.env})
const forever = setInterval(() => {}, 1e8)
try {
  await withLock(engine, {project: process.argv[2] ?? '', command: 'hold'}, async ({signal}) => {
    process.stdout.write(`held by ${process.pid}\n`)
    await once(signal, 'abort')
  })
} catch (error) {
  process.stdout.write(`${String(error)}\n`)
}

clearInterval(forever)
