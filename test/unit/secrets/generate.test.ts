import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import {secretFiles, writeSecret} from '../../../src/lib/secrets/generate.js'
import {fileSecret, stackWith} from './stack-with.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'stackctl-secrets-'))
})

afterEach(() => rmSync(directory, {recursive: true, force: true}))

const place = (name: string): string => path.join(directory, 'config/production/secrets', name)

describe('generated secrets', () => {
  it('are random, private and in a private directory', async () => {
    const [file] = await secretFiles(stackWith({directory, secrets: [fileSecret('jwt', place('jwt'))]}))
    expect(await writeSecret(file!, {replace: false, asRoot: false})).toBe(true)
    expect(readFileSync(place('jwt'), 'utf8')).toMatch(/^[\w-]{43}$/)
    expect(statSync(place('jwt')).mode & 0o777).toBe(0o600)
    expect(statSync(path.dirname(place('jwt'))).mode & 0o777).toBe(0o700)
  })

  it('leave nothing but themselves behind', async () => {
    const [file] = await secretFiles(stackWith({directory, secrets: [fileSecret('jwt', place('jwt'))]}))
    await writeSecret(file!, {replace: false, asRoot: false})
    await writeSecret(file!, {replace: false, asRoot: false})
    expect(readdirSync(path.dirname(place('jwt')))).toEqual(['jwt'])
  })

  it('never replace one that is there, not even one that appeared meanwhile', async () => {
    const [file] = await secretFiles(stackWith({directory, secrets: [fileSecret('jwt', path.join(directory, 'jwt'))]}))
    writeFileSync(path.join(directory, 'jwt'), 'precious')
    expect(file!.exists).toBe(false)
    expect(await writeSecret(file!, {replace: false, asRoot: false})).toBe(false)
    expect(readFileSync(path.join(directory, 'jwt'), 'utf8')).toBe('precious')
  })

  it('replace one when that is asked for', async () => {
    writeFileSync(path.join(directory, 'jwt'), 'weak', {mode: 0o644})
    const [file] = await secretFiles(stackWith({directory, secrets: [fileSecret('jwt', path.join(directory, 'jwt'))]}))
    expect(file!.exists).toBe(true)
    expect(await writeSecret(file!, {replace: true, asRoot: false})).toBe(true)
    expect(readFileSync(path.join(directory, 'jwt'), 'utf8')).not.toBe('weak')
    expect(statSync(path.join(directory, 'jwt')).mode & 0o777).toBe(0o600)
  })

  it('are those that the settings name, with their sizes', async () => {
    const secrets = [fileSecret('jwt', place('jwt')), fileSecret('tls_key', place('tls_key'))]
    const files = await secretFiles(stackWith({directory, secrets, settings: {generate: {jwt: {bytes: 48}}}}))
    expect(files.map(({name, bytes}) => [name, bytes])).toEqual([['jwt', 48]])
  })

  it('are refused for a name that is no secret with a file', async () => {
    const stack = stackWith({directory, settings: {generate: {jwt: {bytes: 32}}}})
    await expect(secretFiles(stack)).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining('jwt') as string,
    })
  })

  it.each([
    [['10001:10002', '10001:10002'], {uid: 10_001, gid: 10_002}],
    [['10001'], {uid: 10_001, gid: 10_001}],
    [['10001:10001', '0:0'], undefined],
    [['postgres'], undefined],
    [[undefined], undefined],
    [[], undefined],
  ])('belong to the user that all services with the secret run as: %j', async (users, owner) => {
    const services = users.map((user, index) => ({
      name: `s${index}`,
      compose: {...(user === undefined ? {} : {user}), secrets: [{source: 'jwt', target: '/run/secrets/jwt'}]},
    }))
    services.push({name: 'other', compose: {user: '0', secrets: [{source: 'another', target: '/x'}]}})
    const [file] = await secretFiles(stackWith({directory, services, secrets: [fileSecret('jwt', place('jwt'))]}))
    expect(file!.owner).toEqual(owner)
  })

  it.runIf(process.getuid?.() === 0)('are handed over to their owner when root makes them', async () => {
    const services = [{name: 'db', compose: {user: '10001:10001', secrets: [{source: 'jwt'}]}}]
    const [file] = await secretFiles(stackWith({directory, services, secrets: [fileSecret('jwt', place('jwt'))]}))
    await writeSecret(file!, {replace: false, asRoot: true})
    expect(statSync(place('jwt'))).toMatchObject({uid: 10_001, gid: 10_001})
  })
})
