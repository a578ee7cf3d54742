/** `--git`: brings a checkout to what its upstream has, forward only, before anything of it is read. */
import type {Emit} from '../events.js'

import {ConfigError} from '../errors.js'

export interface GitUpdate {
  readonly branch: string
  /** Short commit ids; equal when there was nothing new. */
  readonly from: string
  readonly to: string
  readonly commits: number
}

export interface GitOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
  readonly signal: AbortSignal
}

const LISTED_FILES = 5

/**
 * Fetches and fast-forwards the work tree that the directory is in. Untracked files may lie around; changed ones may not.
 * Throws ConfigError (exit 3), having changed nothing, for anything that a fast-forward cannot do.
 */
export async function fastForward(directory: string, options: GitOptions): Promise<GitUpdate> {
  const git = gitIn(directory, options)
  await requireWorkTree(git, directory)
  const branch = await requireBranch(git, directory)
  await requireUpstream(git, branch)
  await requireClean(git, directory)
  await fetchUpstream(git, branch)
  const from = await commitOf(git, 'HEAD')
  const commits = await requireForward(git, branch)
  if (commits > 0) await mergeUpstream(git, branch)
  const update = {branch, from, to: await commitOf(git, 'HEAD'), commits}
  options.emit({type: 'notice', message: describe(update)})
  return update
}

/** `main: abc1234 → def5678, 3 commits`. */
function describe({branch, commits, from, to}: GitUpdate): string {
  if (commits === 0) return `${branch}: already up to date (${to})`
  return `${branch}: ${from} → ${to}, ${plural(commits, 'commit')}`
}

/** Set in git's own hooks, where a deploy may well be started; they mean another repository than this one. */
const ELSEWHERE = {GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined}

interface GitRun {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

type Git = (...args: string[]) => Promise<GitRun>

function gitIn(cwd: string, {env, signal}: GitOptions): Git {
  return async (...args) => {
    const {execa} = await import('execa')
    const {exitCode, failed, stderr, stdout} = await execa('git', args, {
      cwd,
      // Nobody is there to type a password. Messages are matched nowhere, but people read them: in one language.
      env: {...env, ...ELSEWHERE, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C'},
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      cancelSignal: signal,
    })
    signal.throwIfAborted()
    if (failed && exitCode === undefined) {
      throw new ConfigError('git cannot be run', {suggestions: ['install git, or deploy without --git']})
    }

    return {exitCode, stdout, stderr}
  }
}

async function requireWorkTree(git: Git, directory: string): Promise<void> {
  const {exitCode, stderr, stdout} = await git('rev-parse', '--is-inside-work-tree')
  if (exitCode === 0 && stdout === 'true') return
  // A checkout of another user is refused by git itself, and says how to allow it.
  const isForeign = stderr.includes('dubious ownership')
  throw new ConfigError(
    isForeign
      ? `git does not trust ${directory}: it belongs to another user`
      : `${directory} is not in a git work tree`,
    {
      suggestions: isForeign
        ? [`git config --global --add safe.directory ${directory}`]
        : ['clone the repository and deploy from there, or deploy without --git'],
    },
  )
}

async function requireBranch(git: Git, directory: string): Promise<string> {
  const {exitCode, stdout} = await git('symbolic-ref', '--quiet', '--short', 'HEAD')
  if (exitCode === 0) return stdout
  throw new ConfigError(`${directory} is on no branch (detached HEAD), so there is nothing to follow`, {
    suggestions: ['git switch <branch>', 'or deploy what is checked out: without --git'],
  })
}

async function requireUpstream(git: Git, branch: string): Promise<void> {
  const {exitCode} = await git('rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}')
  if (exitCode === 0) return
  // A branch whose upstream was never fetched, or is gone, has one in the configuration; the fetch decides.
  const configured = await git('config', '--get', `branch.${branch}.merge`)
  if (configured.exitCode === 0) return
  throw new ConfigError(`branch ${branch} has no upstream`, {
    suggestions: [`git branch --set-upstream-to=origin/${branch} ${branch}`],
  })
}

async function requireClean(git: Git, directory: string): Promise<void> {
  const {stdout} = await git('status', '--porcelain', '--untracked-files=no')
  const files = stdout.split('\n').filter(Boolean)
  if (files.length === 0) return
  const names = files.map((line) => line.replace(/^..\s/, '').trim())
  const listed = names.slice(0, LISTED_FILES).join(', ')
  const more = names.length > LISTED_FILES ? ` and ${names.length - LISTED_FILES} more` : ''
  throw new ConfigError(`${directory} has changes that are not committed: ${listed}${more}`, {
    suggestions: ['git stash, or commit them', 'or deploy what is there: without --git'],
    facts: {files: names},
  })
}

async function fetchUpstream(git: Git, branch: string): Promise<void> {
  const {exitCode, stderr} = await git('fetch', '--quiet')
  if (exitCode !== 0) {
    throw new ConfigError(`git fetch failed: ${reasonOf(stderr)}`, {
      suggestions: ['check the remote and the login: git fetch', 'or deploy what is there: without --git'],
    })
  }

  const upstream = await git('rev-parse', '--verify', '--quiet', '@{upstream}')
  if (upstream.exitCode === 0) return
  throw new ConfigError(`the upstream of branch ${branch} is gone from its remote`, {
    suggestions: ['git switch to a branch that is there', `git branch --set-upstream-to=origin/<branch> ${branch}`],
  })
}

/** Commits that the upstream is ahead. Own commits on top of it are fine, as they are to `git merge --ff-only`. */
async function requireForward(git: Git, branch: string): Promise<number> {
  const {stdout} = await git('rev-list', '--left-right', '--count', 'HEAD...@{upstream}')
  const [ahead = 0, behind = 0] = stdout.split(/\s+/).map(Number)
  if (ahead === 0 || behind === 0) return behind
  const counts = `${plural(ahead, 'commit')} here, ${plural(behind, 'commit')} there`
  throw new ConfigError(`branch ${branch} and its upstream have diverged: ${counts}`, {
    suggestions: ['git rebase @{upstream}, then git push', 'or deploy what is there: without --git'],
    facts: {ahead, behind},
  })
}

async function mergeUpstream(git: Git, branch: string): Promise<void> {
  const {exitCode, stderr} = await git('merge', '--ff-only', '--quiet', '@{upstream}')
  if (exitCode === 0) return
  // An untracked file that is in the way is the one thing that the checks before do not see.
  throw new ConfigError(`branch ${branch} cannot be brought forward: ${oneLine(stderr)}`, {
    suggestions: ['move the files out of the way and deploy again'],
  })
}

async function commitOf(git: Git, revision: string): Promise<string> {
  return (await git('rev-parse', '--short', revision)).stdout
}

/** git explains itself in several lines; the one that says what is wrong begins with `fatal:` or `error:`. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const reason = lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? 'git did not say why'
  // A login in the address of the remote is nobody's business.
  return oneLine(reason.replace(/^(?:fatal|error): /, '').replaceAll(/:\/\/[^\s/@]+@/g, '://'))
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
