/**
 * Measures stackctl against docker compose on this machine, in one run: `npm run bench`. Quote the ratios, not the times.
 * The targets stand in docs/architecture.md.
 */
import type {LoadReport} from '../test/support/load.js'

import {startLoad} from '../test/support/load.js'
import {openSandbox, type Sandbox} from '../test/support/sandbox.js'
import {sideBySide, time} from './clock.js'
import {CLI, writeStack} from './stack.js'

const STACKCTL = [process.execPath, CLI]
const say = (line: string): boolean => process.stdout.write(`${line}\n`)

await startUp()
await nothingToDo()
await updates()

async function startUp(): Promise<void> {
  const {oneMs, otherMs, ratio} = await sideBySide([...STACKCTL, '--version'], [process.execPath, '-e', '0'], {
    cwd: '/',
    runs: 9,
  })
  say(
    `--version             stackctl ${round(oneMs)} ms, node -e 0 ${round(otherMs)} ms, ratio ${ratio.toFixed(1)} (target ≤ 4)`,
  )
}

async function nothingToDo(): Promise<void> {
  await inSandbox(async (sandbox) => {
    const cwd = await writeStack(sandbox, 'one')
    await must(time([...STACKCTL, 'deploy'], {cwd}))
    const ours = await sideBySide([...STACKCTL, 'deploy'], [...STACKCTL, 'plan'], {cwd, runs: 5})
    await must(time([...STACKCTL, 'down', '--volumes', '--yes'], {cwd}))
    await must(time(['docker', 'compose', 'up', '-d', '--wait'], {cwd}))
    const theirs = await sideBySide(['docker', 'compose', 'up', '-d'], ['docker', 'compose', 'config'], {cwd, runs: 5})
    await must(time(['docker', 'compose', 'down', '-v', '-t', '1'], {cwd}))
    say(
      `nothing to do         stackctl ${round(ours.oneMs)} ms, docker compose up ${round(theirs.oneMs)} ms, ratio ${(ours.oneMs / theirs.oneMs).toFixed(1)} (target ≤ 3)`,
    )
  })
}

async function updates(): Promise<void> {
  await inSandbox(async (sandbox) => {
    const cwd = await writeStack(sandbox, 'one')
    await must(time([...STACKCTL, 'deploy'], {cwd}))
    const update = await underLoad(sandbox, cwd, {version: 'two', argv: [...STACKCTL, 'deploy']})
    sayUpdate('update, stackctl', update)
    const broken = await underLoad(sandbox, cwd, {version: 'broken', argv: [...STACKCTL, 'deploy']})
    sayUpdate('bad image, stackctl', broken)
    await must(time([...STACKCTL, 'down', '--volumes', '--yes'], {cwd}))
    await writeStack(sandbox, 'one')
    await must(time(['docker', 'compose', 'up', '-d', '--build', '--wait'], {cwd}))
    const theirs = await underLoad(sandbox, cwd, {
      version: 'two',
      argv: ['docker', 'compose', 'up', '-d', '--build', '--wait'],
    })
    sayUpdate('update, compose', theirs)
    say(`update, time          ratio ${(update.ms / theirs.ms).toFixed(2)} (target ≤ 0.8)`)
    await must(time(['docker', 'compose', 'down', '-v', '-t', '1'], {cwd}))
  })
}

interface Update {
  readonly ms: number
  readonly exitCode: number
  readonly load: LoadReport
}

/** 16 connections of GET and POST and a request of 2 s always in flight, from inside the stack's network. */
async function underLoad(
  sandbox: Sandbox,
  cwd: string,
  update: {version: string; argv: readonly string[]},
): Promise<Update> {
  const load = await startLoad(sandbox, {
    url: 'http://app:3000/',
    connections: 16,
    slowMs: 2000,
    network: `${sandbox.id}_default`,
  })
  await load.warm()
  await writeStack(sandbox, update.version)
  const {exitCode, ms} = await time(update.argv, {cwd})
  return {exitCode, ms, load: await load.stop()}
}

function sayUpdate(what: string, {exitCode, load, ms}: Update): void {
  const failures = load.failed === 0 ? '' : ` ${JSON.stringify(load.failures)}`
  say(
    `${what.padEnd(21)} exit ${exitCode}, ${(ms / 1000).toFixed(1)} s, ${load.failed} of ${load.ok + load.failed} failed${failures}, worst ${round(load.worstMs)} ms`,
  )
}

async function inSandbox(work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await openSandbox('bench')
  try {
    await work(sandbox)
  } finally {
    await sandbox.remove()
  }
}

async function must(run: Promise<{exitCode: number}>): Promise<void> {
  const {exitCode} = await run
  if (exitCode !== 0) throw new Error(`a step of the bench failed with exit code ${exitCode}`)
}

function round(ms: number): number {
  return Math.round(ms)
}
