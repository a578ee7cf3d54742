/** Whether an image can run on an engine. Pure. */

export interface Platform {
  readonly os: string
  readonly architecture: string
}

/** `emulated`: the file asks for that platform, so somebody has seen to emulation. */
export type PlatformVerdict = 'native' | 'emulated' | 'foreign'

/** `asked` is the `platform:` of the service, `linux/arm64/v8`. */
export function judgePlatform(facts: {image: Platform; engine: Platform; asked: string | undefined}): PlatformVerdict {
  const image = normal(facts.image)
  const engine = normal(facts.engine)
  if (image.os === engine.os && runs(engine.architecture, image.architecture)) return 'native'
  const [os = '', architecture = ''] = (facts.asked ?? '').split('/')
  const asked = normal({os, architecture})
  return asked.os === image.os && asked.architecture === image.architecture ? 'emulated' : 'foreign'
}

/** `linux/amd64` */
export function formatPlatform(platform: Platform): string {
  const {architecture, os} = normal(platform)
  return `${os}/${architecture}`
}

/** The kernel's names, as an engine tells them, to those of images. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  i386: '386',
  i686: '386',
  aarch64: 'arm64',
  armhf: 'arm',
  armv6l: 'arm',
  armv7l: 'arm',
  armv8l: 'arm64',
}

function normal({architecture, os}: Platform): Platform {
  const name = architecture.toLowerCase()
  return {os: os.toLowerCase(), architecture: ARCHITECTURES[name] ?? name}
}

/** 64-bit kernels run the programs of their 32-bit predecessors. An image that does not say what it is for is believed. */
function runs(engine: string, image: string): boolean {
  return (
    image === '' ||
    image === engine ||
    (engine === 'amd64' && image === '386') ||
    (engine === 'arm64' && image === 'arm')
  )
}
