/** Keeps the ledger true while a release is made: its record and snapshot before anything changes, every step, and the end. */
import {createHash} from 'node:crypto'
import {hostname, userInfo} from 'node:os'

import type {Site} from '../execute/site.js'
import type {Plan} from '../plan/plan.js'
import type {JournalEntry, ReleaseRecord, ReleaseResult, ReleaseService} from '../release/record.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {StackError} from '../errors.js'
import {storedPaths} from '../execute/perform-files.js'
import {unfinishedRelease} from '../plan/history.js'
import {currentRelease} from '../release/history.js'
import {Journal} from '../release/journal.js'
import {Ledger} from '../release/ledger.js'
import {canonicalJson} from '../stack/canonical.js'
import {servingRelease} from './explain.js'
import {wantedReplicas} from './facts.js'
import {mergeResolved} from './merge-release.js'
import {type Entry, journalEntries} from './write-ahead.js'

export interface ReleaseRunRequest {
  readonly surroundings: Surroundings
  readonly facts: DeployFacts
  readonly plan: Plan
  readonly site: Site
  readonly command: string
  readonly rollbackOf?: number | undefined
}

export class ReleaseRun {
  readonly #request: ReleaseRunRequest
  readonly #ledger: Ledger
  readonly #journal: Journal
  readonly #begun = new Set<string>()
  readonly #entryOf: (step: string) => Entry
  /** Begins that are written, or on their way, by step. */
  readonly #starts = new Map<string, Promise<unknown>>()
  readonly #done = new Set<string>()
  #record: ReleaseRecord
  #hasImages = false

  /** Writes the record and the snapshot: from here on a run that is killed can be found again. */
  static async begin(request: ReleaseRunRequest): Promise<ReleaseRun> {
    const {history} = request.facts
    const run = new ReleaseRun(request, await firstRecord(request))
    const unfinished = unfinishedRelease(history)
    if (unfinished && unfinished.release !== request.plan.release)
      await run.#ledger.write({...unfinished, result: 'superseded', finishedAt: now()})
    await run.#writeSnapshot()
    if (request.plan.steps.some(({id}) => isImageStep(id))) await run.#ledger.write(run.#record)
    else await run.#writeImages()
    return run
  }

  private constructor(request: ReleaseRunRequest, record: ReleaseRecord) {
    const {engine} = request.surroundings
    this.#request = request
    this.#record = record
    this.#entryOf = journalEntries(request.plan)
    this.#ledger = new Ledger(engine, record.project)
    this.#journal = new Journal(engine, record.project, record.release)
  }

  get record(): ReleaseRecord {
    return this.#record
  }

  /** What was replaced is being removed: there is nothing to go back to any more. */
  get isPastReturn(): boolean {
    return this.#request.plan.steps.some(({id, undoWhen}) => undoWhen === 'never' && this.#begun.has(id))
  }

  /** For the executor: called before each step begins and after it has ended. */
  readonly journal = async (entry: Pick<JournalEntry, 'step' | 'state'>): Promise<void> => {
    if (entry.state === 'started') this.#begun.add(entry.step)
    else if (entry.state === 'done') this.#done.add(entry.step)
    // Once its images are there a release can be taken up again without the files.
    if (!this.#hasImages && entry.state === 'started' && !isImageStep(entry.step)) await this.#writeImages()
    if (entry.state === 'started') await this.#writeStart(entry.step)
    else this.#journal.note({at: now(), ...entry})
  }

  /** Nothing to wait for where it was written along with an earlier step. */
  async #writeStart(step: string): Promise<void> {
    const {awaited, together} = this.#entryOf(step)
    if (!awaited && !this.#starts.has(step)) return this.#journal.note({at: now(), step, state: 'started'})
    if (!this.#starts.has(step)) this.#writeTogether(together)
    await this.#starts.get(step)
  }

  #writeTogether(steps: readonly string[]): void {
    const written = Promise.all(steps.map((step) => this.#journal.append({at: now(), step, state: 'started'})))
    // Each of the steps asks for itself; one that never comes to its turn does not.
    written.catch(() => {})
    for (const step of steps) this.#starts.set(step, written)
  }

  /** How it ended. `stable` only when it passed its monitor window with every replica. */
  async end(result: ReleaseResult, facts: {startedAt: number; stable: boolean; error?: unknown}): Promise<void> {
    const {error} = facts
    if (result === 'deployed') await this.#describeServices()
    this.#record = {
      ...this.#record,
      result,
      stable: facts.stable,
      finishedAt: now(),
      durationMs: Math.round(performance.now() - facts.startedAt),
      migrated: [...new Set([...this.#record.migrated, ...this.#migrated()])],
      error:
        error instanceof Error
          ? {code: error instanceof StackError ? error.code : 'E_BUG', message: error.message}
          : undefined,
    }
    await this.#journal.flush()
    await this.#ledger.write(this.#request.surroundings.redact(this.#record))
  }

  async #writeSnapshot(): Promise<void> {
    const {facts, plan} = this.#request
    const base = currentRelease(facts.history)
    const previous = base && (await this.#ledger.snapshot(base.release))
    const resolved = mergeResolved(facts.resolved, previous, selectedServices(plan))
    const hashes = Object.fromEntries(await facts.composeHashes())
    await this.#ledger.writeSnapshot(plan.release, {
      schema: 'stackctl.release-snapshot.v1',
      ...resolved,
      composeHashes: {...previous?.composeHashes, ...hashes},
    })
  }

  async #writeImages(): Promise<void> {
    this.#hasImages = true
    await this.#describeServices()
    await this.#ledger.write(this.#record)
  }

  /** The services as they are by now: their images have ids. */
  async #describeServices(): Promise<void> {
    const {facts, plan, site} = this.#request
    const selected = selectedServices(plan)
    const described = await Promise.all(
      [...facts.desired.services.keys()]
        .filter((name) => selected.has(name))
        .map(async (name) => [name, await describeService(site, name)] as const),
    )
    this.#record = {...this.#record, services: {...this.#record.services, ...Object.fromEntries(described)}}
  }

  #migrated(): string[] {
    return this.#request.plan.steps
      .filter(({id, operation}) => operation.kind === 'run-job' && this.#done.has(id))
      .flatMap(({service}) => service ?? [])
  }
}

function isImageStep(id: string): boolean {
  return id.startsWith('image/')
}

/** Services that the plan looked at; the others stay as the release before had them. */
function selectedServices(plan: Plan): ReadonlySet<string> {
  return new Set(plan.changes.map((change) => change.service))
}

async function firstRecord({command, facts, plan, rollbackOf, site}: ReleaseRunRequest): Promise<ReleaseRecord> {
  const {desired, history} = facts
  const resumed = history.find(({release}) => release === plan.release)
  const previous = currentRelease(history)
  const selected = selectedServices(plan)
  const services = [...desired.services.values()].map(({service: {name}}) => {
    const kept = selected.has(name) ? undefined : previous?.services[name]
    return [name, kept ?? planned(site, name)] as const
  })
  return {
    schema: 'stackctl.release-record.v1',
    project: plan.project,
    environment: desired.stack.environment,
    release: plan.release,
    command: resumed?.command ?? command,
    by: {user: userInfo().username, host: hostname()},
    startedAt: resumed?.startedAt ?? now(),
    result: 'running',
    stable: false,
    from: resumed ? resumed.from : servingRelease(facts) || undefined,
    rollbackOf: resumed?.rollbackOf ?? rollbackOf,
    finishedAt: undefined,
    durationMs: undefined,
    error: undefined,
    migrated: resumed?.migrated ?? [],
    services: Object.fromEntries(services),
  }
}

/** Before its image is there. */
function planned(site: Site, name: string): ReleaseService {
  const {configHash, fileDigests, image, service} = site.desiredOf(name)
  const paths = storedPaths(site, name)
  return {
    configHash,
    image: {reference: image.reference, identity: image.identity, id: image.id, digests: []},
    replicas: wantedReplicas(service),
    job: service.job !== undefined,
    environmentHash: hashOf(service.compose.environment ?? {}),
    files: Object.fromEntries(
      Object.entries(fileDigests).map(([key, sha256]) => [key, {sha256, path: paths[key] ?? ''}]),
    ),
  }
}

async function describeService(site: Site, name: string): Promise<ReleaseService> {
  const service = planned(site, name)
  const facts = await site.engine.inspectImage(site.knownImageId(name) ?? service.image.reference)
  if (facts === undefined) return service
  const {reference, identity} = service.image
  const isPulled = !identity.startsWith('build:')
  return {
    ...service,
    configHash: await site.configHashOf(name),
    image: {reference, identity: isPulled ? facts.id : identity, id: facts.id, digests: facts.digests},
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

function now(): string {
  return new Date().toISOString()
}
