/** Releases as text. Pure. */
import type {Names, ServiceDiff} from '../release/diff.js'
import type {ServiceChanges} from '../release/history.js'
import type {ReleaseComparison, ReleaseDetails, ReleaseList, ReleaseSummary} from './releases.js'

import {formatAge, formatDuration} from '../progress/duration.js'
import {formatNarrowTable, formatTable} from '../table.js'

const WIDTH = 80

export function formatReleases({project, current, releases}: ReleaseList, now: Date): string {
  if (releases.length === 0) return `${project}: no releases yet`
  const serving = current === undefined ? 'none serves' : `release ${current} serves`
  const head = ['RELEASE', 'RESULT', 'STABLE', 'AGE', 'TOOK', 'BY', 'COMMAND', 'CHANGED']
  const rows = releases.map((release) => [
    `${release.current ? '*' : ' '} ${release.release}`,
    release.result,
    release.stable ? 'yes' : '-',
    formatAge(now.getTime() - Date.parse(release.startedAt)),
    release.durationMs === undefined ? '-' : formatDuration(release.durationMs),
    release.by.user,
    release.command,
    whatChanged(release),
  ])
  return [`${project}: ${serving}`, '', formatNarrowTable(head, rows, WIDTH)].join('\n')
}

export function formatRelease(release: ReleaseDetails, now: Date): string {
  const standing = [release.result, release.stable ? 'stable' : '', release.current ? 'serves' : '']
  const head = `${release.project}: release ${release.release}, ${standing.filter(Boolean).join(', ')}`
  const facts = factsOf(release, now).map(([name, value]) => `  ${name.padEnd(9)} ${value}`)
  const files = fileTable(release)
  return [head, ...facts, '', serviceTable(release), ...(files === '' ? [] : ['', files])].join('\n')
}

export function formatDiff(diff: ReleaseComparison): string {
  const head = `${diff.project}: release ${diff.from} → ${diff.to}`
  const services = diff.services.flatMap((service) => ['', ...serviceLines(service)])
  const stack = diff.stack.length === 0 ? [] : ['', 'the stack', ...lines('keys', diff.stack)]
  const isSame = services.length + stack.length === 0
  const note = diff.complete
    ? []
    : ['', 'The configuration of one of them is not kept: variables and keys are not compared.']
  return [head, ...(isSame ? ['', 'nothing differs'] : services), ...stack, ...note].join('\n')
}

function whatChanged({rollbackOf, changes}: ReleaseSummary): string {
  const back = rollbackOf === undefined ? [] : [`back to ${rollbackOf}`]
  const services = changes === undefined ? '?' : signed(changes).join(' ') || '-'
  return [...back, services].join(': ')
}

function signed({added, changed, removed}: ServiceChanges): string[] {
  return [...changed, ...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)]
}

function factsOf(release: ReleaseDetails, now: Date): (readonly [string, string])[] {
  const started = Date.parse(release.startedAt)
  const took = release.durationMs === undefined ? '' : `, took ${formatDuration(release.durationMs)}`
  const age = formatAge(now.getTime() - started)
  const {by, error, from, migrated, rollbackOf} = release
  return [
    ['started', `${new Date(started).toISOString().slice(0, 19).replace('T', ' ')} UTC, ${age} ago${took}`],
    ['by', `${by.user}@${by.host}: ${release.command}${release.environment ? ` ${release.environment}` : ''}`],
    ...(from === undefined ? [] : [['from', `release ${from}`] as const]),
    ...(rollbackOf === undefined ? [] : [['back to', `release ${rollbackOf}`] as const]),
    ['changed', release.changes === undefined ? 'unknown: what it came from is not kept' : listed(release.changes)],
    ...(migrated.length === 0
      ? []
      : [['migrated', `${migrated.join(', ')}; going back across it needs --force`] as const]),
    ...(error === undefined ? [] : [['error', `${error.message} (${error.code})`] as const]),
  ]
}

function listed(changes: ServiceChanges): string {
  return signed(changes).join(', ') || 'no service'
}

function serviceTable({services}: ReleaseDetails): string {
  const rows = Object.entries(services).map(([name, {configHash, image, job, replicas}]) => [
    name,
    job ? 'job' : String(replicas),
    shortHash(configHash),
    // Identity first: a reference may be long, and its table runs over rather than hide it.
    shortHash(image.digests[0]?.split('@').at(-1) ?? image.id ?? '-'),
    image.reference,
  ])
  return formatTable(['SERVICE', 'REPLICAS', 'CONFIG', 'DIGEST', 'IMAGE'], rows)
}

function fileTable({services}: ReleaseDetails): string {
  const rows = Object.entries(services).flatMap(([service, {files}]) =>
    Object.entries(files).map(([name, {sha256}]) => [name, service, shortHash(sha256)]),
  )
  return rows.length === 0 ? '' : formatTable(['FILE', 'SERVICE', 'SHA256'], rows)
}

/** `sha256:0123456789ab`: twelve digits, behind the prefix that says of what. */
function shortHash(hash: string): string {
  const [prefix, digits] = hash.includes(':') ? hash.split(':') : [undefined, hash]
  const short = (digits ?? '').slice(0, 12)
  return prefix === undefined ? short : `${prefix}:${short}`
}

function serviceLines(diff: ServiceDiff): string[] {
  if (diff.change !== 'changed') return [`${diff.service}: ${diff.change}`]
  const found = [
    ...(diff.image ? lines('image', [`${diff.image.from} → ${diff.image.to}`]) : []),
    ...(diff.replicas ? lines('replicas', [`${diff.replicas.from} → ${diff.replicas.to}`]) : []),
    ...lines('variables', namesOf(diff.environment)),
    ...lines('files', namesOf(diff.files)),
    ...lines('keys', diff.keys),
  ]
  return [diff.service, ...(found.length === 0 ? lines('configuration', ['changed']) : found)]
}

function namesOf({added, changed, removed}: Names): string[] {
  return [...changed, ...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)]
}

/** `  keys      a, b`, broken into lines of 80 columns. */
function lines(title: string, items: readonly string[]): string[] {
  const rows: string[] = []
  for (const item of items) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + item.length + 2 <= WIDTH - INDENT)
      rows[rows.length - 1] = `${last}, ${item}`
    else rows.push(item)
  }

  return rows.map((row, index) => `  ${(index === 0 ? title : '').padEnd(INDENT - 3)} ${row}`)
}

const INDENT = 17
