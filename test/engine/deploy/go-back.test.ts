import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {node, openProject, type Project, readyCheck, SERVER, type StackYaml} from './project.js'

interface Releases {
  readonly current: number
  readonly releases: readonly {release: number; result: string; stable: boolean; rollbackOf?: number}[]
}

let project: Project

/** Answers its version; holds an environment variable, a config and a secret. */
function stack(version: string, more: {services?: StackYaml['services']} = {}): StackYaml {
  return {
    services: {
      web: node(SERVER, {
        environment: {VERSION: version, COLOUR: `colour-${version}`},
        healthcheck: readyCheck(),
        expose: ['8000'],
        configs: ['settings'],
        secrets: ['token'],
        'x-stackctl': {route: {port: 8000}},
      }),
      ...more.services,
    },
    configs: {settings: {file: './settings.txt'}},
    secrets: {token: {file: './token.txt'}},
  }
}

async function deployVersion(version: string, more: {services?: StackYaml['services']} = {}): Promise<void> {
  await project.write(stack(version, more), {'settings.txt': `settings-${version}`, 'token.txt': `token-${version}`})
  const run = await project.cli('deploy')
  expect(run.exitCode, run.stderr).toBe(0)
}

/** What the container of `web` has of a version. */
async function served(): Promise<string> {
  return project.sh('web', 'echo $VERSION $COLOUR $(cat /settings) $(cat /run/secrets/token)')
}

async function releases(): Promise<Releases> {
  return JSON.parse((await project.cli('releases', '--json')).stdout) as Releases
}

beforeAll(async () => {
  project = await openProject('back')
  for (const version of ['1', '2', '3']) await deployVersion(version)
})

afterAll(async () => project.remove())

describe('a rollback', () => {
  it('to a number brings back environment, config and secret, as a release of its own', async () => {
    const run = await project.cli('rollback', '1')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout).toMatch(/release 4 serves, which is release 1 again/)
    expect(await served()).toBe('1 colour-1 settings-1 token-1')
    expect((await project.only('web')).release).toBe('4')
    const {current, releases: list} = await releases()
    expect(current).toBe(4)
    expect(list.find(({release}) => release === 4)).toMatchObject({result: 'deployed', stable: true, rollbackOf: 1})
  })

  it('to what serves already does nothing', async () => {
    const before = await project.replicas()
    const run = await project.cli('rollback', '1')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout).toContain('nothing to do')
    expect(await project.replicas()).toEqual(before)
  })

  it('without a number goes to the last stable release before the current one', async () => {
    await deployVersion('5')
    const run = await project.cli('rollback')
    expect(run.exitCode, run.stderr).toBe(0)
    // 5 came after 4, which was 1 again.
    expect(await served()).toBe('1 colour-1 settings-1 token-1')
  })

  it('to a release that was never made is refused with those that were, and does nothing', async () => {
    const before = await project.replicas()
    const run = await project.cli('rollback', '99')
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toMatch(/there is no release 99/)
    expect(run.stderr).toMatch(/releases to go back to: 1, 2, 3/)
    expect(await project.replicas()).toEqual(before)
  })

  it('is followed by a deploy of what the files say, which are untouched', async () => {
    const run = await project.cli('deploy')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(await served()).toBe('5 colour-5 settings-5 token-5')
  })

  it('removes services that the release did not have', async () => {
    await deployVersion('5', {services: {added: node('setInterval(() => {}, 1000)', {init: true})}})
    expect(await project.replicas('added')).toHaveLength(1)
    const run = await project.cli('rollback')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(await project.replicas('added')).toEqual([])
  })

  it('never shows a secret: not in the ledger’s readable part, not in what is printed', async () => {
    const shown = await project.cli('releases', '--json')
    const show = await project.cli('releases', 'show', '1', '--json')
    const audit = await project.cli('audit', '--json')
    for (const {stderr, stdout} of [shown, show, audit]) expect(stdout + stderr).not.toMatch(/token-\d/)
    expect(audit.stdout).toContain('"rollback"')
  })
})

describe('a rollback across a migration', () => {
  it('is refused without --force, and runs no job with it', async () => {
    const migrated = await openProject('mark')
    const web = (version: string, command: string): StackYaml => ({
      services: {
        web: stack(version).services.web ?? {},
        migrate: node(command, {'x-stackctl': {job: 'pre-deploy'}}),
      },
      configs: {settings: {content: version}},
      secrets: {token: {file: './token.txt'}},
    })
    try {
      await migrated.sandbox.files({'token.txt': 'secret-of-tests'})
      await migrated.deployed(web('1', "console.log('schema 1')"))
      await migrated.deployed(web('2', "console.log('schema 2')"))
      const before = await migrated.replicas()
      const refused = await migrated.cli('rollback')
      expect(refused.exitCode).toBe(3)
      expect(refused.stderr).toMatch(/would cross a migration: release 2 ran migrate/)
      expect(await migrated.replicas()).toEqual(before)
      const forced = await migrated.cli('rollback', '--force')
      expect(forced.exitCode, forced.stderr).toBe(0)
      expect(forced.stderr).not.toContain('schema 1')
      expect(await migrated.sh('web', 'echo $VERSION')).toBe('1')
      // The schema is the one of release 2 still: its files find their migration done.
      const again = await migrated.cli('deploy')
      expect(again.exitCode, again.stderr).toBe(0)
      expect(again.stderr).not.toContain('schema 2')
    } finally {
      await migrated.remove()
    }
  })
})
