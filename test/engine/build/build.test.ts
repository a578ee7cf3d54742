import {randomBytes} from 'node:crypto'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {BuildOptions} from '../../../src/lib/build/build.js'
import type {BuildSpec, Service} from '../../../src/lib/stack/model.js'

import {createBuilder} from '../../../src/lib/build/build.js'
import {packContext} from '../../../src/lib/build/context.js'
import {ensureImage} from '../../../src/lib/build/pull.js'
import {ConfigError, ImageError} from '../../../src/lib/errors.js'
import {failureOf, IMAGE, useSandbox} from '../engine/sandbox.js'

describe('builds', () => {
  const box = useSandbox()
  let root = ''
  let lines: string[] = []
  const options: BuildOptions = {env: process.env, onLine: (line) => lines.push(line)}

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stkeng-build-'))
  })
  afterAll(() => rm(root, {recursive: true}))

  async function write(files: Record<string, string>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), {recursive: true})
      await writeFile(join(root, path), content)
    }
  }

  /** A service whose Dockerfile and context are the folder of its name. */
  async function service(
    name: string,
    dockerfile: string,
    more: Partial<BuildSpec> & {image?: string; compose?: object} = {},
  ): Promise<Service> {
    await write({[`${name}/Dockerfile`]: dockerfile})
    const {image, compose, ...spec} = more
    const contextDir = join(root, name)
    const build = {
      contextDir,
      dockerfile: join(contextDir, 'Dockerfile'),
      dockerfileInline: undefined,
      args: {},
      target: undefined,
      labels: box.labels,
      tags: [],
      network: undefined,
      platforms: [],
      noCache: false,
      pull: false,
      cacheFrom: [],
      extraHosts: [],
      shmSizeBytes: undefined,
      needsBake: undefined,
      ...spec,
    }
    return {
      name,
      image: image ?? box.name(name),
      build,
      compose: {build: {context: contextDir, ...compose}},
    } as unknown as Service
  }

  function builder(services: Service[], secrets = {}) {
    lines = []
    const project = `stkeng-${box.id}`
    return createBuilder(box.engine, {project, directory: root, services, compose: {name: project, secrets}})
  }

  it('builds once, labels the image, and needs no second build', async () => {
    const web = await service('web', `FROM ${IMAGE}\nARG WORD\nCOPY a.txt /\nRUN echo "$WORD $(cat /a.txt)"\n`, {
      args: {WORD: `built ${box.id}`},
      tags: [box.name('extra')],
    })
    await write({'web/a.txt': 'with ż'})
    const [before] = await builder([web]).plan()
    expect(before).toMatchObject({service: 'web', existingImageId: undefined, missingBases: []})
    const [built] = await builder([web]).buildAll(options)
    expect(built).toMatchObject({isNew: true, reference: `${box.name('web')}:latest`, buildHash: before?.buildHash})
    expect(lines).toEqual(
      expect.arrayContaining([`built ${box.id} with ż`, expect.stringMatching(/\[2\/3\] COPY a\.txt/)]),
    )
    const image = await box.engine.inspectImage(built!.reference)
    expect(image?.id).toBe(built?.imageId)
    expect(image?.labels).toMatchObject({
      ...box.labels,
      'dev.stackctl.build-hash': built?.buildHash,
      'com.docker.compose.project': `stkeng-${box.id}`,
    })
    expect((await box.engine.inspectImage(box.name('extra')))?.id).toBe(image?.id)
    const [again] = await builder([web]).plan()
    expect(again?.existingImageId).toBe(built?.imageId)
    expect(await builder([web]).build('web', options)).toEqual({...built, isNew: false})
    expect(lines).toEqual([])
  })

  it('finds the image of an earlier state again, and gives it the name back', async () => {
    const one = await service('back', `FROM ${IMAGE}\nRUN echo one > /which\n`)
    const [first] = await builder([one]).buildAll(options)
    const two = await service('back', `FROM ${IMAGE}\nRUN echo two > /which\n`)
    const [second] = await builder([two]).buildAll(options)
    expect(second?.imageId).not.toBe(first?.imageId)
    await service('back', `FROM ${IMAGE}\nRUN echo one > /which\n`)
    const [third] = await builder([one]).buildAll(options)
    expect(third).toEqual({...first, isNew: false})
    expect((await box.engine.inspectImage(box.name('back')))?.id).toBe(first?.imageId)
  })

  it('builds what another build starts from first, and rebuilds the second when the first changes', async () => {
    const child = await service('child', `FROM ${box.name('parent')}\nRUN cat /word\n`)
    const parent = await service('parent', `FROM ${IMAGE}\nRUN echo ${randomBytes(4).toString('hex')} > /word\n`)
    const plan = await builder([child, parent]).plan()
    expect(plan.map((fact) => [fact.service, fact.needs])).toEqual([
      ['parent', []],
      ['child', ['parent']],
    ])
    const built = await builder([child, parent]).buildAll(options)
    expect(built.map((one) => one.isNew)).toEqual([true, true])
    expect(built.map((one) => one.buildHash)).toEqual(plan.map((one) => one.buildHash))
    await service('parent', `FROM ${IMAGE}\nRUN echo other > /word\n`)
    expect((await builder([child, parent]).plan()).map((fact) => fact.existingImageId)).toEqual([undefined, undefined])
  })

  it('refuses builds that start from each other', async () => {
    const a = await service('ring-a', `FROM ${box.name('ring-b')}\n`)
    const b = await service('ring-b', `FROM ${box.name('ring-a')}\n`)
    const error = await failureOf(builder([a, b]).plan())
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toBe('the builds of ring-a → ring-b → ring-a start from each other')
  })

  it('builds once for two services with one build', async () => {
    const one = await service('same', `FROM ${IMAGE}\nRUN echo ${randomBytes(4).toString('hex')}\n`)
    const other = {...one, name: 'other'} as Service
    const shared = builder([one, other])
    const [first, second] = await Promise.all([shared.build('same', options), shared.build('other', options)])
    expect(second.imageId).toBe(first.imageId)
    expect(lines.filter((line) => line.includes('] RUN echo'))).toHaveLength(1)
  })

  it('says which service, file, line and step failed, and with what words', async () => {
    const word = randomBytes(4).toString('hex')
    const bad = await service(
      'bad',
      `FROM ${IMAGE}\n\nRUN true ${word}\nRUN seq 1 30 && \\\n    # why\n    echo "no such word: ${word}" >&2; \\\n    exit 7\n`,
    )
    const error = await failureOf(builder([bad]).buildAll(options))
    expect(error).toBeInstanceOf(ImageError)
    expect((error as ImageError).exit).toBe(3)
    expect(error.message).toMatch(/^service bad: bad\/Dockerfile:4: RUN seq 1 30 .* failed: exit code 7$/)
    expect(error.facts).toMatchObject({service: 'bad', dockerfile: 'bad/Dockerfile', line: 4, exitCode: 7})
    const said = error.facts?.lines as string[]
    expect(said).toHaveLength(20)
    expect(said.at(-1)).toBe(`no such word: ${word}`)
    expect(await box.engine.inspectImage(box.name('bad'))).toBeUndefined()
  })

  it('names a file that COPY does not find, and an instruction that is none', async () => {
    const missing = await failureOf(
      builder([await service('nofile', `FROM ${IMAGE}\nCOPY absent /\n`)]).buildAll(options),
    )
    expect(missing.message).toMatch(
      /^service nofile: nofile\/Dockerfile:2: COPY absent \/ failed: .*absent.* not found/,
    )
    const unknown = await failureOf(builder([await service('typo', `FROM ${IMAGE}\nRUNN x\n`)]).buildAll(options))
    expect(unknown.message).toMatch(/^service typo: typo\/Dockerfile:2: .*unknown instruction: RUNN/)
  })

  it('names a base image that is missing, where it is named, and what to do', async () => {
    const lost = await service('lost', 'ARG BASE=localhost:1/stkeng/base\nFROM ${BASE}:1\n')
    const [fact] = await builder([lost]).plan()
    expect(fact?.missingBases).toEqual(['localhost:1/stkeng/base:1'])
    const error = await failureOf(builder([lost]).buildAll(options))
    expect(error).toBeInstanceOf(ImageError)
    expect(error.message).toMatch(
      /^service lost: lost\/Dockerfile:2: base image localhost:1\/stkeng\/base:1 is missing: the registry cannot be reached/,
    )
    expect(error.suggestions?.length).toBeGreaterThan(0)
  })

  it('builds a target, an inline Dockerfile and a Dockerfile outside of the context', async () => {
    const staged = await service(
      'staged',
      `FROM ${IMAGE} AS one\nRUN echo 1 > /stage\nFROM ${IMAGE} AS two\nRUN exit 9\n`,
      {target: 'one'},
    )
    const inline = await service('inline', '', {dockerfileInline: `FROM ${IMAGE}\nCOPY f /f\n`})
    await write({'inline/f': 'x', 'Dockerfile.outside': `FROM ${IMAGE}\nCOPY f /f\n`})
    const outside = await service('outside', '', {dockerfile: join(root, 'Dockerfile.outside')})
    await write({'outside/f': 'y'})
    const built = await builder([staged, inline, outside]).buildAll(options)
    expect(built.map((one) => one.isNew)).toEqual([true, true, true])
  })

  it('keeps secrets out of the image, the arguments and the output, by bake', async () => {
    const secret = randomBytes(8).toString('hex')
    const dockerfile = `FROM ${IMAGE}\nRUN --mount=type=secret,id=token sha256sum /run/secrets/token | cut -c1-64 > /sum && echo 'price: $5 ${box.id}'\n`
    const more = {needsBake: 'build secrets', compose: {secrets: [{source: 'token'}], args: {PRICE: '$5 ${NOT}'}}}
    const baked = builder([await service('baked', dockerfile, more)], {token: {file: join(root, 'token')}})
    await write({token: secret})
    const image = await baked.build('baked', options)
    expect(image.isNew).toBe(true)
    expect(lines).toContain(`price: $5 ${box.id}`)
    expect(lines.join('\n')).not.toContain(secret)
    expect((await box.engine.inspectImage(image.reference))?.labels).toMatchObject(box.labels)
    expect((await baked.plan())[0]?.existingImageId).toBe(image.imageId)
  })

  it('says how a baked build failed', async () => {
    const more = {needsBake: 'build secrets', compose: {secrets: [{source: 'token'}]}}
    await write({token: 'x'})
    const failing = await service('half-baked', `FROM ${IMAGE}\nRUN echo "last words"; exit 4\n`, more)
    const error = await failureOf(builder([failing], {token: {file: join(root, 'token')}}).build('half-baked', options))
    expect(error.message).toBe(
      'service half-baked: half-baked/Dockerfile:2: RUN echo "last words"; exit 4 failed: exit code 4',
    )
    expect(error.facts?.lines).toEqual(['last words'])
  })

  it('stops at an abort and leaves no connection behind', async () => {
    const slow = await service('slow', `FROM ${IMAGE}\nRUN echo ${randomBytes(4).toString('hex')}; sleep 30\n`)
    const before = process.getActiveResourcesInfo().length
    const controller = new AbortController()
    const abortAtStep = {
      ...options,
      signal: controller.signal,
      onLine: (line: string) => line.includes('] RUN') && controller.abort(new Error('stop')),
    }
    const started = Date.now()
    const error = await failureOf(builder([slow]).build('slow', abortAtStep))
    expect(error.message).toBe('stop')
    expect(Date.now() - started).toBeLessThan(10_000)
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 4)
  })

  it('says why a context cannot be read', async () => {
    const gone = await service('gone', `FROM ${IMAGE}\n`, {contextDir: join(root, 'no-such-folder')})
    expect((await failureOf(builder([gone]).buildAll(options))).message).toMatch(
      /build context .*no-such-folder does not exist/,
    )
  })

  it('builds with the classic builder where there is no BuildKit', async () => {
    const {createServer, request} = await import('node:http')
    const upstream = (method: string, url: string, headers: object) =>
      request({socketPath: '/var/run/docker.sock', method, path: url, headers: headers as never})
    const proxy = createServer((incoming, answer) => {
      const onward = upstream(incoming.method!, incoming.url!, incoming.headers)
      incoming.pipe(onward)
      onward.on('response', (response) => {
        answer.writeHead(response.statusCode!, response.headers)
        response.pipe(answer)
      })
    })
    proxy.on('upgrade', (_incoming, socket) =>
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\nConnection: close\r\n\r\n{"message":"absent"}'),
    )
    const port = await new Promise<number>((resolve) => {
      proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as {port: number}).port))
    })
    const {connectEngine} = await import('../../../src/lib/engine/connect.js')
    const old = await connectEngine({env: {DOCKER_HOST: `tcp://127.0.0.1:${port}`}})
    const said: string[] = []
    const run = async (suffix: string, dockerfile: string) => {
      const {build} = await service(suffix, dockerfile)
      const {tar: context, dockerfile: path} = await packContext(build!)
      return old.buildImage({
        context,
        dockerfile: path,
        tags: [box.name(suffix)],
        args: {},
        labels: box.labels,
        onProgress: (line) => said.push(line),
      })
    }

    const id = await run('classic', `FROM ${IMAGE}\nRUN echo "from the classic one"\n`)
    expect(id).toBe((await box.engine.inspectImage(box.name('classic')))?.id)
    expect(said).toEqual(
      expect.arrayContaining(['the engine has no BuildKit: using its classic builder', 'from the classic one']),
    )
    const error = await failureOf(run('classic-bad', `FROM ${IMAGE}\nRUN echo final words; exit 8\n`))
    proxy.close()
    proxy.closeAllConnections()
    expect(error.message).toBe('RUN echo final words; exit 8 failed: exit code 8')
    expect(error.facts).toMatchObject({exitCode: 8, lines: ['final words']})
  })
})

describe('images that are not built', () => {
  const box = useSandbox()
  const options = {env: {PATH: process.env.PATH, DOCKER_CONFIG: '/no/such'}, onLine: () => {}}

  it('are taken as they are when they are there', async () => {
    expect((await ensureImage(box.engine, {reference: IMAGE, policy: 'missing'}, options)).tags).toContain(IMAGE)
    expect((await ensureImage(box.engine, {reference: IMAGE, policy: 'never'}, options)).tags).toContain(IMAGE)
  })

  it('are an error when they are missing and must not be pulled, or cannot be', async () => {
    const never = await failureOf(ensureImage(box.engine, {reference: 'stkeng/absent', policy: 'never'}, options))
    expect(never.message).toBe(
      'image stkeng/absent:latest is missing: it is not at the engine, and its pull policy is never',
    )
    const offline = await failureOf(
      ensureImage(box.engine, {reference: 'localhost:1/stkeng/absent:2', policy: 'missing'}, options),
    )
    expect(offline).toBeInstanceOf(ImageError)
    expect(offline.message).toMatch(
      /^cannot pull localhost:1\/stkeng\/absent:2: the registry cannot be reached \(.*connection refused\)$/,
    )
    expect(offline.suggestions?.length).toBeGreaterThan(0)
  })
})
