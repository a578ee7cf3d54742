/** Takes the lock of a project and keeps it until it is killed. */
import {connectEngine} from '../../../src/lib/engine/connect.js'
import {withLock} from '../../../src/lib/release/lock.js'

const engine = await connectEngine({env: process.env})
await withLock(
  engine,
  {project: process.argv[2] ?? '', command: 'hold'},
  () => new Promise((resolve) => setTimeout(resolve, 1e8)),
)
