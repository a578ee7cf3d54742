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
    }})`
  const url = `data:text/javascript,${encodeURIComponent(hook)}`
  try {
    const {exitCode} = await runCli(bin, args, {cwd: directory, env: {NODE_OPTIONS: `--import=${url}`}})
    expect(exitCode).toBe(expectedExit)
    return readFileSync(list, 'utf8').split('\n')
  } finally {
    rmSync(directory, {recursive: true})
  }
}

const HEAVY = ['dockerode', 'execa', 'listr2', 'zod', 'yaml', 'tar-stream', '@balena/dockerignore']

function heavyOf(modules: readonly string[]): string[] {
  return modules.filter((url) => HEAVY.some((name) => url.includes(`/node_modules/${name}/`)))
}

describe('a start of the CLI', () => {
  it.each([['--version'], ['--help'], ['doctor --help'], ['logs --help'], ['secrets generate --help']])(
    'with %s loads no heavy package',
    async (line) => {
      const modules = await modulesLoadedBy(line.split(' '))
      expect(modules.some((url) => url.includes('/@oclif/core/'))).toBe(true)
      expect(heavyOf(modules)).toEqual([])
    },
  )

  it('loads none with any command either, before the command begins to work', async () => {
    const manifest = JSON.parse(readFileSync(path.join(path.dirname(bin), '../oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, unknown>
    }
    const ids = Object.keys(manifest.commands).filter((id) => !id.startsWith('autocomplete'))
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
    expect(modules.some((url) => url.includes('/node_modules/execa/'))).toBe(true)
    expect(modules.some((url) => url.includes('/node_modules/dockerode/'))).toBe(false)
  })
})
