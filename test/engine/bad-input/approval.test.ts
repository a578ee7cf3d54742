import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {runCli} from '../../support/cli.js'
import {expectRefused, openServingStack, type ServingStack} from './serving-stack.js'

let stack: ServingStack

beforeAll(async () => {
  stack = await openServingStack('badask')
})

afterAll(async () => stack.remove())

const GOOD = 'pN7vX2qLr9TzKw4BfHs8YcJd'
const service = 'app: {image: stackctl/node:24, init: true, command: [sleep, "7"]'

describe('a stack that asks before it is deployed', () => {
  it('is not deployed where nobody can be asked', async () => {
    const cwd = await stack.project({
      'compose.yaml': `name: PROJECT\nservices:\n  ${service}}\nx-stackctl: {confirm: true}\n`,
    })
    const refusal = {
      args: ['deploy'],
      exit: 9,
      code: 'E_DECLINED',
      message: /no terminal to ask on: Deploy release 2 of/,
      remedy: /--yes/,
    }
    await expectRefused(stack, refusal, {cwd})
  })

  it('is not taken down where nobody can be asked, by `yes` on stdin neither', async () => {
    const cwd = await stack.project({'compose.yaml': `name: PROJECT\nservices:\n  ${service}}\n`})
    const refusal = {exit: 9, code: 'E_DECLINED', message: /no terminal to ask on: Take \S+ down\?/, remedy: /--yes/}
    await expectRefused(stack, {...refusal, args: ['down']}, {cwd, input: 'y\n'})
    await expectRefused(stack, {...refusal, args: ['down', '--volumes']}, {cwd})
  })
})

describe('strict secrets', () => {
  const files = {
    'compose.yaml': `name: PROJECT\nservices:\n  ${service}, secrets: [gone, open, weak, good]}\nsecrets:\n  gone: {file: ./config/production/secrets/gone}\n  open: {file: ./config/production/secrets/open}\n  weak: {file: ./config/production/secrets/weak}\n  good: {file: ./config/production/secrets/good}\nx-stackctl: {secrets: {strict: true}}\n`,
    'config/production/.env': '',
    'config/production/secrets/open': 'changeme',
    'config/production/secrets/weak': 'abc123',
    'config/production/secrets/good': GOOD,
  }

  it('name each that is missing, a default or weak, and no value', async () => {
    const cwd = await stack.project(files)
    const message =
      /gone: missing \(config\/production\/secrets\/gone\);.*open: .*default.*\(config\/production\/secrets\/open\);.*weak: .*\(config\/production\/secrets\/weak\)/
    const refusal = {
      args: ['deploy', 'production'],
      exit: 3,
      code: 'E_SECRETS',
      message,
      remedy: /stackctl secrets generate production/,
    }
    await expectRefused(stack, refusal, {cwd})
    const {stderr, stdout} = await runCli(['deploy', 'production', '--json'], {cwd})
    for (const value of ['changeme', 'abc123', GOOD]) expect(stdout + stderr).not.toContain(value)
  })
})

describe('what stands on stdin', () => {
  it('is never taken for an argument', async () => {
    const cwd = await stack.project({'compose.yaml': `name: PROJECT\nservices:\n  ${service}}\n`})
    for (const args of [['status'], ['plan'], ['logs', '--tail', '1']]) {
      expect(await runCli(args, {cwd, input: 'production\n'}), args.join(' ')).toMatchObject({exitCode: 0})
    }
  })
})
