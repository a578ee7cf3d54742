/** The releases of a stack as the ledger has them: all, one, and what differs between two. Reads only. */
import type {Engine} from '../engine/engine.js'
import type {ReleaseRecord} from '../release/record.js'
import type {ComposeProject} from '../stack/compose-types.js'

import {UsageError} from '../errors.js'
import {diffReleases, type KeptRelease, type ReleaseDiff} from '../release/diff.js'
import {changesOf, currentRelease, type ServiceChanges} from '../release/history.js'
import {Ledger} from '../release/ledger.js'
import {projectSecrets, redactedProject} from '../stack/redact.js'

/** Where the ledger is, and who is told of records that cannot be read and of values that must not be shown. */
export interface LedgerSource {
  readonly engine: Engine
  readonly project: string
  readonly note: (message: string) => void
  readonly protect: (values: readonly string[]) => void
}

export interface ReleaseSummary extends Omit<ReleaseRecord, 'project' | 'schema' | 'services'> {
  readonly current: boolean
  /** Services that differ from the release before; undefined when that one is no longer kept. */
  readonly changes: ServiceChanges | undefined
}

export interface ReleaseList {
  readonly project: string
  /** The release that serves. */
  readonly current: number | undefined
  /** Newest first. */
  readonly releases: readonly ReleaseSummary[]
}

export interface ReleaseDetails extends ReleaseSummary {
  readonly project: string
  readonly services: ReleaseRecord['services']
  /** The resolved configuration without secrets; only when asked for. */
  readonly config?: ComposeProject
}

export interface ReleaseComparison extends ReleaseDiff {
  readonly project: string
  readonly from: number
  readonly to: number
}

export async function listReleases(source: LedgerSource): Promise<ReleaseList> {
  const records = await recordsOf(source)
  return {
    project: source.project,
    current: currentRelease(records)?.release,
    releases: records.toReversed().map((record) => summaryOf(record, records)),
  }
}

/** Throws UsageError for a release that is not kept. */
export async function showRelease(
  source: LedgerSource,
  release: string,
  options: {readonly config: boolean},
): Promise<ReleaseDetails> {
  const records = await recordsOf(source)
  const record = recordNamed(release, records)
  const {project, services} = record
  const details = {project, ...summaryOf(record, records), services}
  return options.config ? {...details, config: await configOf(source, record)} : details
}

/** Throws UsageError for a release that is not kept. */
export async function compareReleases(
  source: LedgerSource,
  {from, to}: {readonly from: string; readonly to: string},
): Promise<ReleaseComparison> {
  const records = await recordsOf(source)
  const pair = [recordNamed(from, records), recordNamed(to, records)] as const
  const [left, right] = [await keptRelease(source, pair[0]), await keptRelease(source, pair[1])]
  const {project} = source
  return {project, from: pair[0].release, to: pair[1].release, ...diffReleases(left, right)}
}

async function recordsOf({engine, project, note}: LedgerSource): Promise<readonly ReleaseRecord[]> {
  return new Ledger(engine, project, ({message}) => note(message)).list()
}

function summaryOf(record: ReleaseRecord, records: readonly ReleaseRecord[]): ReleaseSummary {
  const {project: _project, schema: _schema, services: _services, ...readable} = record
  return {
    ...readable,
    current: currentRelease(records)?.release === record.release,
    changes: changesOf(record, records),
  }
}

/** `7` or `r7`, as status shows it. */
function recordNamed(name: string, records: readonly ReleaseRecord[]): ReleaseRecord {
  const number = /^r?(?<number>\d+)$/.exec(name)?.groups?.number
  const found = records.find(({release}) => release === Number(number))
  if (number !== undefined && found !== undefined) return found
  const known = records.map(({release}) => release).join(', ')
  throw new UsageError(number === undefined ? `"${name}" is not a release` : `release ${number} is not in the ledger`, {
    suggestions: [known === '' ? 'There is none yet: stackctl deploy makes the first' : `Releases: ${known}`],
  })
}

async function keptRelease(source: LedgerSource, record: ReleaseRecord): Promise<KeptRelease> {
  const snapshot = await new Ledger(source.engine, source.project).snapshot(record.release)
  if (snapshot !== undefined) source.protect(projectSecrets(snapshot.compose))
  return {record, snapshot}
}

/** What the secrets of that release contained is unspeakable too: it may stand in a command or a label. */
async function configOf(source: LedgerSource, record: ReleaseRecord): Promise<ComposeProject> {
  const {snapshot} = await keptRelease(source, record)
  if (snapshot === undefined) {
    throw new UsageError(`the configuration of release ${record.release} is not kept`, {
      suggestions: [`Without it: stackctl releases show ${record.release}`],
    })
  }

  const ledger = new Ledger(source.engine, source.project)
  const files = Object.values(record.services).flatMap((service) => Object.entries(service.files))
  const paths = files.filter(([name]) => name.startsWith('secret:')).map(([, {path}]) => path)
  const contents = await Promise.all([...new Set(paths)].map((path) => ledger.content(path)))
  const values = [
    ...projectSecrets(snapshot.compose),
    ...contents.flatMap((content) => content?.toString('utf8') ?? []),
  ]
  source.protect(values)
  return redactedProject(snapshot.compose, values)
}
