/** Collects the facts, side by side, and has them judged. */
import type {Engine} from '../engine/engine.js'
import type {Stack} from '../stack/model.js'
import type {Check} from './check.js'
import type {DiskFacts, DoctorFacts, EngineFacts, ImageNeed, PortFacts, StackFacts} from './facts.js'

import {EXIT, StackError} from '../errors.js'
import {checkSecrets} from '../secrets/check.js'
import {freeSpace} from './disk.js'
import {judgeHost} from './judge-host.js'
import {judgeStack} from './judge-stack.js'
import {neededImages, publishedPorts, sumOfLimits} from './needs.js'
import {holderOf} from './ports.js'
import {type DockerCli, hostCapacity, pluginVersion} from './tools.js'

export interface Patient {
  readonly connect: () => Promise<Engine>
  readonly loadStack: () => Promise<Stack>
  readonly cli: DockerCli
  readonly now: () => Date
}

export interface Diagnosis {
  readonly isEngineAnswering: boolean
  readonly checks: readonly Check[]
}

/** Never throws for what it examines: what is broken is a check with the verdict "problem". */
export async function examine(patient: Patient): Promise<Diagnosis> {
  const facts = await collectFacts(patient)
  // An interrupted child process looks like a broken tool.
  patient.cli.signal.throwIfAborted()
  return {isEngineAnswering: facts.engine.answers, checks: [...judgeHost(facts), ...judgeStack(facts)]}
}

async function collectFacts(patient: Patient): Promise<DoctorFacts> {
  const {cli} = patient
  const connecting = attempt(patient.connect)
  const [engine, composeVersion, buildxVersion, stack] = await Promise.all([
    connecting,
    pluginVersion('compose', cli),
    pluginVersion('buildx', cli),
    attempt(patient.loadStack),
  ])
  const reachable = 'value' in engine ? engine.value : undefined
  const [engineFacts, capacity, disk, stackFacts] = await Promise.all([
    reachable ? lookAtEngine(reachable, patient.now) : refusal(engine),
    reachable ? hostCapacity(cli) : undefined,
    reachable ? lookAtDisk(reachable).catch(() => undefined) : undefined,
    'value' in stack
      ? lookAtStack(stack.value, reachable, cli.env)
      : {isLoaded: false as const, ...complaint(stack.error)},
  ])
  return {
    nodeVersion: process.versions.node,
    engine: engineFacts,
    composeVersion,
    buildxVersion,
    capacity,
    disk,
    stack: stackFacts,
  }
}

type Attempt<T> = {readonly value: T} | {readonly error: StackError}

/** Expected errors are facts here; a wrong word on the command line, and bugs, go on. */
async function attempt<T>(action: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return {value: await action()}
  } catch (error) {
    if (error instanceof StackError && error.exit !== EXIT.usage) return {error}
    throw error
  }
}

function refusal(engine: Attempt<Engine>): EngineFacts {
  const {message, suggestions} = 'error' in engine ? complaint(engine.error) : {message: '', suggestions: []}
  return {answers: false, message, suggestions}
}

function complaint({message, suggestions}: StackError): {message: string; suggestions: readonly string[]} {
  return {message, suggestions}
}

async function lookAtEngine(engine: Engine, now: () => Date): Promise<EngineFacts> {
  const askedAt = now().getTime()
  const info = await engine.info()
  const answeredAt = now().getTime()
  const clockAheadMs = info.time.getTime() - (askedAt + answeredAt) / 2
  return {answers: true, address: engine.address, info, clockAheadMs}
}

async function lookAtDisk(engine: Engine): Promise<DiskFacts> {
  const [{dataRoot}, {imagesBytes, volumesBytes, buildCacheBytes}] = await Promise.all([
    engine.info(),
    engine.diskUsage(),
  ])
  return {
    free: isLocal(engine) ? await freeSpace(dataRoot) : undefined,
    usedBytes: {images: imagesBytes, volumes: volumesBytes, buildCache: buildCacheBytes},
  }
}

function isLocal({address}: Engine): boolean {
  return address.startsWith('unix:')
}

async function lookAtStack(stack: Stack, engine: Engine | undefined, env: DockerCli['env']): Promise<StackFacts> {
  const [ports, images, secrets] = await Promise.all([
    lookAtPorts(stack, engine),
    lookAtImages(stack, engine),
    checkSecrets(stack, {env}),
  ])
  return {
    isLoaded: true,
    project: stack.project,
    environment: stack.environment,
    ports,
    images,
    bakes: stack.services.flatMap(({name, build}) =>
      build?.needsBake === undefined ? [] : [{service: name, reason: build.needsBake}],
    ),
    limits: sumOfLimits(stack),
    secrets,
    areSecretsStrict: stack.settings.secrets.strict,
  }
}

async function lookAtPorts(stack: Stack, engine: Engine | undefined): Promise<PortFacts[]> {
  if (engine === undefined) return []
  const containers = await engine.listContainers([])
  const surroundings = {project: stack.project, containers, isLocal: isLocal(engine)}
  return Promise.all(publishedPorts(stack).map(async (port) => ({...port, holder: await holderOf(port, surroundings)})))
}

async function lookAtImages(stack: Stack, engine: Engine | undefined): Promise<ImageNeed[]> {
  if (engine === undefined) return []
  const needs = await neededImages(stack)
  return Promise.all(
    needs.map(async (need) => ({...need, isPresent: (await engine.inspectImage(need.reference)) !== undefined})),
  )
}
