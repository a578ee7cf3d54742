import {execFileSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {chmod, mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'

import {runSetup, temporaryDirectory} from './setup-script.js'

const removedKeys = '/usr/share/keyrings/debian-archive-removed-keys.gpg'
const metadata = '{"SchemaVersion":"0.1.0","Vendor":"test","Version":"2.20.0","ShortDescription":"old compose"}'
const oldCompose = `#!/bin/sh
case $1 in
  docker-cli-plugin-metadata) echo '${metadata}' ;;
  *) echo 2.20.0 ;;
esac
`

describe('setup with a docker compose that is too old', () => {
  it('takes a current one from Debian, for this user only', async () => {
    const DOCKER_CONFIG = await configurationWithOldCompose()

    const outcome = await runSetup({environment: {DOCKER_CONFIG}})

    expect(outcome.stderr).toMatch(/^… installing docker compose .*\n✓ docker compose 2\.\d+\.\d+ \(\d+ s\)$/m)
    expect(outcome.code).toBe(0)
    expect(majorAndMinor(composeVersion(DOCKER_CONFIG))).toBeGreaterThanOrEqual(2.26)
    expect(
      (await readdir(join(DOCKER_CONFIG, 'cli-plugins'))).every((name) => /^docker-(compose|buildx)$/.test(name)),
    ).toBe(true)
  })

  it.skipIf(!existsSync(removedKeys))('installs nothing that is not signed by a key it was told to trust', async () => {
    const DOCKER_CONFIG = await configurationWithOldCompose()

    const outcome = await runSetup({environment: {DOCKER_CONFIG, STACKCTL_DEBIAN_KEYRING: removedKeys}})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/NO_PUBKEY|not signed|public key is not available/)
    expect(outcome.stderr).toMatch(/^✗ docker compose: 2\.20\.0, 2\.26 or newer is needed/m)
    expect(await readdir(join(DOCKER_CONFIG, 'cli-plugins'))).toEqual(['docker-compose'])
    expect(await readFile(join(DOCKER_CONFIG, 'cli-plugins/docker-compose'), 'utf8')).toBe(oldCompose)
  })
})

async function configurationWithOldCompose(): Promise<string> {
  const directory = await temporaryDirectory()
  const plugin = join(directory, 'cli-plugins/docker-compose')
  await mkdir(join(directory, 'cli-plugins'))
  await writeFile(plugin, oldCompose)
  await chmod(plugin, 0o755)
  return directory
}

function composeVersion(DOCKER_CONFIG: string): string {
  const env = {...process.env, DOCKER_CONFIG}
  return execFileSync('docker', ['compose', 'version', '--short'], {encoding: 'utf8', env}).trim()
}

function majorAndMinor(version: string): number {
  return Number.parseFloat(version.replace(/^v/, ''))
}
