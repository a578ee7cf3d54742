import type {Check} from './check.js'
import type {Capacity, DoctorFacts, ImageNeed, PortFacts, StackFacts} from './facts.js'

/** PURE: the verdicts on what the stack needs from the host. */
import {describeFinding} from '../secrets/check.js'
import {formatBytes} from './size.js'

type Loaded = Extract<StackFacts, {isLoaded: true}>

export function judgeStack({stack, capacity}: DoctorFacts): Check[] {
  if (!stack.isLoaded) return [judgeUnreadable(stack)]
  const name = stack.environment === undefined ? stack.project : `${stack.project} (${stack.environment})`
  return [
    {id: 'stack', subject: 'stack', verdict: 'ok', detail: name},
    ...judgePorts(stack.ports),
    ...judgeImages(stack.images),
    ...(capacity ? judgeLimits(stack, capacity) : []),
    ...judgeSecrets(stack),
  ]
}

function judgeUnreadable({message, suggestions}: Extract<StackFacts, {isLoaded: false}>): Check {
  const advice = suggestions[0]
  return {id: 'stack', subject: 'stack', verdict: 'problem', detail: message, ...(advice === undefined ? {} : {advice})}
}

function judgePorts(ports: readonly PortFacts[]): Check[] {
  if (ports.length === 0) return [{id: 'ports', subject: 'ports', verdict: 'ok', detail: 'the stack publishes no port'}]
  const taken = ports.map(judgePort).filter((check) => check !== undefined)
  if (taken.length > 0) return taken
  const listed = ports.map(({port, holder}) => `${port}${holder.kind === 'own' ? ' (this stack)' : ''}`).join(', ')
  return [{id: 'ports', subject: 'ports', verdict: 'ok', detail: `free or held by this stack: ${listed}`}]
}

function judgePort({service, port, protocol, holder}: PortFacts): Check | undefined {
  const base = {id: 'ports', subject: `port ${port}/${protocol}`}
  const other = `stop it, or publish another host port for ${service}`
  switch (holder.kind) {
    case 'free':
    case 'own': {
      return undefined
    }

    case 'container': {
      const project = holder.project === undefined ? '' : ` of project ${holder.project}`
      return {...base, verdict: 'problem', detail: `held by container ${holder.container}${project}`, advice: other}
    }

    case 'process': {
      return {...base, verdict: 'problem', detail: 'held by another process of this host', advice: other}
    }

    case 'unknown': {
      const detail = `no container holds it; whether a process does cannot be seen from here`
      return {...base, verdict: 'info', detail}
    }
  }
}

function judgeImages(images: readonly ImageNeed[]): Check[] {
  const absent = images.filter(({isPresent}) => !isPresent)
  if (absent.length === 0) {
    const detail = images.length === 0 ? 'none needed' : images.map(({reference}) => reference).join(', ')
    return [{id: 'images', subject: 'images', verdict: 'ok', detail}]
  }

  return absent.map(({reference, services, use}) => ({
    id: 'images',
    subject: use === 'base' ? 'base image' : 'image',
    verdict: 'warning',
    detail: `${reference} (for ${services.join(', ')}) is not at the engine and has to be pulled`,
    advice: `docker pull ${reference}, or scripts/setup where no registry can be reached`,
  }))
}

/** Limits are promises to containers; more of them than there is means that the kernel decides who loses. */
function judgeLimits({limits}: Loaded, capacity: Capacity): Check[] {
  const base = {id: 'limits', subject: 'limits'}
  const memory = `${formatBytes(limits.memoryBytes)} of ${formatBytes(capacity.memoryBytes)} memory`
  const detail = `all replicas together: ${memory}, ${round(limits.cpus)} of ${capacity.cpus} CPUs`
  if (limits.memoryBytes > capacity.memoryBytes) {
    return [
      {...base, verdict: 'warning', detail, advice: 'lower deploy.resources.limits.memory, or run fewer replicas'},
    ]
  }

  if (limits.cpus > capacity.cpus) {
    return [{...base, verdict: 'info', detail: `${detail}: CPU time is shared when all are busy`}]
  }

  return [{...base, verdict: 'ok', detail}]
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function judgeSecrets({secrets, areSecretsStrict, environment}: Loaded): Check[] {
  if (secrets.length === 0) return [{id: 'secrets', subject: 'secrets', verdict: 'ok', detail: 'present and strong'}]
  const command = ['stackctl secrets', secrets.some(({problem}) => problem === 'missing') ? 'generate' : 'check']
  const advice = [...command, ...(environment === undefined ? [] : [environment])].join(' ')
  return secrets.map((finding) => ({
    id: 'secrets',
    subject: 'secret',
    verdict: areSecretsStrict || finding.problem === 'missing' ? 'problem' : 'warning',
    detail: describeFinding(finding),
    advice,
  }))
}
