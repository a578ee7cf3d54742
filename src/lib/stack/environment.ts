/**
 * Which files make the stack, and with which `--env-file`: from the command line to the arguments of docker compose.
 *
 * docker compose runs in `directory`: relative paths of COMPOSE_FILE resolve against its working directory (2.26).
 */
import {existsSync, statSync} from 'node:fs'
import path from 'node:path'

import {ConfigError, UsageError} from '../errors.js'
import {composeFileList, defaultFiles, findProject} from './compose-files.js'
import {chooseEnvironment, type Environment, listEnvironments, readDotEnv} from './environments.js'

export interface StackSelection {
  /** `-f`, as often as it was given. */
  readonly files: readonly string[]
  readonly projectDirectory?: string | undefined
  /** The ENV that was named: `production`. */
  readonly environment?: string | undefined
  /** `--profile`, as often as it was given. */
  readonly profiles?: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Path of the stack that stackctl brings along. */
  readonly bundledDirectory: string
}

export interface ComposeInvocation {
  /** The project directory; docker compose runs here. */
  readonly directory: string
  /** The files of the stack, absolute, as far as they are known without asking docker compose. */
  readonly files: readonly string[]
  readonly envFile?: string | undefined
  readonly environment?: string | undefined
  /** The stack that stackctl brings along is meant. */
  readonly bundled: boolean
  /** Global arguments of `docker compose`, before its subcommand. */
  readonly args: readonly string[]
}

/** The directory that the selection is about, found without reading a compose or env file. */
export function directoryOf(selection: StackSelection): string {
  const given = givenFiles(selection)
  return given.length > 0 ? placeOf(given, selection).directory : findPlace(selection).directory
}

/** Decides which compose files and which environment are meant. */
export function selectStack(selection: StackSelection): ComposeInvocation {
  const given = givenFiles(selection)
  const place = given.length > 0 ? placeOf(given, selection) : findPlace(selection)
  // Whoever names files or an env file says all there is to say: the convention of config/<env>/ stays out of it.
  const explicit = given.length > 0 || Boolean(selection.env.COMPOSE_ENV_FILES)
  const environment = chooseEnvironment(place.directory, selection.environment, {explicit})
  const files = given.length > 0 ? given : conventionalFiles(place, environment, selection)
  return {
    directory: place.directory,
    files: files.known,
    envFile: environment?.envFile,
    environment: environment?.name,
    bundled: place.bundled,
    args: composeArgs(selection, environment, files.passed),
  }
}

interface Place {
  readonly directory: string
  readonly bundled: boolean
}

interface FileChoice {
  readonly known: readonly string[]
  /** Files for `-f`; empty leaves the choice to docker compose. */
  readonly passed: readonly string[]
}

type GivenFiles = FileChoice & {readonly length: number}

/** `-f`, else COMPOSE_FILE of the shell: made absolute, because docker compose runs in another directory. */
function givenFiles(selection: StackSelection): GivenFiles {
  const {files, env, cwd} = selection
  const named = files.length > 0 ? files : composeFileList(env.COMPOSE_FILE ?? '', env)
  const absolute = named.map((file) => absoluteFile(file, cwd))
  return {known: absolute, passed: absolute, length: absolute.length}
}

function absoluteFile(file: string, cwd: string): string {
  if (file === '-') throw new UsageError('-f - (standard input) is not supported: name a compose file')
  if (isRemote(file)) return file
  const absolute = path.resolve(cwd, file)
  if (statSync(absolute, {throwIfNoEntry: false}) === undefined) {
    throw new ConfigError(`compose file ${absolute} does not exist`, {suggestions: ['Name an existing file with -f.']})
  }
  return absolute
}

/** docker compose fetches these itself: `oci://…`, `https://….git`, `git@host:…`. */
function isRemote(file: string): boolean {
  return /^(?:oci|https?|ssh|git):\/\//.test(file) || /^git@[^/]+:/.test(file)
}

function placeOf(given: GivenFiles, {projectDirectory, cwd}: StackSelection): Place {
  if (projectDirectory !== undefined) return {directory: existingDirectory(projectDirectory, cwd), bundled: false}
  const first = given.known[0] ?? cwd
  return {directory: isRemote(first) ? cwd : path.dirname(first), bundled: false}
}

/** The project of the current folder or its parents, else the bundled stack. */
function findPlace({projectDirectory, cwd, bundledDirectory, env}: StackSelection): Place {
  if (projectDirectory !== undefined) {
    const directory = existingDirectory(projectDirectory, cwd)
    // An env file may name the compose files, so only a folder that says nothing at all is refused here.
    if (defaultFiles(directory).length > 0 || saysFiles(directory, env)) return {directory, bundled: false}
    throw new ConfigError(`no compose file in ${directory}`, {
      suggestions: ['Create compose.yaml there or name the files with -f.'],
    })
  }

  const found = findProject(cwd)
  if (found !== undefined) return {directory: found, bundled: found === path.resolve(bundledDirectory)}
  return {directory: path.resolve(bundledDirectory), bundled: true}
}

function saysFiles(directory: string, env: StackSelection['env']): boolean {
  return (
    Boolean(env.COMPOSE_ENV_FILES) || existsSync(path.join(directory, '.env')) || listEnvironments(directory).length > 0
  )
}

function existingDirectory(directory: string, cwd: string): string {
  const absolute = path.resolve(cwd, directory)
  if (statSync(absolute, {throwIfNoEntry: false})?.isDirectory()) return absolute
  throw new ConfigError(`project directory ${absolute} does not exist`, {suggestions: ['Check --project-directory.']})
}

/** The files when none were given: COMPOSE_FILE of the env file, else the default file and the overlay of the environment. */
function conventionalFiles(place: Place, environment: Environment | undefined, selection: StackSelection): FileChoice {
  const {directory} = place
  const fromFile = environment?.variables ?? readDotEnv(path.join(directory, '.env'))
  const listed = composeFileList(fromFile.COMPOSE_FILE ?? '', {...fromFile, ...definedOnly(selection.env)})
  if (listed.length > 0) return {known: listed.map((file) => path.resolve(directory, file)), passed: []}
  const files = defaultFiles(directory)
  if (environment?.overlay === undefined) return {known: files, passed: []}
  const all = [...files, environment.overlay]
  return {known: all, passed: all}
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function composeArgs(
  selection: StackSelection,
  environment: Environment | undefined,
  files: readonly string[],
): string[] {
  const directory = selection.projectDirectory
  return [
    ...(directory === undefined ? [] : ['--project-directory', path.resolve(selection.cwd, directory)]),
    ...(environment?.envFile === undefined ? [] : ['--env-file', environment.envFile]),
    ...(selection.profiles ?? []).flatMap((profile) => ['--profile', profile]),
    ...files.flatMap((file) => ['-f', file]),
  ]
}
