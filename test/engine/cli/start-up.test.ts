import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'

import {buildCli, runCli} from './built-cli.js'

let bin: string

beforeAll(() => {
  bin = buildCli()
})

/** Every module of a run, by way of a loader hook that writes down what is loaded. */
async function modulesLoadedBy(args: readonly string[], expectedExit = 0): Promise<string[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'stackctl-modules-'))
  const list = path.join(directory, 'modules')
  const hook = String.raw`
    import {appendFileSync} from 'node:fs'
    import {registerHooks} from 'node:module'
    registerHooks({load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + '\n')
      return next(url, context)
    }})
    process.on('exit', () => {
      const fetch = process.moduleLoadList.filter((name) => name.includes('internal/deps/undici'))
      appendFileSync(${JSON.stringify(list)}, fetch.map((name) => name + '\n').join(''))
    })`
  const url = `data:text/javascript,${encodeURIComponent(hook)}`
  try {
    const {exitCode} = await runCli(bin, args, {cwd: directory, env: {NODE_OPTIONS: `--import=${url}`}})
    expect(exitCode).toBe(expectedExit)
    return readFileSync(list, 'utf8').split('\n')
  } finally {
    rmSync(directory, {recursive: true})
  }
}

const CARRIED_BY_DOCKERODE = ['dockerode', 'docker-modem', 'ssh2', '@grpc', 'protobufjs', 'tar-fs']
const HEAVY = [...CARRIED_BY_DOCKERODE, 'execa', 'listr2', 'zod', 'yaml', 'tar-stream', '@balena/dockerignore']

function heavyOf(modules: readonly string[], heavy = HEAVY): string[] {
  return modules.filter((url) => heavy.some((name) => url.includes(`/node_modules/${name}/`)) || isFetch(url))
}

/** Node's own `fetch`, which an `import 'node:http'` loads as a whole. */
function isFetch(module: string): boolean {
  return module.includes('internal/deps/undici')
}

function commandIds(): string[] {
  const manifest = JSON.parse(readFileSync(path.join(path.dirname(bin), '../oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, unknown>
  }
  return Object.keys(manifest.commands).filter((id) => !id.startsWith('autocomplete'))
}

describe('a start of the CLI', () => {
  it.each([['--version'], ['--help']])('with %s loads no heavy package', async (line) => {
    const modules = await modulesLoadedBy([line])
    expect(modules.some((url) => url.includes('/@oclif/core/'))).toBe(true)
    expect(heavyOf(modules)).toEqual([])
  })

  it('loads none with the help of any command', async () => {
    const ids = commandIds()
    expect(ids).toContain('status')
    for (const id of ids) {
      const modules = await modulesLoadedBy([...id.split(':'), '--help'])
      expect(
        modules.some((url) => url.includes('/@oclif/core/')),
        id,
      ).toBe(true)
      expect({id, heavy: heavyOf(modules)}).toEqual({id, heavy: []})
    }
  })

  it('loads none with any command either, before the command begins to work', async () => {
    const ids = commandIds()
    expect(ids).toContain('doctor')
    for (const id of ids) {
      const modules = await modulesLoadedBy([...id.split(':'), '--no-such-option'], 2)
      expect(
        modules.some((url) => url.endsWith('/dist/base-command.js')),
        id,
      ).toBe(true)
      expect({id, heavy: heavyOf(modules)}).toEqual({id, heavy: []})
    }
  })

  it('loads a heavy package only with the work that needs it', async () => {
    const modules = await modulesLoadedBy([
      'config',
      'validate',
      '--project-directory',
      path.join(import.meta.dirname, 'fixture'),
    ])
    expect(modules.some((url) => url.includes('/node_modules/yaml/'))).toBe(true)
    expect(modules.some((url) => url.endsWith('/dist/lib/engine/connect.js'))).toBe(false)
  })

  it('reaches the engine without what dockerode carries, which only a build needs, and without fetch', async () => {
    const fixture = path.join(import.meta.dirname, 'fixture')
    const modules = await modulesLoadedBy(['status', '--project-directory', fixture])
    expect(modules.some((url) => url.endsWith('/dist/lib/engine/connect.js'))).toBe(true)
    expect(heavyOf(modules, [...CARRIED_BY_DOCKERODE, 'execa'])).toEqual([])
  })
})
