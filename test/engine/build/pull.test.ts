import {createHash} from 'node:crypto'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {ensureImage} from '../../../src/lib/build/pull.js'
import {ImageError} from '../../../src/lib/errors.js'
import {failureOf, useSandbox} from '../engine/sandbox.js'

const LOGIN = Buffer.from('user:pa:ss').toString('base64')
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const CONFIG = JSON.stringify({
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  os: 'linux',
  rootfs: {type: 'layers', diff_ids: [sha256('layer')]},
})
const DOCKER = 'application/vnd.docker'
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: `${DOCKER}.distribution.manifest.v2+json`,
  config: {mediaType: `${DOCKER}.container.image.v1+json`, size: CONFIG.length, digest: sha256(CONFIG)},
  layers: [{mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, size: 5, digest: sha256('absent layer')}],
})

/** A registry that wants a login for everything, and whose one image lacks its layer. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const {url = '', headers} = request
  if (headers.authorization !== `Basic ${LOGIN}`) {
    response.writeHead(401, {'WWW-Authenticate': 'Basic realm="test"', 'Content-Type': 'application/json'})
    response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')
  } else if (url === '/v2/') response.end('{}')
  else if (url.endsWith('/manifests/broken') || url.endsWith(sha256(MANIFEST))) {
    response.writeHead(200, {
      'Content-Type': JSON.parse(MANIFEST).mediaType,
      'Docker-Content-Digest': sha256(MANIFEST),
      'Content-Length': MANIFEST.length,
    })
    response.end(request.method === 'HEAD' ? '' : MANIFEST)
  } else if (url.endsWith(sha256(CONFIG))) response.end(CONFIG)
  else {
    response.writeHead(404, {'Content-Type': 'application/json'})
    response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
  }
}

describe('pulling from a registry', () => {
  const box = useSandbox()
  let registry: Server
  let repository = ''
  let directory = ''
  beforeAll(async () => {
    registry = createServer(answer)
    const port = await new Promise<number>((resolve) => {
      registry.listen(0, '127.0.0.1', () => resolve((registry.address() as {port: number}).port))
    })
    repository = `127.0.0.1:${port}/stkeng/web`
    directory = await mkdtemp(join(tmpdir(), 'stkeng-pull-'))
    await writeFile(join(directory, 'config.json'), JSON.stringify({auths: {[`127.0.0.1:${port}`]: {auth: LOGIN}}}))
  })
  afterAll(async () => {
    registry.close()
    registry.closeAllConnections()
    await rm(directory, {recursive: true})
  })

  const pull = (tag: string, config: string) =>
    failureOf(
      ensureImage(
        box.engine,
        {reference: `${repository}:${tag}`, policy: 'missing'},
        {env: {DOCKER_CONFIG: config}, onLine: () => {}},
      ),
    )

  it('says that the registry denies it, and how to log in', async () => {
    const error = await pull('any', '/no/such')
    expect(error).toBeInstanceOf(ImageError)
    expect(error.message).toBe(
      `cannot pull ${repository}:any: the registry denies it, or the repository does not exist`,
    )
    expect(error.suggestions?.[0]).toBe(`Log in: docker login ${repository.split('/')[0]}`)
  })

  it("sends the user's login, and says that the registry does not have the image", async () => {
    const error = await pull('absent', directory)
    expect(error.message).toMatch(
      /^cannot pull \S+:absent: the registry does not have it \((?!cannot pull).*(?:unknown|not found).*\)$/,
    )
    expect(error.message + JSON.stringify(error.facts)).not.toContain(LOGIN)
  })

  it('sees a failure that comes in the middle of a pull', async () => {
    const lines: string[] = []
    const options = {env: {DOCKER_CONFIG: directory}, onLine: (line: string) => lines.push(line)}
    const error = await failureOf(
      ensureImage(box.engine, {reference: `${repository}:broken`, policy: 'always'}, options),
    )
    expect(error.message).toMatch(/^cannot pull \S+:broken: the registry/)
    expect(lines[0]).toContain('Pulling from stkeng/web')
  })
})
