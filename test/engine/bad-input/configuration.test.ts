import {afterAll, beforeAll, describe, it} from 'vitest'

import {expectRefused, openServingStack, type Refusal, type ServingStack} from './serving-stack.js'

const APP = 'app: {image: stackctl/node:24, init: true, command: [sleep, infinity]}'
let stack: ServingStack

beforeAll(async () => {
  stack = await openServingStack('badcfg')
})

afterAll(async () => stack.remove())

const deploy = (...more: string[]): string[] => ['deploy', ...more]
const config = (message: RegExp, remedy: RegExp): Omit<Refusal, 'args'> => ({
  exit: 3,
  code: 'E_CONFIG',
  message,
  remedy,
})

const CASES: readonly [what: string, files: Record<string, string>, refusal: Refusal][] = [
  [
    'a compose file that does not exist',
    {'other.yaml': 'services: {}'},
    {args: deploy('-f', 'absent.yaml'), ...config(/^compose file \S*absent\.yaml does not exist$/, /--file|-f|path/i)},
  ],
  [
    'a malformed compose file',
    {'compose.yaml': 'name: PROJECT\nservices:\n  app:\n   image: a\n  bad: [\n'},
    {args: deploy(), ...config(/^malformed YAML: .*compose\.yaml:5\)$/, /\S/)},
  ],
  [
    'an unknown compose key',
    {'compose.yaml': 'name: PROJECT\nservices:\n  app:\n    image: stackctl/node:24\n    volums: [data]\n'},
    {
      args: deploy(),
      ...config(/^unknown key services\.app\.volums in \S*compose\.yaml:5$/, /volumes|spelling|Correct|Remove/),
    },
  ],
  [
    'an unknown key of x-stackctl',
    {'compose.yaml': `name: PROJECT\nservices:\n  ${APP}\nx-stackctl: {conform: true}\n`},
    {
      args: deploy(),
      exit: 3,
      code: 'E_UNSUPPORTED_KEY',
      message: /^unknown key x-stackctl\.conform .*compose\.yaml:4$/,
      remedy: /x-stackctl/,
    },
  ],
  [
    'a variable that is not set',
    {
      'compose.yaml':
        'name: PROJECT\nservices:\n  app:\n    image: stackctl/node:24\n    environment:\n      TOKEN: ${TOKEN_OF_APP}\n',
    },
    {args: deploy(), ...config(/TOKEN_OF_APP.*compose\.yaml:6/, /TOKEN_OF_APP|\.env|default/)},
  ],
  [
    'a circle of dependencies',
    {
      'compose.yaml':
        'name: PROJECT\nservices:\n  app: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [app]}\n',
    },
    {args: deploy(), ...config(/circle: app -> b -> app .*compose\.yaml:3/, /depends_on/)},
  ],
  [
    'an unknown service',
    {'compose.yaml': `name: PROJECT\nservices:\n  ${APP}\n`},
    {
      args: deploy('--service', 'ap'),
      exit: 2,
      code: 'E_USAGE',
      message: /^unknown service: ap$/,
      remedy: /services of this stack: app/,
    },
  ],
  [
    'an unknown environment',
    {'compose.yaml': `name: PROJECT\nservices:\n  ${APP}\n`, 'config/staging/.env': 'A=1\n'},
    {
      args: deploy('production'),
      exit: 2,
      code: 'E_USAGE',
      message: /^unknown environment "production": no \S*config\/production\/\.env$/,
      remedy: /staging/,
    },
  ],
  [
    'a secret whose file is missing',
    {
      'compose.yaml':
        'name: PROJECT\nservices:\n  app: {image: stackctl/node:24, secrets: [token]}\nsecrets: {token: {file: ./secrets/token}}\n',
    },
    {
      args: deploy(),
      exit: 3,
      code: 'E_SECRETS',
      message: /token: missing \(secrets\/token\)/,
      remedy: /stackctl secrets generate/,
    },
  ],
  [
    'a config whose file is missing',
    {
      'compose.yaml':
        'name: PROJECT\nservices:\n  app: {image: stackctl/node:24, configs: [settings]}\nconfigs: {settings: {file: ./settings.toml}}\n',
    },
    {args: deploy(), ...config(/settings.*settings\.toml/, /configs\.settings\.file/)},
  ],
  [
    'a hook that fails',
    {
      'compose.yaml': `name: PROJECT\nservices:\n  ${APP}\nx-stackctl: {hooks: {pre-build: [[sh, -c, "echo no compiler; exit 3"]]}}\n`,
    },
    {args: deploy(), ...config(/pre-build hook "sh -c .*" exited with code 3/, /x-stackctl\.hooks\.pre-build/)},
  ],
]

describe('bad configuration is one line with its place and a remedy, and nothing changes at the engine', () => {
  it.each(CASES)('%s', async (_, files, refusal) => {
    const cwd = await stack.project(files)
    await expectRefused(stack, refusal, {cwd})
    // What would be refused by a deploy is refused by a plan in the same words.
    await expectRefused(stack, {...refusal, args: ['plan', ...refusal.args.slice(1)]}, {cwd})
  })
})
