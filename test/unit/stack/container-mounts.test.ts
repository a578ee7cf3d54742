import {describe, expect, it} from 'vitest'

import type {ComposeService} from '../../../src/lib/stack/compose-types.js'

import {containerBody} from '../../../src/lib/stack/container.js'
import {fileMounts} from '../../../src/lib/stack/file-mounts.js'
import {contextOf, stackOf} from './fixture.js'

async function translate(service: ComposeService) {
  const stack = await stackOf({web: service}, {volumes: {data: {name: 'shop_data'}}})
  return containerBody(stack.services[0]!, contextOf(stack))
}

describe('a mount', () => {
  it('is made missing on the host only where the file says so', async () => {
    const bind = (keys: object, source = '/srv/x') => ({type: 'bind', source, target: '/x', bind: keys})
    expect((await translate({volumes: [bind({create_host_path: true, selinux: 'Z'})]})).body.HostConfig).toMatchObject({
      Binds: ['/srv/x:/x:rw,Z'],
    })
    const strict = (await translate({volumes: [bind({propagation: 'rshared'})]})).body.HostConfig
    expect([strict?.Binds, strict?.Mounts]).toEqual([
      undefined,
      [{Type: 'bind', Source: '/srv/x', Target: '/x', BindOptions: {Propagation: 'rshared'}}],
    ])
    const colon = (await translate({volumes: [bind({create_host_path: true}, '/srv/a:b')]})).body.HostConfig
    expect(colon?.Mounts?.[0]?.Source).toBe('/srv/a:b')
  })

  it('has every option of its kind', async () => {
    const volumes = [
      {type: 'volume', source: 'data', target: '/a', volume: {subpath: 'x', nocopy: true}},
      {type: 'tmpfs', target: '/b', tmpfs: {size: '1048576', mode: '1777'}},
      {type: 'bind', source: '/s', target: '/c', bind: {recursive: 'disabled'}},
      {type: 'image', source: 'shop/assets', target: '/d', image: {subpath: 'y'}},
    ]
    expect((await translate({volumes})).body.HostConfig?.Mounts).toEqual([
      {Type: 'volume', Source: 'shop_data', Target: '/a', VolumeOptions: {NoCopy: true, Subpath: 'x'}},
      {Type: 'tmpfs', Target: '/b', TmpfsOptions: {SizeBytes: 1_048_576, Mode: 0o1777}},
      {Type: 'bind', Source: '/s', Target: '/c', BindOptions: {NonRecursive: true}},
      {Type: 'image', Source: 'shop/assets', Target: '/d', ImageOptions: {Subpath: 'y'}},
    ])
  })

  it('of a config or secret is read-only, at its default place unless another is named', async () => {
    const service = {
      secrets: [
        {source: 's'},
        {source: 's', target: 'short', mode: '0400', uid: '10001'},
        {source: 's', target: '/abs', mode: 256},
      ],
      configs: [{source: 'c'}],
    }
    const stack = await stackOf({web: service}, {secrets: {s: {file: '/s'}}, configs: {c: {content: 'x'}}})
    const web = stack.services[0]!
    expect(fileMounts(stack, web).map(({target, mode, uid}) => [target, mode, uid])).toEqual([
      ['/run/secrets/s', undefined, undefined],
      ['/run/secrets/short', 0o400, '10001'],
      ['/abs', 0o400, undefined],
      ['/c', undefined, undefined],
    ])
    const mounts = containerBody(web, contextOf(stack)).body.HostConfig?.Mounts
    expect(mounts?.[0]).toEqual({Type: 'bind', Source: '/host/secrets/s', Target: '/run/secrets/s', ReadOnly: true})
    expect(mounts?.at(-1)).toEqual({Type: 'bind', Source: '/host/configs/c', Target: '/c', ReadOnly: true})
  })

  it('of a volume wins over a secret on the same path', async () => {
    const service = {
      secrets: [{source: 's', target: '/data'}],
      volumes: [{type: 'volume', source: 'data', target: '/data/'}],
    }
    const stack = await stackOf({web: service}, {secrets: {s: {file: '/s'}}, volumes: {data: null}})
    expect(containerBody(stack.services[0]!, contextOf(stack)).body.HostConfig?.Mounts).toHaveLength(1)
  })
})
