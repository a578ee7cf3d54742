import {chmodSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'

import {ConfigError, StackError, UnreachableError, UnsupportedKeyError, UsageError} from '../../../src/lib/errors.js'
import {loadStack} from '../../../src/lib/stack/compose.js'
import {selectStack, type StackSelection} from '../../../src/lib/stack/environment.js'
import {projectFolder} from './project-folder.js'

const env = {PATH: process.env.PATH, HOME: process.env.HOME}

async function failure(
  files: Readonly<Record<string, string>>,
  selection: Partial<StackSelection> = {},
): Promise<StackError> {
  const cwd = projectFolder(files)
  const chosen = {files: [], cwd, env, bundledDirectory: '/nonexistent', ...selection}
  try {
    await loadStack(selectStack(chosen), {env: chosen.env})
  } catch (error) {
    if (error instanceof StackError) return Object.assign(error, {message: error.message.replaceAll(cwd, '.')})
    throw error
  }

  throw new Error('nothing was refused')
}

const CASES: readonly [what: string, yaml: string, message: RegExp][] = [
  [
    'malformed YAML',
    'services:\n  web:\n   image: a\n  bad: [\n',
    /^malformed YAML: did not find expected node content \(\.\/compose\.yaml:4\)$/,
  ],
  ['a tab', 'services:\n\tweb: {image: a}\n', /^malformed YAML: .* \(\.\/compose\.yaml:2\)$/],
  [
    'an unknown key',
    'services:\n  web:\n    image: a\n    volums: [a]\n',
    /^unknown key services\.web\.volums in \.\/compose\.yaml:4$/,
  ],
  [
    'an unknown top-level key',
    'servics: {}\nservices: {web: {image: a}}\n',
    /^unknown key servics in \.\/compose\.yaml:1$/,
  ],
  [
    'a value of the wrong kind',
    'services:\n  web:\n    image: a\n    healthcheck:\n      interval: 5\n',
    /^services\.web\.healthcheck\.interval must be a string in \.\/compose\.yaml:5$/,
  ],
  [
    'a dependency cycle',
    'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}\n',
    /^services depend on each other in a circle: a -> b -> c -> a \(\.\/compose\.yaml:2\)$/,
  ],
  [
    'an undefined dependency',
    'services:\n  a: {image: x, depends_on: [b]}\n',
    /^service "a" depends on undefined service "b" \(\.\/compose\.yaml:2\)$/,
  ],
  [
    'a dependency onto an inactive profile',
    'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, profiles: [p]}\n',
    /^service "a" depends on service "b", whose profile is not active \(\.\/compose\.yaml:2\)$/,
  ],
  [
    'an unset required variable',
    'services:\n  a:\n    image: "x:${TAG:?the release}"\n',
    /^required variable TAG is not set: the release \(\.\/compose\.yaml:3\)$/,
  ],
  [
    'unset variables',
    'services:\n  a:\n    image: x\n    environment:\n      # $PASS in a comment is not used\n      P: "${PASS}"\n      Q: $OTHER\n',
    /^variables are not set: OTHER \(\.\/compose\.yaml:7\), PASS \(\.\/compose\.yaml:6\)$/,
  ],
  [
    'broken interpolation',
    'services:\n  a:\n    image: "${X"\n',
    /^invalid interpolation in services\.a\.image: \$\{X \(\.\/compose\.yaml:3\)$/,
  ],
  [
    'an undefined network',
    'services:\n  a:\n    image: x\n    networks: [back]\n',
    /^service "a" refers to undefined network back \(\.\/compose\.yaml:2\)$/,
  ],
  [
    'a missing env_file',
    'services:\n  a:\n    image: x\n    env_file: nope.env\n',
    /^env file \.\/nope\.env does not exist \(\.\/compose\.yaml:4\)$/,
  ],
  ['a missing include', 'include:\n  - nope.yaml\n', /^file \.\/nope\.yaml does not exist \(\.\/compose\.yaml:2\)$/],
  [
    'no image',
    'services:\n  a: {command: x}\n',
    /^service "a" has neither an image nor a build context specified \(\.\/compose\.yaml:2\)$/,
  ],
  ['an empty file', '', /^a compose file is empty \(\.\/compose\.yaml\)$/],
  ['no service', 'name: shop\n', /^no service is active in \.\/compose\.yaml$/],
  [
    'a missing secret source',
    'services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {external: true}}\n',
    /^secrets\.s\.external is not supported \(\.\/compose\.yaml:2\)$/,
  ],
  [
    'a seccomp profile that is not there',
    'services: {a: {image: x, security_opt: ["seccomp=nope.json"]}}\n',
    /^service "a": cannot read the seccomp profile \.\/nope\.json: ENOENT/,
  ],
  [
    'a fixed host port for several replicas',
    'services:\n  a: {image: x, scale: 2, ports: ["8080:80", "9090:90"]}\n',
    /^service "a" has 2 replicas and publishes host port 8080, .* it exposes 2 TCP ports \(80, 90\)$/,
  ],
]

describe('a stack that cannot be', () => {
  it.each(CASES)('is refused as configuration, on one line with its place: %s', async (_, yaml, message) => {
    const error = await failure({'compose.yaml': yaml})
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.exit).toBe(3)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
    expect(error.suggestions.join('')).not.toBe('')
  })

  it('is refused when the file of -f is missing, and never replaced by the bundled one', async () => {
    const error = await failure({'compose.yaml': 'services: {a: {image: x}}'}, {files: ['nope.yaml']})
    expect([error.exit, error.message]).toEqual([3, 'compose file ./nope.yaml does not exist'])
  })

  it('is refused when -f names a folder', async () => {
    const error = await failure({'folder/x': ''}, {files: ['folder']})
    expect([error.exit, error.message]).toEqual([3, expect.stringMatching(/^read \.\/folder: is a directory/)])
  })

  it('names all keys that are not honoured at once, each with its line', async () => {
    const yaml =
      'services:\n  a:\n    image: x\n    credential_spec: {file: f}\n  b:\n    image: x\n    deploy:\n      endpoint_mode: dnsrr\n'
    const error = await failure({'compose.yaml': yaml})
    expect(error).toBeInstanceOf(UnsupportedKeyError)
    expect(error.message).toBe(
      'services.a.credential_spec is not supported (./compose.yaml:4); services.b.deploy.endpoint_mode "dnsrr" is not supported (./compose.yaml:8)',
    )
  })

  it('names all wrong x-stackctl keys at once, with what is allowed', async () => {
    const yaml =
      'services:\n  web:\n    image: x\n    x-stackctl:\n      rute: {port: 1}\n      gate: {timeout: 30}\nx-stackctl: {conform: true}\n'
    const error = await failure({'compose.yaml': yaml})
    expect(error).toBeInstanceOf(UnsupportedKeyError)
    expect(error.message.split('; ')).toEqual([
      'unknown key x-stackctl.conform (allowed: confirm, hooks, releases, router, secrets) in ./compose.yaml:7',
      'services.web.x-stackctl.gate.timeout must be a duration such as 30s or 1m30s, not 30 in ./compose.yaml:6',
      'unknown key services.web.x-stackctl.rute (allowed: gate, job, route, soak) in ./compose.yaml:5',
    ])
  })

  it('is looked for in an included file as well', async () => {
    const error = await failure({
      'compose.yaml': 'include: [other/compose.yaml]\n',
      'other/compose.yaml': 'services:\n  a:\n    image: x\n    credential_spec: {file: f}\n',
    })
    expect(error.message).toBe('services.a.credential_spec is not supported (./other/compose.yaml:4)')
  })

  it('lists the environments there are when an unknown one is named', async () => {
    const error = await failure(
      {'compose.yaml': '', 'config/staging/.env': '', 'config/live/.env': ''},
      {environment: 'production'},
    )
    expect(error).toBeInstanceOf(UsageError)
    expect(error.exit).toBe(2)
    expect(error.message).toBe('unknown environment "production": no ./config/production/.env')
    expect(error.suggestions).toEqual([expect.stringMatching(/config: live, staging\.$/)])
  })
})

describe('a machine without a usable docker compose', () => {
  it('is told to install docker when there is none', async () => {
    const error = await failure({'compose.yaml': 'services: {a: {image: x}}'}, {env: {PATH: '/nonexistent'}})
    expect(error).toBeInstanceOf(UnreachableError)
    expect([error.exit, error.message]).toEqual([4, expect.stringMatching(/^docker was not found on the PATH/)])
  })

  it.each([
    ['2.25.1', /^docker compose 2\.25\.1 is too old: 2\.26\.0 or newer is needed$/],
    ['unknown command: docker compose', /^docker has no compose plugin/],
  ])('is told what to install when it answers %s', async (answer, message) => {
    const bin = projectFolder({docker: `#!/bin/sh\necho '${answer}'\n`})
    chmodSync(path.join(bin, 'docker'), 0o755)
    const error = await failure(
      {'compose.yaml': 'services: {a: {image: x}}'},
      {env: {PATH: `${bin}:${process.env.PATH ?? ''}`}},
    )
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toMatch(message)
    expect(error.suggestions.join('')).toContain('scripts/setup')
  })
})

it('loading ends at once, with the reason of the signal, when it is aborted', async () => {
  const cwd = projectFolder({'compose.yaml': 'services: {a: {image: x}}'})
  const reason = new Error('the user pressed Ctrl-C')
  const invocation = selectStack({files: [], cwd, env, bundledDirectory: '/nonexistent'})
  await expect(loadStack(invocation, {env, signal: AbortSignal.abort(reason)})).rejects.toBe(reason)
})

it('unset variables are warnings to a command that only shows the stack', async () => {
  const cwd = projectFolder({'compose.yaml': 'services: {a: {image: "x$TAG"}}'})
  const invocation = selectStack({files: [], cwd, env, bundledDirectory: '/nonexistent'})
  const stack = await loadStack(invocation, {env, allowUnset: true})
  expect(stack.warnings).toEqual(['The "TAG" variable is not set. Defaulting to a blank string.'])
})
