import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import {registryAuth} from '../../../src/lib/build/registry-auth.js'
import {ConfigError} from '../../../src/lib/errors.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stkeng-auth-'))
})
afterEach(() => rm(directory, {recursive: true}))

async function authFor(reference: string, config: object) {
  await writeFile(join(directory, 'config.json'), JSON.stringify(config))
  return registryAuth({DOCKER_CONFIG: directory, PATH: `${directory}:/usr/bin:/bin`}, reference)
}

const encoded = (text: string) => Buffer.from(text).toString('base64')

describe('logins at registries', () => {
  it('finds none where there is no configuration', async () => {
    expect(await registryAuth({DOCKER_CONFIG: join(directory, 'none')}, 'a/b')).toBeUndefined()
  })

  it('takes the login of the registry that the reference names, colons in the password included', async () => {
    const auths = {
      'registry.example:5000': {auth: encoded('user:pa:ss')},
      'https://index.docker.io/v1/': {auth: encoded('hub:x')},
    }
    expect(await authFor('registry.example:5000/team/web:1', {auths})).toEqual({
      username: 'user',
      password: 'pa:ss',
      serveraddress: 'registry.example:5000',
    })
    expect(await authFor('debian:trixie-slim', {auths})).toMatchObject({username: 'hub'})
    expect(await authFor('other.example/web', {auths})).toBeUndefined()
  })

  it('asks the credential helper of the registry, and reads tokens', async () => {
    const helper = join(directory, 'docker-credential-fake')
    await writeFile(
      helper,
      '#!/bin/sh\nread server\necho "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for $server\\"}"\n',
    )
    await chmod(helper, 0o755)
    expect(await authFor('r.example/web', {credHelpers: {'r.example': 'fake'}})).toEqual({
      identitytoken: 'for r.example',
      serveraddress: 'r.example',
    })
  })

  it('goes on without a login when the store has none, and says so when the helper is missing', async () => {
    const helper = join(directory, 'docker-credential-empty')
    await writeFile(helper, '#!/bin/sh\necho "credentials not found in native keychain"\nexit 1\n')
    await chmod(helper, 0o755)
    expect(await authFor('r.example/web', {credsStore: 'empty'})).toBeUndefined()
    await expect(authFor('r.example/web', {credsStore: 'absent'})).rejects.toThrow(ConfigError)
  })
})
