/**
 * Reads the progress messages of BuildKit (`moby.buildkit.v1.StatusResponse`, protobuf): the few fields that say which step
 * runs, what it prints and how it ends. dockerode decodes them too, but forgets which step a line belongs to.
 */
export interface BuildStatus {
  readonly vertexes: readonly Vertex[]
  readonly logs: readonly VertexLog[]
}

/** One step of a build. It is sent again with every change of its state. */
export interface Vertex {
  readonly digest: string
  readonly name: string
  readonly cached: boolean
  readonly started: boolean
  readonly completed: boolean
  readonly error: string
}

export interface VertexLog {
  readonly vertex: string
  readonly message: Buffer
}

type Fields = Map<number, Value[]>
type Value = Buffer | number

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

export function decodeBuildStatus(message: Buffer): BuildStatus {
  const fields = readFields(message)
  return {
    vertexes: messages(fields, 1).map(vertexOf),
    logs: messages(fields, 3).map((log) => ({vertex: textAt(log, 1), message: bytesAt(log, 4)})),
  }
}

function vertexOf(fields: Fields): Vertex {
  return {
    digest: textAt(fields, 1),
    name: textAt(fields, 3),
    cached: fields.get(4)?.at(-1) === 1,
    started: fields.has(5),
    completed: fields.has(6),
    error: textAt(fields, 7),
  }
}

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).filter((value) => Buffer.isBuffer(value)).map((bytes) => readFields(bytes))
}

function bytesAt(fields: Fields, number: number): Buffer {
  const value = fields.get(number)?.at(-1)
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}

function textAt(fields: Fields, number: number): string {
  return bytesAt(fields, number).toString('utf8')
}

function readFields(message: Buffer): Fields {
  const fields: Fields = new Map()
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at)
    const field = readValue(message, tag.next, tag.value & 7)
    const number = tag.value >>> 3
    fields.set(number, [...(fields.get(number) ?? []), field.value])
    at = field.next
  }

  return fields
}

function readValue(message: Buffer, at: number, wireType: number): {value: Value; next: number} {
  switch (wireType) {
    case VARINT: {
      return readVarint(message, at)
    }

    case FIXED64: {
      return {value: 0, next: at + 8}
    }

    case BYTES: {
      const {value: length, next} = readVarint(message, at)
      return {value: message.subarray(next, next + length), next: next + length}
    }

    case FIXED32: {
      return {value: 0, next: at + 4}
    }

    default: {
      throw new RangeError(`unknown wire type ${wireType} in a build status`)
    }
  }
}

function readVarint(message: Buffer, at: number): {value: number; next: number} {
  let value = 0
  let factor = 1
  for (let next = at; next < message.length; next++) {
    const byte = message[next] ?? 0
    value += (byte & 0x7f) * factor
    factor *= 128
    if (byte < 0x80) return {value, next: next + 1}
  }

  throw new RangeError('a build status ends in the middle of a number')
}
