import {relative} from 'node:path'

/** A failed build in one line: which service, where in its Dockerfile, what failed. */
import type {BaseImage} from './base-images.js'
import type {BuildTarget} from './build-plan.js'

import {ImageError} from '../errors.js'
import {isLocal} from './build-plan.js'
import {readDockerfile} from './context.js'
import {parseDockerfile} from './dockerfile.js'

export interface BuildPlace {
  readonly target: BuildTarget
  /** Project directory: files are named relative to it. */
  readonly directory: string
}

/** Images that the setup script makes where no registry is reachable. */
const MADE_BY_SETUP = new Set(['debian:trixie-slim', 'stackctl/node:24'])

export async function explainBuildFailure(error: ImageError, place: BuildPlace): Promise<ImageError> {
  const {service} = place.target
  const line = await failingLine(error, place.target)
  const where = `${dockerfileName(place)}${line === undefined ? '' : `:${line}`}`
  return new ImageError(`service ${service.name}: ${where}: ${oneLine(error.message)}`, {
    cause: error,
    suggestions:
      error.suggestions.length > 0
        ? error.suggestions
        : ['Repair the step and run the command again; nothing was changed'],
    facts: {
      ...error.facts,
      service: service.name,
      dockerfile: dockerfileName(place),
      ...(line !== undefined && {line}),
    },
  })
}

/** Where the parser says, else the one instruction that reads like the step that failed. */
async function failingLine(error: ImageError, {spec}: BuildTarget): Promise<number | undefined> {
  const {dockerfileLine, instruction} = error.facts
  if (typeof dockerfileLine === 'number') return dockerfileLine
  if (typeof instruction !== 'string' || instruction === '' || !isLocal(spec)) return undefined
  const wanted = withoutSpaces(instruction)
  const same = parseDockerfile(await readDockerfile(spec)).filter(
    ({keyword, text}) => withoutSpaces(keyword + text) === wanted,
  )
  return same.length === 1 ? same[0]?.line : undefined
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/\s+/g, '')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function dockerfileName({target: {spec}, directory}: BuildPlace): string {
  if (spec.dockerfileInline !== undefined) return 'dockerfile_inline'
  return isLocal(spec) ? relative(directory, spec.dockerfile) || spec.dockerfile : spec.dockerfile
}

export function missingBase(error: ImageError, place: BuildPlace, {reference, line}: BaseImage): ImageError {
  const {name} = place.target.service
  const reason = error.message.replace(/^cannot pull \S+: /, '').replace(/^image \S+ is missing: /, '')
  const where = `${dockerfileName(place)}:${line}`
  return new ImageError(`service ${name}: ${where}: base image ${reference} is missing: ${reason}`, {
    cause: error,
    suggestions: MADE_BY_SETUP.has(reference) ? ['Make it: scripts/setup'] : error.suggestions,
    facts: {...error.facts, service: name, dockerfile: dockerfileName(place), line, reference},
  })
}
