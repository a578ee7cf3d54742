import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {appendAudit, AUDIT_LIMIT, readAudit} from '../../../src/lib/release/audit.js'
import {storedFileDigest, storeFiles} from '../../../src/lib/release/file-store.js'
import {Journal} from '../../../src/lib/release/journal.js'
import {keepImages, keepRepository} from '../../../src/lib/release/keep-tags.js'
import {Ledger} from '../../../src/lib/release/ledger.js'
import {pruneReleases} from '../../../src/lib/release/prune.js'
import {StateFiles} from '../../../src/lib/release/state-files.js'
import {removeState, stateName} from '../../../src/lib/release/state.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {auditOf, recordOf, serviceOf, snapshotOf} from './records.js'
import {buildTiny} from './tiny-image.js'

let sandbox: Sandbox
let foreign: string[]

beforeAll(async () => {
  sandbox = await openSandbox('prune')
  foreign = []
})

afterAll(async () => {
  const {engine} = sandbox
  for (const reference of foreign) await engine.removeImage(reference)
  await sandbox.remove()
})

describe('pruning', () => {
  it('lets go of old releases with all that only they need, and of nothing else', async () => {
    const {engine, id: project} = sandbox
    const file = (release: number) => ({
      name: 'app.toml',
      content: Buffer.from(`release ${release}`),
      uid: 0,
      gid: 0,
      mode: 0o444,
    })
    const pathOf = (release: number): string => `files/${storedFileDigest(file(release))}/app.toml`
    const ledger = new Ledger(engine, project)
    const paths = await storeFiles(engine, project, [1, 2, 3, 4, 5].map(file))
    for (const release of [1, 2, 3, 4, 5]) {
      const files = {'config:app': {sha256: 'f'.repeat(64), path: pathOf(release)}}
      await ledger.writeSnapshot(release, snapshotOf(project))
      await ledger.write(recordOf(project, release, {services: {web: serviceOf({files})}, stable: release !== 4}))
      await new Journal(engine, project, release).append({at: '', step: 'x', state: 'started'})
    }

    const mounted = paths.get(storedFileDigest(file(2))) ?? ''
    await engine.createContainer(`${project}-holder`, {
      Image: 'stackctl/empty:1',
      Cmd: ['x'],
      Labels: {'com.docker.compose.project': project},
      HostConfig: {NetworkMode: 'none', Mounts: [{Type: 'bind', Source: mounted, Target: '/app.toml', ReadOnly: true}]},
    })

    const pruned = await pruneReleases(engine, project, {keep: 1, current: 5})

    expect(pruned.releases).toEqual([1, 2, 4])
    // 3 is what a rollback goes back to.
    expect((await new Ledger(engine, project).list()).map(({release}) => release)).toEqual([3, 5])
    const content = await Promise.all([1, 2, 3, 4, 5].map(async (release) => ledger.content(pathOf(release))))
    expect(content.map((buffer) => buffer?.toString())).toEqual([
      undefined,
      'release 2',
      'release 3',
      undefined,
      'release 5',
    ])
    const snapshots = await Promise.all([1, 3, 4, 5].map(async (release) => ledger.snapshot(release)))
    expect(snapshots.map((snapshot) => snapshot !== undefined)).toEqual([false, true, false, true])
    expect(await new Journal(engine, project, 1).read()).toEqual([])
    expect(await new Journal(engine, project, 5).read()).toHaveLength(1)
    expect(await pruneReleases(engine, project, {keep: 1, current: 5})).toEqual({releases: [], files: [], images: []})
  })

  it('puts one file in the place of a hundred releases, and their numbers stay taken', async () => {
    const {engine, id: project} = sandbox
    const ledger = new Ledger(engine, project)
    for (const release of [198, 205, 206]) await ledger.write(recordOf(project, release))
    await pruneReleases(engine, project, {keep: 1, current: 206})
    const left = (await new StateFiles(engine, project).list('releases')).map(({path}) => path)
    expect(left.filter((path) => /^releases\/[01]/.test(path))).toEqual(['releases/0', 'releases/1'])
    expect((await ledger.list()).map(({release}) => release)).toEqual([205, 206])
    await new StateFiles(engine, project).remove(['releases/2'])
    expect(await ledger.lastNumber()).toBe(299)
  })
})

describe('images of releases', () => {
  it('are kept by tags of their own, and go with the last release that names them', async () => {
    const {engine, id: project} = sandbox
    const [first, second, both] = await Promise.all([
      buildTiny(sandbox, 'first'),
      buildTiny(sandbox, 'second'),
      buildTiny(sandbox, 'both'),
    ])
    const other = `stackctl-test/${project}:stays`
    foreign.push(other)
    await engine.tagImage(both, other)
    const record = (release: number, ids: readonly string[]) =>
      recordOf(project, release, {
        services: Object.fromEntries(
          ids.map((id, index) => [
            `s${index}`,
            serviceOf({image: {reference: `${project}-web`, identity: 'build:1', id, digests: []}}),
          ]),
        ),
      })
    await new StateFiles(engine, project).remove(['releases'])
    const ledger = new Ledger(engine, project)
    const [one, two] = [record(301, [first, both]), record(302, [second])]
    for (const release of [one, two]) {
      await ledger.write(release)
      await keepImages(engine, project, release)
      await keepImages(engine, project, release)
    }

    // As a newer build does: what kept the image is only the tag of ours.
    await engine.removeImage(`${project}-first`)
    await engine.removeImage(`${project}-both`)
    const imagesBefore = await allImages()
    const nobody = `stackctl/keep-${project}x:000000000000`
    foreign.push(nobody)
    await engine.tagImage(second, nobody)

    const {images} = await pruneReleases(engine, project, {keep: 1, current: undefined})

    expect(images.toSorted()).toEqual([first, both].toSorted())
    expect(await engine.inspectImage(first)).toBeUndefined()
    expect((await engine.inspectImage(both))?.tags).toEqual([other])
    expect((await engine.inspectImage(second))?.tags).toContain(nobody)
    expect(imagesBefore.filter((id) => id !== first)).toEqual(expect.arrayContaining(await allImages()))
    expect(await allImages()).toHaveLength(imagesBefore.length - 1)
  })

  it('stay while a container needs them', async () => {
    const {engine, id: project} = sandbox
    const image = await buildTiny(sandbox, 'needed')
    await keepImages(
      engine,
      project,
      recordOf(project, 303, {
        services: {web: serviceOf({image: {reference: 'x', identity: image, id: image, digests: []}})},
      }),
    )
    await engine.removeImage(`${project}-needed`)
    const container = await engine.createContainer(`${project}-needs`, {
      Image: image,
      Cmd: ['x'],
      Labels: {'com.docker.compose.project': project},
      HostConfig: {NetworkMode: 'none'},
    })
    await pruneReleases(engine, project, {keep: 1, current: undefined})
    expect(await engine.inspectImage(image)).toBeDefined()
    await engine.removeContainer(container, {force: true})
    await pruneReleases(engine, project, {keep: 1, current: undefined})
    expect(await engine.inspectImage(image)).toBeUndefined()
  })

  it('lose our tags with the state of the stack, and nothing else', async () => {
    const {engine, id: project} = sandbox
    expect(await engine.listTags(keepRepository(project))).not.toEqual([])
    await removeState(engine, project, {volume: true})
    expect(await engine.listTags(keepRepository(project))).toEqual([])
    expect(await engine.inspectVolume(stateName(project))).toBeUndefined()
    for (const reference of foreign) expect(await engine.inspectImage(reference)).toBeDefined()
  })

  async function allImages(): Promise<string[]> {
    const images = await sandbox.engine.listImages([`dev.stackctl.test=${sandbox.id}`])
    return images.map(({id}) => id)
  }
})

describe('the audit log', () => {
  it('begins where the stack has no state yet, newest first', async () => {
    const {engine, id: project} = sandbox
    expect(await readAudit(engine, project, {limit: 5})).toEqual([])
    expect(await engine.inspectVolume(stateName(project))).toBeUndefined()
    const times = ['2026-11-20T06:00:00.000Z', '2026-10-20T06:00:00.000Z', '2026-11-20T06:00:00.001Z']
    await Promise.all(times.map((at) => appendAudit(engine, project, auditOf(at))))
    const read = await readAudit(engine, project, {limit: 2})
    expect(read).toEqual([auditOf(times[2] ?? ''), auditOf(times[0] ?? '')])
  })

  it('leaves out an entry that was cut short, and lets the oldest go', async () => {
    const {engine, id: project} = sandbox
    const state = new StateFiles(engine, project)
    const older = Array.from({length: AUDIT_LIMIT - 1}, (_, index) => ({
      path: `audit/2026-09/2026-09-01T00-00-00.${String(index).padStart(3, '0')}Z-x.json`,
      content: index === 498 ? '{"at":' : JSON.stringify(auditOf(`entry ${index}`)),
    }))
    await state.write(older)
    await appendAudit(engine, project, auditOf('2026-12-01T00:00:00.000Z'))
    const all = await readAudit(engine, project, {limit: 1000})
    expect(all).toHaveLength(AUDIT_LIMIT - 1)
    expect(all[0]?.at).toBe('2026-12-01T00:00:00.000Z')
    expect(all.at(-1)?.at).toBe('entry 3')
    const left = await state.list('audit')
    expect(left.filter(({content}) => content.length > 0)).toHaveLength(AUDIT_LIMIT)
  })
})
