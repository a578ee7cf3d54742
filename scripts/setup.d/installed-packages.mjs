// Are the packages in node_modules those of package-lock.json? Usage: node installed-packages.mjs <repository>
// Prints how many there are, or exits 1. Compares content, not dates: a fresh clone has arbitrary dates, and a plain
// `npm ci` by hand counts as well as one by scripts/setup. Runs on any Node, because it decides whether there is a newer one.
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const repository = process.argv[2]
const locked = packagesOf(join(repository, 'package-lock.json'))
// npm writes this file last, so an interrupted installation has none.
const installed = packagesOf(join(repository, 'node_modules', '.package-lock.json'))

const matches = Object.entries(locked).every(([path, entry]) => isInstalled(path, entry))
if (!matches) process.exit(1)
process.stdout.write(`npm packages (${Object.keys(installed).length})`)

// npm leaves out what is for another platform, rightly, and what is not for the Node that it ran on, which is to be mended.
function isForThisPlatform({os, cpu, libc}) {
  return Boolean(os?.includes(process.platform) && cpu?.includes(process.arch) && (!libc || libc.includes(thisLibc())))
}

function thisLibc() {
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {}
}

function isInstalled(path, entry) {
  if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true
  if (entry.link) return existsSync(join(repository, path))
  const actual = installed[path]
  if (!actual) return (entry.optional === true || entry.devOptional === true) && !isForThisPlatform(entry)
  return actual.version === entry.version && actual.integrity === entry.integrity && existsSync(join(repository, path))
}
