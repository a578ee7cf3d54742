/** A registry for images of the engine: reads only, over HTTP, which engines allow for 127.0.0.1. */
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {mkdtemp, readFile, rm, stat} from 'node:fs/promises'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {pipeline} from 'node:stream/promises'
import {promisify} from 'node:util'

const run = promisify(execFile)
const TYPE = 'application/vnd.docker'
const MANIFEST_TYPE = `${TYPE}.distribution.manifest.v2+json`

interface Blob {
  readonly file: string
  readonly size: number
}

export class Registry {
  /** `127.0.0.1:<port>`, the first part of a reference. */
  readonly host: string
  /** Paths that were asked for. */
  readonly asked: string[] = []
  readonly #server: Server
  readonly #directory: string
  readonly #manifests = new Map<string, string>()
  readonly #blobs = new Map<string, Blob>()

  constructor(server: Server, directory: string) {
    this.#server = server
    this.#directory = directory
    this.host = `127.0.0.1:${(server.address() as {port: number}).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response))
  }

  /** Serves an image of the engine as `<name>:<tag>` from now on. */
  async put(name: string, tag: string, image: string): Promise<void> {
    const folder = await mkdtemp(path.join(this.#directory, 'image-'))
    await run('sh', ['-c', 'docker save "$1" | tar -xC "$2"', 'sh', image, folder])
    const [saved] = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8')) as {
      Config: string
      Layers: string[]
    }[]
    if (saved === undefined) throw new Error(`docker save wrote no image ${image}`)
    const layers = []
    for (const layer of saved.Layers)
      layers.push(await this.#add(path.join(folder, layer), `${TYPE}.image.rootfs.diff.tar`))
    const config = await this.#add(path.join(folder, saved.Config), `${TYPE}.container.image.v1+json`)
    const manifest = JSON.stringify({schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers})
    this.#manifests.set(`${name}/manifests/${tag}`, manifest)
    this.#manifests.set(`${name}/manifests/${sha256(manifest)}`, manifest)
  }

  /** Nobody can be reached at its address any more. */
  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await rm(this.#directory, {recursive: true, force: true})
  }

  async #add(file: string, mediaType: string): Promise<{mediaType: string; size: number; digest: string}> {
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    const digest = `sha256:${hash.digest('hex')}`
    const {size} = await stat(file)
    this.#blobs.set(digest, {file, size})
    return {mediaType, size, digest}
  }

  async #answer({method, url = ''}: IncomingMessage, response: ServerResponse): Promise<void> {
    const wanted = url.replace(/^\/v2\//, '')
    this.asked.push(wanted)
    const manifest = this.#manifests.get(wanted)
    const blob = this.#blobs.get(wanted.split('/blobs/')[1] ?? '')
    if (wanted === '') response.end('{}')
    else if (manifest !== undefined) {
      const headers = {'Content-Type': MANIFEST_TYPE, 'Docker-Content-Digest': sha256(manifest)}
      response.writeHead(200, {...headers, 'Content-Length': Buffer.byteLength(manifest)})
      response.end(method === 'HEAD' ? undefined : manifest)
    } else if (blob === undefined) {
      response.writeHead(404, {'Content-Type': 'application/json'})
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
    } else {
      response.writeHead(200, {'Content-Type': 'application/octet-stream', 'Content-Length': blob.size})
      if (method === 'HEAD') response.end()
      // A client that has seen enough hangs up.
      else await pipeline(createReadStream(blob.file), response).catch(() => {})
    }
  }
}

export async function openRegistry(): Promise<Registry> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return new Registry(server, await mkdtemp(path.join(tmpdir(), 'stkregistry-')))
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
