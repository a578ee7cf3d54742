/** The parts of an image reference: `registry.example:5000/team/web:1.2@sha256:…`. */
export interface ImageReference {
  /** Registry and path, without tag and digest. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
  /** Host of the registry; undefined = the engine's default registry. */
  readonly registry: string | undefined
}

export function splitReference(reference: string): ImageReference {
  const [named = '', digest] = reference.split('@', 2)
  const tagAt = named.lastIndexOf(':')
  const hasTag = tagAt > named.lastIndexOf('/')
  const repository = hasTag ? named.slice(0, tagAt) : named
  const [first = '', ...path] = repository.split('/')
  const isHost = path.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return {repository, tag: hasTag ? named.slice(tagAt + 1) : undefined, digest, registry: isHost ? first : undefined}
}

/** The reference with the tag that the engine would add. */
export function withDefaultTag(reference: string): string {
  const {tag, digest} = splitReference(reference)
  return tag === undefined && digest === undefined ? `${reference}:latest` : reference
}
