/** How long a start of the CLI takes, in terms of the bare runtime that it starts with. */
import {must, type Pair, sideBySide, STACKCTL} from '../command.js'

const ROUNDS = 15
const HERE = {cwd: '/', env: process.env}

export type StartUpReport = Readonly<Record<'--version' | 'status --help', Pair>>

export async function benchStartUp(): Promise<StartUpReport> {
  return {'--version': await start('--version'), 'status --help': await start('status', '--help')}
}

async function start(...args: string[]): Promise<Pair> {
  const ours = async (): Promise<number> => (await must([...STACKCTL, ...args], HERE)).ms
  const bare = async (): Promise<number> => (await must([process.execPath, '-e', '0'], HERE)).ms
  return sideBySide(ours, bare, ROUNDS)
}
