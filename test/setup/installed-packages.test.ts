import {execFile} from 'node:child_process'
import {mkdir, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'

import {repository, temporaryDirectory} from './setup-script.js'

interface LockEntry {
  version?: string
  integrity?: string
  optional?: boolean
  link?: boolean
  os?: string[]
  cpu?: string[]
}
type Packages = Record<string, LockEntry>

const left: Packages = {'node_modules/left': {version: '1.0.0', integrity: 'sha512-a'}}

describe('whether npm ci is needed', () => {
  it('is not, when node_modules holds what the lock says', async () => {
    expect(await isCurrent({locked: left, installed: left})).toBe(true)
  })

  it('is, when nothing is installed or an installation was interrupted', async () => {
    expect(await isCurrent({locked: left})).toBe(false)
  })

  it('is, when the lock names another version', async () => {
    expect(
      await isCurrent({locked: {'node_modules/left': {version: '1.0.1', integrity: 'sha512-b'}}, installed: left}),
    ).toBe(false)
  })

  it('is, when the lock names one package more', async () => {
    expect(await isCurrent({locked: {...left, 'node_modules/right': {version: '1.0.0'}}, installed: left})).toBe(false)
  })

  it('is not, when only an optional package for another platform is absent', async () => {
    expect(
      await isCurrent({locked: {...left, 'node_modules/other': {version: '1.0.0', optional: true}}, installed: left}),
    ).toBe(true)
  })

  it('is, when npm left out an optional package that is for this platform', async () => {
    const native: LockEntry = {version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch]}

    expect(await isCurrent({locked: {...left, 'node_modules/native': native}, installed: left})).toBe(false)
  })

  it('is, when a workspace is not linked', async () => {
    const locked: Packages = {...left, 'node_modules/web': {link: true}, 'stack/web': {version: '1.0.0'}}

    expect(await isCurrent({locked, installed: left})).toBe(false)
    expect(await isCurrent({locked, installed: left, linked: ['web']})).toBe(true)
  })
})

async function isCurrent(checkout: {locked: Packages; installed?: Packages; linked?: string[]}): Promise<boolean> {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'package-lock.json'), JSON.stringify({packages: {'': {}, ...checkout.locked}}))
  for (const path of Object.keys(checkout.installed ?? {})) await mkdir(join(directory, path), {recursive: true})
  for (const name of checkout.linked ?? []) await symlink(directory, join(directory, 'node_modules', name))
  if (checkout.installed) {
    await writeFile(join(directory, 'node_modules/.package-lock.json'), JSON.stringify({packages: checkout.installed}))
  }
  const script = join(repository, 'scripts/setup.d/installed-packages.mjs')
  return new Promise((done) => execFile(process.execPath, [script, directory], (error) => done(error === null)))
}
