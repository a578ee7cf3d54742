/** Lets go of releases that are not kept: records, snapshots, journals, stored files and images that only they need. */
import type {Engine} from '../engine/engine.js'
import type {ReleaseRecord} from './record.js'

import {LABELS} from '../labels.js'
import {digestIn} from './file-store.js'
import {journalDirectory} from './journal.js'
import {pruneImages} from './keep-tags.js'
import {Ledger, recordName, snapshotPath} from './ledger.js'
import {pathsToRemove, releasesToKeep, type Retention} from './retention.js'
import {StateFiles} from './state-files.js'

export interface Pruned {
  readonly releases: readonly number[]
  /** Digests of configs and secrets. */
  readonly files: readonly string[]
  /** Ids of images that lost our tag. */
  readonly images: readonly string[]
}

/** Safe to repeat: records go last, so what a killed run left is found again. Call it under the lock of the stack. */
export async function pruneReleases(engine: Engine, project: string, retention: Retention): Promise<Pruned> {
  const state = new StateFiles(engine, project)
  const records = await new Ledger(engine, project).list()
  const keep = releasesToKeep(records, retention)
  const kept = records.filter(({release}) => keep.has(release))
  const releases = records.map(({release}) => release).filter((release) => !keep.has(release))
  const files = await surplusFiles({engine, project, state}, kept)
  const images = await pruneImages(engine, project, kept)
  await state.remove([
    ...files.map((digest) => `files/${digest}`),
    ...releases.flatMap((release) => [snapshotPath(release), journalDirectory(release)]),
    ...pathsToRemove(releases, keep, (release) => ['a', 'b'].map((place) => `${recordName(release)}.${place}.json`)),
  ])
  return {releases, files, images}
}

/** Digests of stored files that no kept release names and no container of the project mounts, a stopped one included. */
async function surplusFiles(
  {engine, project, state}: {engine: Engine; project: string; state: StateFiles},
  kept: readonly ReleaseRecord[],
): Promise<string[]> {
  const stored = (await state.list('files')).filter(
    ({content, path}) => content.length > 0 || path.split('/').length > 2,
  )
  const named = kept.flatMap(({services}) => Object.values(services).flatMap(({files}) => Object.values(files)))
  const needed = new Set(named.map(({path}) => digestIn(path)))
  const candidates = new Set(stored.map(({path}) => digestIn(path)).filter((digest) => digest !== undefined))
  for (const digest of needed) if (digest !== undefined) candidates.delete(digest)
  if (candidates.size === 0) return []
  for (const digest of await mountedDigests(engine, project)) candidates.delete(digest)
  return [...candidates]
}

async function mountedDigests(engine: Engine, project: string): Promise<string[]> {
  const containers = await engine.listContainers([`${LABELS.project}=${project}`])
  const facts = await Promise.all(containers.map(({id}) => engine.inspectContainer(id)))
  return facts.flatMap((container) => (container?.Mounts ?? []).flatMap(({Source}) => digestIn(Source) ?? []))
}
