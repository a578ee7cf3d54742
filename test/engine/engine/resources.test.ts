import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {extract, pack} from 'tar-stream'
import {describe, expect, it} from 'vitest'

import type {EngineEvent} from '../../../src/lib/engine/engine.js'

import {EngineConflictError, EngineError} from '../../../src/lib/errors.js'
import {eventually, failureOf, FOREVER, IMAGE, useSandbox} from './sandbox.js'

async function tarOf(files: Record<string, Buffer | string>): Promise<Buffer> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({name}, content as string)
  tar.finalize()
  return buffer(tar)
}

async function filesIn(tar: Readable): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for await (const entry of tar.pipe(extract() as never) as AsyncIterable<Readable & {header: {name: string}}>) {
    files[entry.header.name] = (await buffer(entry)).toString()
  }

  return files
}

describe('the engine itself', () => {
  const box = useSandbox()

  it('says what it is and what time it has', async () => {
    const info = await box.engine.info()
    expect(info.os).toBe('linux')
    expect(info.version).toMatch(/^\d+\.\d+/)
    expect(info.apiVersion).toMatch(/^1\.\d+$/)
    expect(info.dataRoot).toMatch(/^\//)
    expect(Math.abs(info.time.getTime() - Date.now())).toBeLessThan(5000)
  })

  it('measures what images, volumes and the build cache use', async () => {
    const usage = await box.engine.diskUsage()
    expect(usage.imagesBytes).toBeGreaterThan(50_000_000)
    expect(usage.volumesBytes).toBeGreaterThanOrEqual(0)
    expect(usage.buildCacheBytes).toBeGreaterThanOrEqual(0)
  })
})

describe('tags', () => {
  const box = useSandbox()

  it('are listed by their repository, with the image that they mean', async () => {
    const repository = `stackctl/keep-${box.id}`
    const image = await box.engine.inspectImage(IMAGE)
    await box.engine.tagImage(image!.id, `${repository}:one`)
    await box.engine.tagImage(image!.id, `${repository}:two`)
    const tags = await box.engine.listTags(repository)
    expect(tags.toSorted((a, b) => a.reference.localeCompare(b.reference))).toEqual([
      {reference: `${repository}:one`, imageId: image!.id},
      {reference: `${repository}:two`, imageId: image!.id},
    ])
    for (const {reference} of tags) await box.engine.removeImage(reference)
    expect(await box.engine.listTags(repository)).toEqual([])
  })
})

describe('files of containers', () => {
  const box = useSandbox()

  it('writes and reads files of a container that never ran', async () => {
    const id = await box.engine.createContainer(box.name('files'), {Image: IMAGE, Labels: box.labels})
    await box.engine.putArchive(id, '/tmp', await tarOf({'a.txt': 'one', 'b.txt': 'dwa ż'}))
    const tar = await box.engine.getArchive(id, '/tmp/b.txt')
    expect(await filesIn(tar!)).toEqual({'b.txt': 'dwa ż'})
  })

  it('puts an empty file in the place of a directory only where that is asked for', async () => {
    const id = await box.engine.createContainer(box.name('replace'), {Image: IMAGE, Labels: box.labels})
    await box.engine.putArchive(id, '/tmp', await tarOf({'dir/a.txt': 'one'}))
    expect(await failureOf(box.engine.putArchive(id, '/tmp', await tarOf({dir: ''})))).toBeInstanceOf(EngineError)
    await box.engine.replaceByArchive(id, '/tmp', await tarOf({dir: ''}))
    expect(await filesIn((await box.engine.getArchive(id, '/tmp/dir'))!)).toEqual({dir: ''})
    expect(await box.engine.getArchive(id, '/tmp/dir/a.txt')).toBeUndefined()
  })

  it('takes a stream of any size', async () => {
    const id = await box.engine.createContainer(box.name('stream'), {Image: IMAGE, Labels: box.labels})
    const tar = pack()
    tar.entry({name: 'big'}, Buffer.alloc(30_000_000, 7))
    tar.finalize()
    await box.engine.putArchive(id, '/tmp', tar as unknown as Readable)
    const back = await buffer((await box.engine.getArchive(id, '/tmp/big'))!)
    expect(back.length).toBeGreaterThan(30_000_000)
  })

  it('answers undefined for a path that is not there, and an error for a container that is not there', async () => {
    const id = await box.engine.createContainer(box.name('nopath'), {Image: IMAGE, Labels: box.labels})
    expect(await box.engine.getArchive(id, '/no/such')).toBeUndefined()
    expect(await failureOf(box.engine.getArchive('stkeng-nobody', '/etc'))).toBeInstanceOf(EngineError)
  })

  it('lets go of the source when the directory does not exist', async () => {
    const id = await box.engine.createContainer(box.name('nodir'), {Image: IMAGE, Labels: box.labels})
    const source = Readable.from([await tarOf({'a.txt': 'x'})])
    const error = await failureOf(box.engine.putArchive(id, '/no/such', source))
    expect(error.message).toContain(`cannot copy files to /no/such in ${box.name('nodir')}`)
    expect(source.destroyed).toBe(true)
  })
})

describe('networks', () => {
  const box = useSandbox()
  const create = (suffix: string, more = {}) =>
    box.engine.createNetwork(box.name(suffix), {Labels: box.labels, ...more})

  it('creates, lists, connects with aliases, disconnects and removes', async () => {
    const id = await create('net', {Internal: true, IPAM: {Driver: 'default', Config: [{Subnet: '10.213.77.0/28'}]}})
    const container = await box.run('attached', FOREVER)
    await box.engine.connectNetwork(id, container, {Aliases: ['web']})
    const [network] = await box.engine.listNetworks([box.label])
    expect(network).toEqual({
      id,
      name: box.name('net'),
      driver: 'bridge',
      internal: true,
      labels: box.labels,
      subnets: ['10.213.77.0/28'],
      containers: [container],
    })
    const facts = await box.engine.inspectContainer(container)
    expect(facts?.NetworkSettings.Networks[box.name('net')]?.Aliases).toContain('web')
    await box.engine.disconnectNetwork(id, container)
    await box.engine.disconnectNetwork(id, container)
    expect((await box.engine.inspectNetwork(box.name('net')))?.containers).toEqual([])
    await box.engine.removeNetwork(id)
    await box.engine.removeNetwork(id)
    expect(await box.engine.inspectNetwork(id)).toBeUndefined()
  })

  it('never makes two networks of one name, and names the holder', async () => {
    const id = await create('twice')
    const error = await failureOf(create('twice'))
    expect(error).toBeInstanceOf(EngineConflictError)
    expect(error.facts).toEqual({holder: id})
  })
})

describe('volumes', () => {
  const box = useSandbox()

  it('creates, lists and removes, twice if need be', async () => {
    const spec = {driver: 'local', driverOpts: {}, labels: box.labels}
    const made = await box.engine.createVolume(box.name('data'), spec)
    expect(made).toMatchObject({name: box.name('data'), driver: 'local', labels: box.labels})
    expect(made.mountpoint).toContain(box.name('data'))
    expect(await box.engine.listVolumes([box.label])).toEqual([made])
    expect(await box.engine.inspectVolume(box.name('data'))).toEqual(made)
    await box.engine.removeVolume(box.name('data'))
    await box.engine.removeVolume(box.name('data'))
    expect(await box.engine.inspectVolume(box.name('data'))).toBeUndefined()
  })

  it('refuses to remove a volume that is in use', async () => {
    const spec = {driver: 'local', driverOpts: {}, labels: box.labels}
    await box.engine.createVolume(box.name('used'), spec)
    await box.run('user', FOREVER, {HostConfig: {Binds: [`${box.name('used')}:/data`]}})
    const error = await failureOf(box.engine.removeVolume(box.name('used')))
    expect(error).toBeInstanceOf(EngineError)
    expect(error.message).toMatch(/^cannot remove volume .*in use/)
  })
})

describe('images', () => {
  const box = useSandbox()

  it('knows an image by reference and by id, and says undefined for others', async () => {
    const image = await box.engine.inspectImage(IMAGE)
    expect(image?.tags).toContain(IMAGE)
    expect(image?.id).toMatch(/^sha256:/)
    expect((await box.engine.inspectImage(image!.id))?.id).toBe(image?.id)
    expect(await box.engine.inspectImage('stkeng-nobody:1')).toBeUndefined()
  })

  it('knows what an image runs, for which platform, and by which signal it is stopped', async () => {
    const dockerfile = `FROM ${IMAGE}\nENTRYPOINT ["run"]\nCMD serve "all"\nSTOPSIGNAL SIGINT\n`
    const id = await box.engine.buildImage({
      context: Readable.from(await tarOf({Dockerfile: dockerfile})),
      dockerfile: 'Dockerfile',
      tags: [],
      args: {},
      labels: box.labels,
      onProgress: () => {},
    })
    expect(await box.engine.inspectImage(id)).toMatchObject({
      os: 'linux',
      entrypoint: ['run'],
      command: ['/bin/sh', '-c', 'serve "all"'],
      stopSignal: 'SIGINT',
    })
  })

  it('tags and untags', async () => {
    const image = await box.engine.inspectImage(IMAGE)
    await box.engine.tagImage(image!.id, 'localhost:5000/stkeng/tagged:v1')
    expect((await box.engine.inspectImage('localhost:5000/stkeng/tagged:v1'))?.id).toBe(image?.id)
    await box.engine.removeImage('localhost:5000/stkeng/tagged:v1')
    await box.engine.removeImage('localhost:5000/stkeng/tagged:v1')
    expect(await box.engine.inspectImage(IMAGE)).toBeDefined()
  })
})

describe('events', () => {
  const box = useSandbox()

  it('tells what happens from the moment of the call, until it is aborted', async () => {
    const controller = new AbortController()
    const seen: EngineEvent[] = []
    const events = box.engine.events({labels: [box.label], signal: controller.signal})
    const reading = (async () => {
      for await (const event of events) seen.push(event)
    })()
    const id = await box.run('eventful', 'exit 4')
    const died = await eventually(async () => seen.find((event) => event.action === 'die'))
    controller.abort()
    await reading
    expect(died).toMatchObject({type: 'container', id, attributes: {exitCode: '4', name: box.name('eventful')}})
    expect(Math.abs(died.time.getTime() - Date.now())).toBeLessThan(10_000)
    expect(seen.map((event) => event.action)).toEqual(expect.arrayContaining(['create', 'start', 'die']))
  })
})
