import {execFile} from 'node:child_process'
import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))

/** One planted violation per rule; a rule whose pattern matches nothing would let it pass. */
const PLANTED: Record<string, Record<string, string>> = {
  'no-cycles': {
    'src/lib/gate/a.ts': `import {b} from './b.js'\nexport const a = b`,
    'src/lib/gate/b.ts': `import {a} from './a.js'\nexport const b = a`,
  },
  'lib-knows-no-command-line': {'src/lib/gate/a.ts': `import {Flags} from '@oclif/core'\nexport const a = Flags`},
  'commands-do-not-call-commands': {
    'src/commands/a.ts': 'export const a = 1',
    'src/commands/b.ts': `import {a} from './a.js'\nexport const b = a`,
  },
  'pure-modules-read-nothing': {
    'src/lib/plan/a.ts': `import {readFileSync} from 'node:fs'\nexport const a = readFileSync`,
  },
  'dockerode-only-in-its-adapter': {'src/lib/gate/a.ts': `import Docker from 'dockerode'\nexport const a = Docker`},
  'listr2-only-in-its-view': {'src/lib/gate/a.ts': `import {Listr} from 'listr2'\nexport const a = Listr`},
  'progress-only-listens': {
    'src/lib/plan/p.ts': 'export const p = 1',
    'src/lib/progress/a.ts': `import {p} from '../plan/p.js'\nexport const a = p`,
  },
  'nothing-unresolved': {'src/lib/gate/a.ts': `import {b} from './nowhere.js'\nexport const a = b`},
}

describe('the import rules', () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'stk-rules-'))
  })

  afterAll(async () => {
    await rm(directory, {recursive: true, force: true})
  })

  it.each(Object.keys(PLANTED))('report a violation of %s', {timeout: 30_000}, async (rule) => {
    const root = path.join(directory, rule)
    await plant(root, PLANTED[rule] ?? {})
    const outcome = await cruise(root)
    expect(outcome).toContain(`error ${rule}:`)
  })
})

async function plant(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), {recursive: true})
    await writeFile(path.join(root, name), `${content}\n`)
  }

  await symlink(path.join(REPOSITORY, 'node_modules'), path.join(root, 'node_modules'))
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    await cp(path.join(REPOSITORY, file), path.join(root, file))
}

async function cruise(root: string): Promise<string> {
  const binary = path.join(REPOSITORY, 'node_modules/.bin/depcruise')
  try {
    const {stdout} = await promisify(execFile)(
      binary,
      ['src', '--config', '.dependency-cruiser.cjs', '--no-progress'],
      {cwd: root},
    )
    return stdout
  } catch (error) {
    return (error as {stdout: string}).stdout
  }
}
