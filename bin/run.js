#!/usr/bin/env node
// Only default imports of old built-ins here: this file must load on any Node to say which Node is needed.
import module from 'node:module'
import os from 'node:os'
import path from 'node:path'

const NEEDED = [22, 22]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    `Error: stackctl needs Node ${NEEDED.join('.')} or newer and this is ${process.versions.node}. ` +
      'Update Node, or run it through an npm script (npm exec stackctl, npm run …): they bring Node 24.\n',
  )
  process.exit(1)
}

// Our own directory: Node's default lies in the world-writable /tmp, and operators run this as root.
const cacheHome = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
// eslint-disable-next-line n/no-unsupported-features/node-builtins -- experimental on Node 22, and it works there
module.enableCompileCache(process.env.NODE_COMPILE_CACHE || path.join(cacheHome, 'stackctl', 'v8'))

// oclif loads semver, fifty modules, to find out which Node this is. That was done above.
process.env.OCLIF_DISABLE_ENGINE_WARNING = '1'

// Imported after the cache is on, and not awaited: with a closed pipe (`stackctl … | head`) oclif waits for a
// 'drain' that never comes, and a pending top-level await would end the process with exit code 13.
// eslint-disable-next-line unicorn/prefer-top-level-await -- see above
import('@oclif/core').then(async ({execute, settings}) => {
  // Not for the programs that a command starts.
  delete process.env.OCLIF_DISABLE_ENGINE_WARNING
  settings.enableAutoTranspile = false
  await execute({dir: import.meta.url})
  // A stray open socket must not hold a finished command. Unreferenced: it does not hold one either.
  setTimeout(() => process.exit(), 2000).unref()
})
