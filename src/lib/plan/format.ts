/** A plan as text: a line per service for people, a line per step for those who want to see everything. Pure. */
import type {Operation, Plan, ServiceChange, Step} from './plan.js'

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
  const warnings = plan.warnings.map((warning) => `  ! ${warning}`)
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

/** Exhaustive on purpose: a new operation does not compile before it can be shown. */
export function formatOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'build-image':
      return `build ${operation.reference}`
    case 'pull-image':
      return `pull ${operation.reference}`
    case 'create-network':
      return `create network ${operation.network}`
    case 'create-volume':
      return `create volume ${operation.volume}`
    case 'store-files':
      return 'store configs and secrets'
    case 'build-router':
      return 'build the router image'
    case 'create-router':
      return 'start the router'
    case 'replace-router':
      return 'replace the router'
    case 'start-router':
      return 'start the router'
    case 'stop-router':
      return 'stop the router'
    case 'remove-state':
      return operation.volume ? 'remove what stackctl keeps at the engine' : 'remove the state container'
    case 'remove-router':
      return 'remove the router'
    case 'connect-router':
      return `connect the router to ${operation.network}`
    case 'rename-router-on':
      return `give the router its names on ${operation.network}`
    case 'configure-router':
      return 'configure the router'
    case 'create-replica':
      return `create ${operation.replica.container}`
    case 'start-replica':
      return `start ${operation.replica.container}`
    case 'gate':
      return `check ${operation.replica.container}`
    case 'monitor':
      return `watch ${operation.replicas.map((replica) => replica.container).join(', ')} for ${operation.windowMs / 1000} s`
    case 'accept':
      return `accept ${operation.replica.container}`
    case 'publish':
      return `publish ${operation.replica.container}`
    case 'unpublish':
      return `drain ${operation.replica.container}`
    case 'stop-replica':
      return `stop ${operation.replica.container}`
    case 'restart-replica':
      return `restart ${operation.replica.container}`
    case 'remove-replica':
      return `remove ${operation.replica.container}`
    case 'rename-replica':
      return `rename ${operation.replica.container} to ${operation.to}`
    case 'run-job':
      return `run ${operation.replica.container}`
    case 'pause':
      return `wait ${operation.ms / 1000} s`
    case 'remove-network':
      return `remove network ${operation.network}`
    case 'remove-volume':
      return `remove volume ${operation.volume}`
  }
}
