import {readFileSync, rmSync} from 'node:fs'
import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'

import {buildCli, runCli} from './built-cli.js'

let bin: string

beforeAll(() => {
  bin = buildCli()
})

/** Every module of a run, by way of a loader hook that writes down what is loaded. */
async function modulesLoadedBy(args: readonly string[]): Promise<string[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'stackctl-modules-'))
  const list = path.join(directory, 'modules')
  const hook = `
    import {appendFileSync} from 'node:fs'
    import {registerHooks} from 'node:module'
    registerHooks({load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + '\\n')
      return next(url, context)
    }})`
  const url = `data:text/javascript,${encodeURIComponent(hook)}`
  try {
    const {exitCode} = await runCli(bin, args, {cwd: directory, env: {NODE_OPTIONS: `--import=${url}`}})
    expect(exitCode).toBe(0)
    return readFileSync(list, 'utf8').split('\n')
  } finally {
    rmSync(directory, {recursive: true})
  }
}

const HEAVY = ['dockerode', 'execa', 'listr2', 'zod', 'yaml', 'tar-stream', '@balena/dockerignore']

describe('a start of the CLI', () => {
  it.each([['--version'], ['--help'], ['doctor --help'], ['logs --help'], ['secrets generate --help']])(
    'with %s loads no heavy package',
    async (line) => {
      const modules = await modulesLoadedBy(line.split(' '))
      expect(modules.some((url) => url.includes('/@oclif/core/'))).toBe(true)
      const heavy = modules.filter((url) => HEAVY.some((name) => url.includes(`/node_modules/${name}/`)))
      expect(heavy).toEqual([])
    },
  )

  it('loads a heavy package only with the work that needs it', async () => {
    const modules = await modulesLoadedBy(['config', 'validate', '--project-directory', path.join(import.meta.dirname, 'fixture')])
    expect(modules.some((url) => url.includes('/node_modules/execa/'))).toBe(true)
    expect(modules.some((url) => url.includes('/node_modules/dockerode/'))).toBe(false)
  })
})
