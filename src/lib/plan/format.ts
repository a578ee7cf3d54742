/** A plan as text: a line per service for people, a line per step for those who want to see everything. Pure. */
import type {Operation, Plan, ReplicaRef, ServiceChange, Step} from './plan.js'

const SIGN: Record<ServiceChange['action'], string> = {
  create: '+',
  replace: '~',
  scale: '~',
  start: '>',
  restart: '>',
  run: '*',
  stop: '-',
  remove: '-',
  orphan: '?',
  unchanged: '=',
}

/** The plan by service. The last line counts. */
export function formatPlan(plan: Plan): string {
  const rows = plan.changes.filter((change) => change.action !== 'unchanged')
  const unchanged = plan.changes.filter((change) => change.action === 'unchanged').map((change) => change.service)
  const width = Math.max(0, ...rows.map((change) => change.service.length))
  const lines = rows.map((change) => formatChange(change, width))
  if (unchanged.length > 0) lines.push(`  = ${unchanged.join(', ')}: unchanged`)
  const router = plan.steps
    .filter((step) => step.id.startsWith('router/'))
    .map((step) => `  ~ ${formatStep(step)}: ${step.because}`)
  const warnings = plan.warnings.map(({message}) => `  ! ${message}`)
  return [
    `Plan for ${plan.project}, release ${plan.release}:`,
    ...lines,
    ...router,
    ...warnings,
    formatCount(plan),
  ].join('\n')
}

/** Every step: `[needs] -> id: what, because`. */
export function formatSteps(plan: Plan): string {
  return plan.steps
    .map((step) => `[${step.needs.join(' ')}] -> ${step.id}: ${formatStep(step)}, ${step.because}`)
    .join('\n')
}

function formatChange(change: ServiceChange, width: number): string {
  const because = change.because.length > 0 ? `  (${change.because.join('; ')})` : ''
  return `  ${SIGN[change.action]} ${change.service.padEnd(width)}  ${change.action} ${change.how}${because}`
}

function formatCount(plan: Plan): string {
  const changed = plan.changes.filter((change) => change.action !== 'unchanged' && change.action !== 'orphan').length
  if (plan.steps.length === 0) return 'Nothing to do.'
  const downtime = plan.changes.filter((change) => change.downtime).map((change) => change.service)
  const warning = downtime.length > 0 ? ` Downtime: ${downtime.join(', ')}.` : ''
  return `${changed} to change, ${plan.changes.length - changed} unchanged, ${plan.steps.length} steps.${warning}`
}

/** A step in a few words; the title of its row. */
export function formatStep(step: Step): string {
  return formatOperation(step.operation)
}

export function formatOperation(operation: Operation): string {
  const title = TITLES[operation.kind] as (operation: Operation) => string
  return title(operation)
}

type Titles = {readonly [Kind in Operation['kind']]: (operation: Extract<Operation, {kind: Kind}>) => string}

const onReplica =
  (verb: string) =>
  ({replica}: {readonly replica: ReplicaRef}): string =>
    `${verb} ${replica.container}`

/** Exhaustive by its type: a new operation does not compile before it can be shown. */
const TITLES: Titles = {
  'build-image': ({reference}) => `build ${reference}`,
  'pull-image': ({reference}) => `pull ${reference}`,
  'create-network': ({network}) => `create network ${network}`,
  'create-volume': ({volume}) => `create volume ${volume}`,
  'store-files': () => 'store configs and secrets',
  'build-router': () => 'build the router image',
  'create-router': ({withoutPorts}) => `start the router${withoutPorts ? ' without its host ports' : ''}`,
  'take-ports': ({holders}) => `move host ports to the router${fromHolders(holders)}`,
  'give-back-ports': () => 'give host ports back',
  'replace-router': () => 'replace the router',
  'restore-router': () => 'put the router back that was replaced',
  'remove-old-router': () => 'remove the router that was replaced',
  'start-router': () => 'start the router',
  'stop-router': () => 'stop the router',
  'remove-router': () => 'remove the router',
  'remove-state': ({volume}) => (volume ? 'remove what stackctl keeps at the engine' : 'remove the state container'),
  'connect-router': ({network}) => `connect the router to ${network}`,
  'rename-router-on': ({network}) => `give the router its names on ${network}`,
  'configure-router': () => 'configure the router',
  'create-replica': onReplica('create'),
  'start-replica': onReplica('start'),
  gate: ({deadlineMs, replica}) =>
    `check ${replica.container}${deadlineMs === undefined ? '' : ` (at most ${deadlineMs / 1000} s without progress)`}`,
  monitor: ({replicas, restored, windowMs}) =>
    `watch ${count(replicas.length, restored ? 'replica' : 'new replica')} for ${windowMs / 1000} s`,
  watch: onReplica('watch'),
  accept: onReplica('accept'),
  publish: onReplica('publish'),
  unpublish: onReplica('drain'),
  'stop-replica': onReplica('stop'),
  'restart-replica': onReplica('restart'),
  'remove-replica': onReplica('remove'),
  'rename-replica': ({replica, to}) => `rename ${replica.container} to ${to}`,
  'run-job': ({joins, replica}) => (joins === undefined ? `run ${replica.container}` : `wait for ${joins}, which runs`),
  'run-hooks': ({hooks}) => `run the ${hooks} hooks`,
  pause: ({ms}) => `wait ${ms / 1000} s`,
  'remove-network': ({network}) => `remove network ${network}`,
  'remove-volume': ({volume}) => `remove volume ${volume}`,
}

function fromHolders(holders: readonly ReplicaRef[]): string {
  return holders.length === 0 ? '' : `, from ${holders.map(({container}) => container).join(', ')}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
