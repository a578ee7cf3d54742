import {execFileSync} from 'node:child_process'
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import {checkSecrets, requireStrongSecrets} from '../../../src/lib/secrets/check.js'
import {fileSecret, stackWith} from './stack-with.js'

const strong = 'kY7-pQ2vXw9_Lr4tZb8mNc3'
let directory: string

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'stackctl-check-'))
})

afterEach(() => rmSync(directory, {recursive: true, force: true}))

function write(name: string, content: string, mode = 0o600): string {
  const file = path.join(directory, name)
  writeFileSync(file, content)
  chmodSync(file, mode)
  return file
}

describe('the check of secrets', () => {
  it('finds nothing in a stack whose secrets are good', async () => {
    const stack = stackWith({directory, secrets: [fileSecret('jwt', write('jwt', `${strong}\n`))]})
    expect(await checkSecrets(stack, {env: {}})).toEqual([])
  })

  it('names what is wrong and where, and no value', async () => {
    const secrets = [
      fileSecret('absent', path.join(directory, 'absent')),
      fileSecret('weak', write('weak', 'hunter2')),
      fileSecret('open', write('open', strong, 0o644)),
    ]
    const findings = await checkSecrets(stackWith({directory, secrets}), {env: {}})
    expect(findings.map(({secret, problem, where}) => [secret, problem, where])).toEqual([
      ['absent', 'missing', 'absent'],
      ['weak', 'short', 'weak'],
      ['open', 'exposed', 'open'],
    ])
    expect(JSON.stringify(findings)).not.toMatch(/hunter2|kY7/)
  })

  it('finds a secret that is committed to git', async () => {
    const git = (...args: string[]): Buffer => execFileSync('git', args, {cwd: directory, stdio: 'pipe'})
    const stack = stackWith({directory, secrets: [fileSecret('jwt', write('jwt', strong))]})
    git('init', '--quiet')
    expect(await checkSecrets(stack, {env: {}})).toEqual([])
    git('add', 'jwt')
    expect(await checkSecrets(stack, {env: {}})).toMatchObject([{secret: 'jwt', problem: 'committed'}])
  })

  it('finds the example value in a real environment', async () => {
    write('.env.example', `# copy me\nJWT_SECRET="${strong}"\nPORT=8080\n`)
    const stack = stackWith({directory, secrets: [fileSecret('jwt', write('jwt', strong))]})
    expect(await checkSecrets(stack, {env: {}})).toMatchObject([{secret: 'jwt', problem: 'default'}])
  })

  it('looks at variables of services that carry a secret, also inside a URL', async () => {
    const environment = {
      POSTGRES_PASSWORD: 'postgres',
      DATABASE_URL: 'postgres://shop:shop@db/shop',
      JWT_SECRET: strong,
      POSTGRES_PASSWORD_FILE: '/run/secrets/postgres_password',
      API_TOKEN: null,
      NODE_ENV: 'production',
    }
    const stack = stackWith({directory, services: [{name: 'api', compose: {environment}}]})
    const findings = await checkSecrets(stack, {env: {}})
    expect(findings.map(({secret, problem}) => [secret, problem])).toEqual([
      ['api.POSTGRES_PASSWORD', 'default'],
      ['api.DATABASE_URL', 'short'],
    ])
  })

  it('takes a secret with an environment source from the shell', async () => {
    const stack = stackWith({
      directory,
      secrets: [{kind: 'secret', key: 'jwt', source: {from: 'environment', variable: 'JWT'}}],
    })
    expect(await checkSecrets(stack, {env: {}})).toMatchObject([
      {secret: 'jwt', problem: 'missing', where: 'variable JWT'},
    ])
    expect(await checkSecrets(stack, {env: {JWT: strong}})).toEqual([])
  })
})

describe('a deploy', () => {
  it('with strict secrets is refused for a weak one, naming each on one line, and the way out', async () => {
    const secrets = [fileSecret('a', path.join(directory, 'a')), fileSecret('b', write('b', 'change-me'))]
    const stack = stackWith({directory, secrets, settings: {strict: true}})
    await expect(requireStrongSecrets(stack, {env: {}})).rejects.toMatchObject({
      code: 'E_SECRETS',
      exit: 3,
      message: '2 secrets are not fit to deploy: a: missing (a); b: a placeholder or a well-known default (b)',
      suggestions: [
        expect.stringContaining('stackctl secrets generate production'),
        expect.stringContaining('stackctl secrets generate production --force'),
      ],
    })
  })

  it('without strict secrets is refused for a missing one only; weak ones are told', async () => {
    const weak = stackWith({directory, secrets: [fileSecret('b', write('b', 'change-me'))]})
    expect(await requireStrongSecrets(weak, {env: {}})).toMatchObject([{secret: 'b', problem: 'default'}])
    const missing = stackWith({directory, secrets: [fileSecret('a', path.join(directory, 'a'))]})
    await expect(requireStrongSecrets(missing, {env: {}})).rejects.toMatchObject({code: 'E_SECRETS'})
  })

  it('says of a missing secret how to give it: by the shell, or as a file', async () => {
    const secrets = [
      {kind: 'secret', key: 'jwt', source: {from: 'environment', variable: 'JWT'}} as const,
      fileSecret('absent', path.join(directory, 'absent')),
    ]
    const refused = requireStrongSecrets(stackWith({directory, secrets}), {env: {}})
    await expect(refused).rejects.toMatchObject({
      suggestions: [expect.stringContaining('export JWT'), expect.stringContaining('stackctl secrets generate')],
    })
    const byShell = requireStrongSecrets(stackWith({directory, secrets: secrets.slice(0, 1)}), {env: {}})
    await expect(byShell).rejects.toMatchObject({suggestions: [expect.stringContaining('export JWT')]})
  })
})
