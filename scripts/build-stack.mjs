// Bundles the services of the bundled stack, each into its own dist/, and only those whose inputs changed.
//
// A workspace in stack/services says what it is made of in its package.json:
//   "build": {"main.mjs": "src/main.ts", "migrations": "../../database/migrations"}
// where a TypeScript file is bundled and a folder is copied; or, with `"scripts": {"build": …}`, it builds itself into dist/.
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const SERVICES = path.join(ROOT, 'stack', 'services')
// Outside of dist/, so that it is not part of the image; .cache is in .gitignore.
const STAMP = path.join('.cache', 'build-stamp.json')
const NOT_SOURCE = new Set(['dist', 'node_modules', '.cache', 'test-results'])
// CommonJS packages inside of an ES module bundle still call require for node's own modules.
const REQUIRE =
  "import {createRequire as bundleRequire} from 'node:module'; const require = bundleRequire(import.meta.url);"

try {
  await buildAll()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function buildAll() {
  const workspaces = await findWorkspaces()
  const common = await commonInputs()
  const results = await Promise.allSettled(workspaces.map((workspace) => buildIfChanged(workspace, common)))
  const failures = results.filter(({status}) => status === 'rejected').map(({reason}) => reason.message)
  if (failures.length > 0) throw new Error(failures.join('\n'))
}

/** Every workspace that has something to build. */
async function findWorkspaces() {
  const names = await readdir(SERVICES)
  const found = await Promise.all(names.toSorted(byText).map((name) => readWorkspace(name)))
  return found.filter((workspace) => workspace && (workspace.entries || workspace.hasOwnBuild))
}

async function readWorkspace(name) {
  const folder = path.join(SERVICES, name)
  const file = path.join(folder, 'package.json')
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  const manifest = JSON.parse(text)
  return {
    name,
    folder,
    entries: manifest.build,
    hasOwnBuild: Boolean(manifest.scripts?.build),
    shopDependencies: Object.keys(manifest.dependencies ?? {}).filter((dependency) => dependency.startsWith('@shop/')),
  }
}

/** What every bundle depends on: this script, and the packages as they are installed. */
async function commonInputs() {
  const files = [fileURLToPath(import.meta.url), path.join(ROOT, 'node_modules', '.package-lock.json')]
  return hashFiles(files.map((file) => ({name: path.basename(file), file})))
}

async function buildIfChanged(workspace, common) {
  const startedAt = performance.now()
  const dist = path.join(workspace.folder, 'dist')
  const inputs = await hashInputs(workspace, common)
  if (await isCurrent(workspace, inputs)) return
  const fresh = `${dist}.${process.pid}`
  try {
    if (workspace.entries) await bundle(workspace, fresh)
    else await runOwnBuild(workspace, fresh)
    const outputs = await hashFolder(fresh)
    await rm(dist, {recursive: true, force: true})
    await rename(fresh, dist)
    await writeStamp(workspace, {inputs, outputs})
  } catch (error) {
    // Another run of this script may have put the same result there first.
    if (!(await isCurrent(workspace, inputs))) throw error
  } finally {
    await rm(fresh, {recursive: true, force: true})
  }
  process.stderr.write(`bundled ${workspace.name} in ${Math.round(performance.now() - startedAt)} ms\n`)
}

/** Whether dist/ was made from these inputs and nobody touched it since. */
async function isCurrent(workspace, inputs) {
  try {
    const stamp = JSON.parse(await readFile(path.join(workspace.folder, STAMP), 'utf8'))
    return stamp.inputs === inputs && stamp.outputs === (await hashFolder(path.join(workspace.folder, 'dist')))
  } catch {
    return false
  }
}

async function writeStamp(workspace, stamp) {
  const file = path.join(workspace.folder, STAMP)
  await mkdir(path.dirname(file), {recursive: true})
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(stamp)}\n`)
  await rename(`${file}.${process.pid}`, file)
}

/** The workspace, the workspaces it imports (all the way down), the folders that it copies. */
async function hashInputs(workspace, common) {
  const folders = new Set([workspace.folder])
  await addDependencies(workspace, folders)
  for (const source of Object.values(workspace.entries ?? {})) {
    const target = path.resolve(workspace.folder, source)
    folders.add(path.extname(source) === '' ? target : path.dirname(path.dirname(target)))
  }
  const hashes = await Promise.all(
    [...folders].toSorted(byText).map(async (folder) => `${path.relative(ROOT, folder)} ${await hashFolder(folder)}`),
  )
  return sha256([common, ...hashes].join('\n'))
}

async function addDependencies(workspace, folders) {
  for (const dependency of workspace.shopDependencies) {
    const name = dependency.slice('@shop/'.length)
    const folder = path.join(SERVICES, name)
    if (folders.has(folder)) continue
    folders.add(folder)
    const next = await readWorkspace(name)
    if (!next)
      throw new Error(
        `stack/services/${workspace.name}: its dependency ${dependency} does not exist; fix its package.json`,
      )
    await addDependencies(next, folders)
  }
}

async function bundle(workspace, target) {
  const sources = Object.entries(workspace.entries)
  const code = sources.filter(([, source]) => source.endsWith('.ts'))
  const folders = sources.filter(([, source]) => path.extname(source) === '')
  // Loaded here, because a run that finds nothing to do should not pay for it.
  const {build} = await import('esbuild')
  try {
    await build({
      absWorkingDir: workspace.folder,
      entryPoints: code.map(([out, source]) => ({in: source, out: out.replace(/\.mjs$/, '')})),
      outdir: target,
      outExtension: {'.js': '.mjs'},
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      banner: {js: REQUIRE},
      legalComments: 'none',
      logLevel: 'silent',
    })
  } catch (error) {
    throw new Error(await compileErrors(workspace, error), {cause: error})
  }
  await Promise.all(
    folders.map(([out, source]) => copyFolder(path.resolve(workspace.folder, source), path.join(target, out))),
  )
  await cleanModes(target)
}

async function compileErrors(workspace, error) {
  if (!Array.isArray(error.errors)) return `stack/services/${workspace.name}: ${error.message}`
  const {formatMessages} = await import('esbuild')
  const messages = await formatMessages(error.errors, {kind: 'error', color: Boolean(process.stderr.isTTY)})
  return `stack/services/${workspace.name} does not compile:\n${messages.join('\n').trimEnd()}`
}

/** A workspace with a build of its own (the web app) is told where to write, so that dist/ stays whole until it is done. */
async function runOwnBuild(workspace, target) {
  const output = []
  const child = spawn(
    'npm',
    ['run', '--silent', 'build', '--', '--outDir', target, '--emptyOutDir', '--logLevel', 'warn'],
    {
      cwd: workspace.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  child.stdout.on('data', (chunk) => {
    output.push(chunk)
  })
  child.stderr.on('data', (chunk) => {
    output.push(chunk)
  })
  const [code] = await once(child, 'close')
  if (code !== 0)
    throw new Error(`stack/services/${workspace.name} does not build:\n${Buffer.concat(output).toString().trimEnd()}`)
  await cleanModes(target)
}

async function copyFolder(source, target) {
  await mkdir(target, {recursive: true})
  for (const {name, file} of await listFiles(source)) {
    await mkdir(path.dirname(path.join(target, name)), {recursive: true})
    await copyFile(file, path.join(target, name))
  }
}

/** The same modes whatever the umask: an image made from the same sources has the same layers. */
async function cleanModes(folder) {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, {recursive: true, withFileTypes: true})) {
    await chmod(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}

async function hashFolder(folder) {
  return hashFiles(await listFiles(folder))
}

async function hashFiles(files) {
  const parts = await Promise.all(files.map(async ({name, file}) => `${name} ${sha256(await readFile(file))}`))
  return sha256(parts.join('\n'))
}

/** All files below a folder, by name relative to it, in a fixed order; without what is built or installed. */
async function listFiles(folder, prefix = '') {
  const entries = await readdir(path.join(folder, prefix), {withFileTypes: true})
  const lists = await Promise.all(
    entries.map(async (entry) => {
      const name = path.posix.join(prefix, entry.name)
      if (entry.isDirectory()) return isSource(entry.name) ? listFiles(folder, name) : []
      const file = path.join(folder, name)
      return (await stat(file)).isFile() ? [{name, file}] : []
    }),
  )
  return lists.flat().toSorted((left, right) => byText(left.name, right.name))
}

/** By code unit: the same order on every machine, whatever its language. */
function byText(left, right) {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function isSource(name) {
  return !NOT_SOURCE.has(name) && !name.startsWith('dist.')
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex')
}
