/** What an operator should know about a service before it is rolled out, though it stops nothing. Pure. */
import type {Service} from '../stack/model.js'
import type {DesiredService, ImageTraits} from './desired.js'
import type {PlanWarning} from './plan.js'

/** One line each, with its remedy. What an image says is known only once it is at the engine. */
export function serviceWarnings({image, service}: Pick<DesiredService, 'image' | 'service'>): PlanWarning[] {
  if (service.job !== undefined) return []
  return [...healthWarnings(service, image.traits), ...stopWarnings(service, image.traits)]
}

function healthWarnings(service: Service, image: ImageTraits | undefined): PlanWarning[] {
  const isWatched = service.route !== undefined || service.replicas > 1
  if (!isWatched || hasHealthcheck(service, image) !== false) return []
  const basis = service.route === undefined ? 'as long as it keeps running' : 'as soon as it accepts connections'
  const message = `service ${service.name} has no health check: a new replica counts as ready ${basis}; give it a healthcheck`
  return [{code: 'W_NO_HEALTHCHECK', message}]
}

/** Undefined when nobody can know yet. */
function hasHealthcheck({compose}: Service, image: ImageTraits | undefined): boolean | undefined {
  const {disable, test} = compose.healthcheck ?? {}
  if (disable) return false
  const first = Array.isArray(test) ? (test as readonly string[])[0] : test
  return first === undefined ? image?.hasHealthcheck : first !== 'NONE'
}

/** What makes a stop lose requests or data: nobody there who hears the signal, or no time to act on it. */
function stopWarnings(service: Service, image: ImageTraits | undefined): PlanWarning[] {
  const {compose, name, stopGraceMs} = service
  const signal = compose.stop_signal ?? image?.stopSignal ?? ''
  const problems = [
    ...(/^(?:SIG)?KILL$|^9$/i.test(signal)
      ? [`stops by ${signal}, so it cannot finish what it does; name a signal that it handles`]
      : []),
    ...(stopGraceMs === 0 ? ['has a stop_grace_period of 0, so it is killed at once; give it some seconds'] : []),
    ...(isWrappedInShell(service, image)
      ? [
          'runs in a shell (sh -c), which keeps the stop signal to itself, so it is killed when its grace period is over; ' +
            'write exec before its command, or init: true',
        ]
      : []),
  ]
  return problems.map((problem) => ({code: 'W_STOP_SIGNAL', message: `service ${name} ${problem}`}))
}

const SHELL = /(?:^|\/)(?:ash|bash|dash|ksh|sh|zsh)$/

/** The first process is `sh -c …` and the script neither hands over by `exec` nor handles signals by `trap`. */
function isWrappedInShell({compose}: Service, image: ImageTraits | undefined): boolean {
  if (compose.init) return false
  // As for the engine: an entrypoint of the file puts the command of the image out of force.
  const entrypoint = compose.entrypoint ?? image?.entrypoint ?? []
  const command = compose.command ?? (compose.entrypoint ? [] : (image?.command ?? []))
  const [file = '', flag = '', script = ''] = [...entrypoint, ...command]
  return SHELL.test(file) && /^-[a-z]*c$/.test(flag) && !/\b(?:exec|trap)\b/.test(script)
}
