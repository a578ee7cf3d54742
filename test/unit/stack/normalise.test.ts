import {describe, expect, it} from 'vitest'

import type {ComposeVolume} from '../../../src/lib/stack/compose-types.js'

import {isOlder} from '../../../src/lib/stack/compose-run.js'
import {normalise} from '../../../src/lib/stack/normalise.js'

function bindOf(volume: ComposeVolume, composeVersion: string): ComposeVolume['bind'] {
  const project = {name: 'shop', services: {web: {volumes: [volume]}}}
  return normalise(project, {composeVersion, directory: '/'}).services?.web?.volumes?.[0]?.bind
}

describe('create_host_path', () => {
  const bind = {type: 'bind', source: '/a', target: '/b'}

  it('is what it says to docker compose 2, where an absent one is false', () => {
    expect(bindOf({...bind, bind: {}}, '2.40.3')).toEqual({})
    expect(bindOf({...bind, bind: {create_host_path: true}}, '2.26.1')).toEqual({create_host_path: true})
  })

  it('is true when docker compose 5 leaves it out', () => {
    expect(bindOf({...bind, bind: {}}, '5.0.0')).toEqual({create_host_path: true})
    expect(bindOf({...bind, bind: {create_host_path: false}}, '5.1.0')).toEqual({create_host_path: false})
    expect(bindOf(bind, '5.0.0')).toBeUndefined()
  })
})

describe('a version is older', () => {
  it.each([
    ['2.25.9', '2.26.0', true],
    ['2.26.0', '2.26.0', false],
    ['2.26.1', '2.26.0', false],
    ['2.9.0', '2.26.0', true],
    ['5.0.0', '2.26.0', false],
    ['1.41', '1.44', true],
    ['1.9', '1.41', true],
    ['1.44', '1.44', false],
  ])('%s than %s: %s', (version, than, expected) => {
    expect(isOlder(version, than)).toBe(expected)
  })
})
