import {describe, expect, it} from 'vitest'

import {formatPlatform, judgePlatform, type PlatformVerdict} from '../../../src/lib/stack/platform.js'

const at = (text: string) => {
  const [os = '', architecture = ''] = text.split('/')
  return {os, architecture}
}

describe('an image for a platform', () => {
  it.each<[PlatformVerdict, string, string, string | undefined]>([
    ['native', 'linux/amd64', 'linux/x86_64', undefined],
    ['native', 'linux/arm64', 'linux/aarch64', undefined],
    ['native', 'linux/386', 'linux/x86_64', undefined],
    ['native', 'linux/arm', 'linux/aarch64', undefined],
    ['native', 'linux/amd64', 'linux/x86_64', 'linux/amd64'],
    ['native', 'linux/', 'linux/x86_64', undefined],
    ['foreign', 'linux/arm64', 'linux/x86_64', undefined],
    ['foreign', 'linux/amd64', 'linux/aarch64', 'linux/arm64'],
    ['foreign', 'windows/amd64', 'linux/x86_64', undefined],
    ['emulated', 'linux/arm64', 'linux/x86_64', 'linux/arm64'],
    ['emulated', 'linux/arm', 'linux/x86_64', 'linux/arm/v7'],
  ])('is %s: %s on %s, asked for %s', (verdict, image, engine, asked) => {
    expect(judgePlatform({image: at(image), engine: at(engine), asked})).toBe(verdict)
  })

  it('is named as images are', () => {
    expect(formatPlatform({os: 'Linux', architecture: 'x86_64'})).toBe('linux/amd64')
  })
})
