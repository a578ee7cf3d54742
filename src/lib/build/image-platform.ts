/** Refuses an image that the engine cannot run, before anything is made from it. */
import type {EngineInfo, ImageFacts} from '../engine/engine.js'
import type {Service} from '../stack/model.js'

import {ImageError} from '../errors.js'
import {formatPlatform, judgePlatform} from '../stack/platform.js'

/**
 * Answers a warning when the image needs emulation and the file asks for it by `platform:`. Throws ImageError when it is
 * for another platform and nobody asked for that.
 */
export function checkPlatform(
  service: Service,
  image: Pick<ImageFacts, 'architecture' | 'os'>,
  info: EngineInfo,
): string | undefined {
  const verdict = judgePlatform({image, engine: info, asked: service.compose.platform})
  if (verdict === 'native') return undefined
  const what = `image ${service.image} of service ${service.name} is for ${formatPlatform(image)}, and the engine is ${formatPlatform(info)}`
  if (verdict === 'emulated') return `${what}: it runs by emulation (binfmt), slowly, or not at all`
  throw new ImageError(`${what}: it cannot run there`, {
    suggestions: [
      `use or build an image for ${formatPlatform(info)}`,
      `or ask for emulation: platform: ${formatPlatform(image)} at the service`,
    ],
    facts: {service: service.name, image: formatPlatform(image), engine: formatPlatform(info)},
  })
}
