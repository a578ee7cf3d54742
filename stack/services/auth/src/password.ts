import {type BinaryLike, randomBytes, scrypt, type ScryptOptions, timingSafeEqual} from 'node:crypto'
import {promisify} from 'node:util'

const scryptAsync = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt)

// 16 MiB per hash: several fit into the memory limit of a small container at once.
const CURRENT = {logN: 14, r: 8, p: 5}
const HASH_BYTES = 32
const SALT_BYTES = 16
const FORMAT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/

interface Parameters {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** `$scrypt$ln=…,r=…,p=…$salt$hash`: the parameters travel with the hash, so they can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, {salt, bytes: HASH_BYTES, parameters: CURRENT})
  const {logN, r, p} = CURRENT
  return `$scrypt$ln=${logN},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`
}

/** Whether the password is the right one, and whether its hash was made with older parameters. */
export async function verifyPassword(password: string, stored: string): Promise<{matches: boolean; outdated: boolean}> {
  const match = FORMAT.exec(stored)
  if (!match) throw new Error('a stored password hash has an unknown format')
  const parameters = {logN: Number(match[1]), r: Number(match[2]), p: Number(match[3])}
  const expected = Buffer.from(match[5] ?? '', 'base64')
  const salt = Buffer.from(match[4] ?? '', 'base64')
  const actual = await derive(password, {salt, bytes: expected.length, parameters})
  const {logN, r, p} = CURRENT
  const outdated = parameters.logN !== logN || parameters.r !== r || parameters.p !== p
  return {matches: timingSafeEqual(actual, expected), outdated}
}

function derive(password: string, target: {salt: Buffer; bytes: number; parameters: Parameters}): Promise<Buffer> {
  const {logN, r, p} = target.parameters
  const N = 2 ** logN
  // The same letters typed on different systems may arrive in different Unicode forms.
  return scryptAsync(password.normalize('NFKC'), target.salt, target.bytes, {N, r, p, maxmem: 256 * N * r})
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
