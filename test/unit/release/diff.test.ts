import {describe, expect, it} from 'vitest'

import type {ReleaseService} from '../../../src/lib/release/record.js'
import type {ComposeService} from '../../../src/lib/stack/compose-types.js'

import {diffReleases, type KeptRelease} from '../../../src/lib/release/diff.js'
import {changesOf} from '../../../src/lib/release/history.js'
import {recordOf, serviceOf, snapshotOf} from '../../engine/release/records.js'

function kept(release: number, compose: ComposeService | undefined, more: Partial<ReleaseService> = {}): KeptRelease {
  const services = {web: serviceOf({configHash: `v1:${release}`, ...more})}
  const snapshot = snapshotOf('shop')
  return {
    record: recordOf('shop', release, {services}),
    snapshot: compose && {...snapshot, compose: {...snapshot.compose, services: {web: compose}}},
  }
}

describe('what differs between two releases', () => {
  it('is nothing between equal ones', () => {
    const same = kept(1, {image: 'web:1'})
    expect(diffReleases(same, same)).toEqual({services: [], stack: [], complete: true})
  })

  it('names variables and never has a value of them', () => {
    const from = kept(1, {environment: {SAME: 'x', CHANGED: 'old-value', GONE: 'gone-value'}})
    const to = kept(2, {environment: {SAME: 'x', CHANGED: 'new-value', NEW: 'added-value'}})
    const diff = diffReleases(from, to)
    expect(diff.services[0]?.environment).toEqual({added: ['NEW'], removed: ['GONE'], changed: ['CHANGED']})
    expect(JSON.stringify(diff)).not.toContain('value')
  })

  it('tells a new reference from an image that was built anew', () => {
    const image = (reference: string, id: string) => ({
      image: {reference, identity: id, id: `sha256:${id.repeat(64)}`, digests: []},
    })
    const one = kept(1, {}, image('web:1', 'a'))
    expect(diffReleases(one, kept(2, {}, image('web:2', 'b'))).services[0]?.image).toEqual({from: 'web:1', to: 'web:2'})
    expect(diffReleases(one, kept(2, {}, image('web:1', 'b'))).services[0]?.image).toEqual({
      from: 'web:1 (aaaaaaaaaaaa)',
      to: 'web:1 (bbbbbbbbbbbb)',
    })
  })

  it('compares configs and secrets by what they contain', () => {
    const file = (sha256: string) => ({sha256, path: `files/${sha256}/x`})
    const from = kept(1, {}, {files: {'config:a': file('1'), 'secret:b': file('2'), 'secret:c': file('3')}})
    const to = kept(2, {}, {files: {'config:a': file('1'), 'secret:b': file('9'), 'config:d': file('4')}})
    expect(diffReleases(from, to).services[0]?.files).toEqual({
      added: ['config:d'],
      removed: ['secret:c'],
      changed: ['secret:b'],
    })
  })

  it('names other keys by path, and neither image, variables nor replicas among them', () => {
    const from = kept(1, {image: 'a', command: ['x'], deploy: {replicas: 1, resources: {limits: {memory: '64'}}}})
    const to = kept(2, {
      image: 'b',
      command: ['y'],
      scale: 3,
      deploy: {replicas: 3, resources: {limits: {memory: '96'}}},
    })
    expect(diffReleases(from, to).services[0]?.keys).toEqual(['command', 'deploy.resources.limits.memory'])
  })

  it('names services that came and went, and keys of the stack', () => {
    const from = kept(1, {})
    const other = kept(2, {})
    const record = {...other.record, services: {api: serviceOf()}}
    const snapshot = other.snapshot && {
      ...other.snapshot,
      compose: {...other.snapshot.compose, networks: {default: {internal: true}}},
    }
    const diff = diffReleases(from, {record, snapshot})
    expect(diff.services.map(({service, change}) => `${service} ${change}`)).toEqual(['api added', 'web removed'])
    expect(diff.stack).toEqual(['networks'])
  })

  it('is found by hash, image and files where a configuration is not kept', () => {
    const diff = diffReleases(kept(1, undefined), kept(2, {environment: {A: '1'}}))
    expect(diff.complete).toBe(false)
    expect(diff.services.map(({service, keys}) => [service, keys])).toEqual([['web', []]])
  })
})

describe('what a release changed', () => {
  it('is told against the one it came from, which may be gone', () => {
    const one = recordOf('shop', 1, {services: {web: serviceOf(), old: serviceOf()}})
    const three = recordOf('shop', 3, {from: 1, services: {web: serviceOf({replicas: 5}), api: serviceOf()}})
    expect(changesOf(three, [one, three])).toEqual({added: ['api'], changed: ['web'], removed: ['old']})
    expect(changesOf(three, [three])).toBeUndefined()
    expect(changesOf(one, [one])?.added).toEqual(['old', 'web'])
  })
})
