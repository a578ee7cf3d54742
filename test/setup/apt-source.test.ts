import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'

import {osRelease, runShell, temporaryDirectory} from './setup-script.js'

const debian = ['ID=debian', 'VERSION_ID="12"']
const ubuntu = ['ID=ubuntu', 'ID_LIKE=debian']

describe('the mirror that Debian 13 is taken from', () => {
  it("is the system's own, read from a .sources file", async () => {
    const sources =
      'Types: deb\nURIs: https://mirror.example/debian-security/\n\nTypes: deb\nURIs: https://mirror.example/debian/\n'

    expect(await mirrors(debian, {'sources.list.d/debian.sources': sources})).toEqual([
      'https://mirror.example/debian',
      'https://mirror.example/debian-security',
    ])
  })

  it("is the system's own, read from a sources.list with options", async () => {
    const lines = [
      '# deb https://old.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian bookworm main',
      'deb https://mirror.example/debian-security bookworm-security main',
    ]

    expect(await mirrors(debian, {'sources.list': lines.join('\n')})).toEqual([
      'https://mirror.example/debian',
      'https://mirror.example/debian-security',
    ])
  })

  it('is the public one where the system has other sources only', async () => {
    const sources = 'deb https://archive.example/ubuntu noble main\n'

    expect(await mirrors(ubuntu, {'sources.list': sources})).toEqual([
      'http://deb.debian.org/debian',
      'http://deb.debian.org/debian-security',
    ])
  })
})

describe('comparing versions', () => {
  it.each([
    ['2.26.1-4', '2.26', 'yes'],
    ['v2.40.3-desktop.1', '2.26', 'yes'],
    ['2.26', '2.26', 'yes'],
    ['2.9.0', '2.26', 'no'],
    ['1.29.2', '2.26', 'no'],
    ['v24.0.0', '22.22', 'yes'],
    ['v20.20.2', '22.22', 'no'],
    ['', '2.26', 'no'],
  ])('%j at least %s: %s', async (have, want, expected) => {
    const outcome = await runShell(
      ['platform'],
      `if version_at_least '${have}' '${want}'; then echo yes; else echo no; fi`,
    )

    expect(outcome.stdout.trim()).toBe(expected)
  })
})

async function mirrors(system: string[], files: Record<string, string>): Promise<string[]> {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'sources.list.d'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
  const line = `apt_directory='${directory}'; debian_mirror; debian_security_mirror`
  const outcome = await runShell(['platform', 'apt'], line, {STACKCTL_OS_RELEASE: await osRelease(system)})
  return outcome.stdout.trim().split('\n')
}
