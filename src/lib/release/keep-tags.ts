/**
 * Tags that keep the images of releases at the engine: `docker image prune` and a tag that moves on cannot take them away.
 * Only these tags are ever removed; an image goes with one when nothing else names it and no container needs it.
 */
import {createHash} from 'node:crypto'

import type {Engine} from '../engine/engine.js'
import type {ReleaseRecord} from './record.js'

import {EngineError} from '../errors.js'
import {LABELS} from '../labels.js'

/** Gives every image of a release a tag of its own. An image that is gone already is passed over. */
export async function keepImages(engine: Engine, project: string, record: ReleaseRecord): Promise<void> {
  const there = new Set((await engine.listTags(keepRepository(project))).map(({reference}) => reference))
  const missing = imagesOf([record]).filter((id) => !there.has(keepTag(project, id)))
  await Promise.all(missing.map((id) => tagIfThere(engine, id, keepTag(project, id))))
}

/**
 * Removes the tags of images that no record names, and what earlier builds of this project left without any name.
 * Answers the images that lost our tag. What a container needs stays until the next time.
 */
export async function pruneImages(
  engine: Engine,
  project: string,
  records: readonly ReleaseRecord[],
): Promise<string[]> {
  const kept = new Set(imagesOf(records))
  const tags = await engine.listTags(keepRepository(project))
  const surplus = tags.filter(({imageId}) => !kept.has(imageId))
  const removed: string[] = []
  for (const {imageId, reference} of surplus) if (await removeUnlessUsed(engine, reference)) removed.push(imageId)
  for (const id of await namelessBuilds(engine, project)) if (!kept.has(id)) await removeUnlessUsed(engine, id)
  return removed
}

/** Removes all tags of ours. Images that have another name, or that a container needs, stay. */
export async function removeKeepTags(engine: Engine, project: string): Promise<void> {
  for (const {reference} of await engine.listTags(keepRepository(project))) await removeUnlessUsed(engine, reference)
}

/** `stackctl/keep-shop`. A project's name may hold what a repository's may not: then it is named by its hash. */
export function keepRepository(project: string): string {
  const isName = /^[0-9a-z]+(?:(?:_{1,2}|-+)[0-9a-z]+)*$/.test(project)
  return `stackctl/keep-${isName ? project : `x${createHash('sha256').update(project).digest('hex').slice(0, 16)}`}`
}

function keepTag(project: string, imageId: string): string {
  return `${keepRepository(project)}:${imageId.replace(/^sha256:/, '').slice(0, 12)}`
}

/** Ids. Not of an image that the file names by its id: it may have no other name, and would go with ours. */
function imagesOf(records: readonly ReleaseRecord[]): string[] {
  const images = records.flatMap(({services}) => Object.values(services).map(({image}) => image))
  const named = images.filter(({reference}) => !/^(?:sha256:)?[0-9a-f]{64}$/.test(reference))
  return [...new Set(named.map(({id}) => id).filter((id) => id !== undefined))]
}

async function tagIfThere(engine: Engine, id: string, reference: string): Promise<void> {
  try {
    await engine.tagImage(id, reference)
  } catch (error) {
    if (!(error instanceof EngineError && error.statusCode === 404)) throw error
  }
}

/** Built for this project, and without a name since its tag went to a newer build. */
async function namelessBuilds(engine: Engine, project: string): Promise<string[]> {
  const images = await engine.listImages([`${LABELS.project}=${project}`])
  return images.filter(({tags, digests}) => tags.length === 0 && digests.length === 0).map(({id}) => id)
}

/** False when a container or another image needs it. */
async function removeUnlessUsed(engine: Engine, reference: string): Promise<boolean> {
  try {
    await engine.removeImage(reference)
    return true
  } catch (error) {
    if (error instanceof EngineError && error.statusCode === 409) return false
    throw error
  }
}
