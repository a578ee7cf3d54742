/** What would stop a deploy half way, looked at before anything is touched. Every problem is found in one go. */
import type {ContainerSummary} from '../engine/engine.js'
import type {ObservedStack} from '../observe/observed.js'
import type {Operation, Plan} from '../plan/plan.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {publishedPorts} from '../doctor/needs.js'
import {holderOf} from '../doctor/ports.js'
import {PreflightError} from '../errors.js'
import {LABELS, OWN_LABELS} from '../labels.js'
import {checkPlatforms, type Problem, shortOfSpace} from './preflight-images.js'

/**
 * Throws PreflightError (exit 3) that names each port, name, network and volume in the way, and a full disk; ImageError
 * for an image that cannot run on the engine. What stops nothing is said as warnings.
 */
export async function preflight(surroundings: Surroundings, facts: DeployFacts, plan: Plan): Promise<void> {
  const {emit, engine} = surroundings
  for (const warning of plan.warnings) emit({type: 'warning', ...warning})
  checkPlatforms(surroundings, facts, plan)
  const containers = await engine.listContainers([])
  const problems = [
    ...(await takenPorts(surroundings, {containers, observed: facts.observed, plan})),
    ...takenNames(plan, containers, surroundings.stack.project),
    ...missingExternals(surroundings, facts.observed),
    ...changedNetworks(surroundings, facts.observed),
    ...(await shortOfSpace(surroundings, facts.info, plan)),
  ]
  if (problems.length === 0) return
  const message = problems.map((problem) => problem.message).join('; ')
  throw new PreflightError(message, {suggestions: [...new Set(problems.map((problem) => problem.remedy))]})
}

/** Host ports that somebody else holds. Those that the stack itself holds are handed over by the plan. */
async function takenPorts(
  surroundings: Surroundings,
  facts: {containers: readonly ContainerSummary[]; observed: ObservedStack; plan: Plan},
): Promise<Problem[]> {
  const {engine, stack} = surroundings
  const own = new Set(
    facts.containers.filter((container) => belongsTo(container, stack.project)).map((container) => container.name),
  )
  const starting = new Set(
    facts.plan.changes.filter((change) => change.action !== 'unchanged').map((change) => change.service),
  )
  const problems: Problem[] = []
  for (const port of publishedPorts(stack).filter((candidate) => starting.has(candidate.service))) {
    const holder = await holderOf(port, {
      project: stack.project,
      containers: facts.containers,
      isLocal: isLocal(engine.address),
    })
    const where = `port ${port.port} of service ${port.service}`
    if (holder.kind === 'container' && !own.has(holder.container)) {
      problems.push({
        message: `${where} is taken by container ${holder.container}`,
        remedy: `stop that container, or publish another port`,
      })
    } else if (holder.kind === 'process') {
      problems.push({
        message: `${where} is taken by a process of this host`,
        remedy: `end that process (ss -ltnp shows it), or publish another port`,
      })
    }
  }

  return problems
}

function belongsTo(container: ContainerSummary, project: string): boolean {
  return container.labels[LABELS.project] === project || container.labels[OWN_LABELS.project] === project
}

function isLocal(address: string): boolean {
  return address.startsWith('unix://')
}

/** Names of containers to be made that a container of somebody else has. */
function takenNames(plan: Plan, containers: readonly ContainerSummary[], project: string): Problem[] {
  const wanted = new Set(
    plan.steps
      .map((step) => step.operation)
      .flatMap((operation) =>
        operation.kind === 'create-replica' || (operation.kind === 'run-job' && !isLeftOver(operation))
          ? [operation.replica.container]
          : [],
      ),
  )
  // Its own plan makes room: what is renamed, and what an earlier run created and never started.
  const leaving = new Set(
    plan.steps
      .map((step) => step.operation)
      .flatMap((operation) =>
        operation.kind === 'rename-replica' || operation.kind === 'remove-replica' ? [operation.replica.container] : [],
      ),
  )
  return containers
    .filter((container) => wanted.has(container.name) && !leaving.has(container.name))
    .map((container) => ({
      message: `the name ${container.name} is taken by a container of ${belongsTo(container, project) ? 'this stack' : (container.labels[LABELS.project] ?? 'somebody else')}`,
      remedy: `remove or rename that container, or change container_name`,
    }))
}

/** The name is that of an earlier run of the job, which it waits for or removes. */
function isLeftOver({joins, replaces, replica}: Extract<Operation, {kind: 'run-job'}>): boolean {
  return joins !== undefined || replaces.includes(replica.container)
}

function missingExternals({stack}: Surroundings, observed: ObservedStack): Problem[] {
  const networks = stack.networks
    .filter((network) => network.external && !observed.networks.has(network.name))
    .map(({name}) => ({message: `external network ${name} does not exist`, remedy: `docker network create ${name}`}))
  const volumes = stack.volumes
    .filter((volume) => volume.external && !observed.volumes.has(volume.name))
    .map(({name}) => ({message: `external volume ${name} does not exist`, remedy: `docker volume create ${name}`}))
  return [...networks, ...volumes]
}

/** A network cannot be changed while containers are on it, and doing as if nothing had changed would be a lie. */
function changedNetworks({stack}: Surroundings, observed: ObservedStack): Problem[] {
  return stack.networks.flatMap((network) => {
    const present = observed.networks.get(network.name)
    if (present === undefined || network.external) return []
    const changes = [
      ...(present.internal === network.internal ? [] : [`internal: ${network.internal}`]),
      ...(network.driver !== '' && present.driver !== network.driver ? [`driver: ${network.driver}`] : []),
    ]
    if (changes.length === 0) return []
    return [
      {
        message: `network ${network.name} exists without ${changes.join(', ')}`,
        remedy: 'stackctl down, then deploy: a network in use cannot be changed',
      },
    ]
  })
}
