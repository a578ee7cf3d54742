/** Stop, start, restart in place and down: plans over what is there, carried out by the same executor as a deploy. */
import type {EngineInfo} from '../engine/engine.js'
import type {ObservedStack} from '../observe/observed.js'
import type {Plan} from '../plan/plan.js'
import type {Surroundings} from './facts.js'

import {ConfigError} from '../errors.js'
import {executePlan, summaryOf} from '../execute/execute.js'
import {performer} from '../execute/perform.js'
import {Site} from '../execute/site.js'
import {planDown, planRestart, planStart, planStop} from '../plan/lifecycle.js'
import {isEmpty} from '../plan/plan.js'
import {changeStack, noteInAudit} from './change.js'
import {refuseUnknownServices} from './deploy.js'
import {asServed, observeStack} from './facts.js'

export interface LifecycleRequest extends Surroundings {
  readonly command: 'stop' | 'start' | 'restart' | 'down'
  readonly services: readonly string[]
  /** `down`: remove named volumes, and with them the data. */
  readonly volumes: boolean
  readonly waitLockMs?: number | undefined
  readonly approve: (plan: Plan, observed: ObservedStack) => Promise<void>
}

export interface LifecycleResult {
  readonly project: string
  readonly outcome: 'done' | 'nothing-to-do'
  readonly changes: Plan['changes']
  readonly durationMs: number
}

export async function runLifecycle(request: LifecycleRequest): Promise<LifecycleResult> {
  const {command, emit, stack, waitLockMs} = request
  refuseUnknownServices({stack, options: request})
  emit({type: 'run-started', command, project: stack.project})
  return changeStack({surroundings: request, command, waitLockMs}, async (surroundings) => {
    const value = await runLocked({...request, ...surroundings})
    // The audit log would bring the state back that was just removed: `down` is written down before (see below).
    const isTold = value.outcome === 'nothing-to-do' || command === 'down'
    return {value, done: isTold ? undefined : {release: undefined, summary: servicesChanged(value)}}
  })
}

function servicesChanged({changes}: LifecycleResult): string {
  const changed = changes.filter((change) => change.action !== 'unchanged')
  return changed.map(({action, service}) => `${service}: ${action}`).join('; ')
}

async function runLocked(asked: LifecycleRequest): Promise<LifecycleResult> {
  const started = performance.now()
  const {emit, engine, signal} = asked
  const [info, observed] = await Promise.all([engine.info(), observeStack(asked)])
  const stack = asServed(asked.stack, observed)
  const request = {...asked, stack}
  const plan = planFor(request, observed)
  const elapsed = (): number => Math.round(performance.now() - started)
  if (isEmpty(plan)) {
    emit({type: 'run-finished', outcome: 'nothing-to-do', durationMs: elapsed()})
    return {project: stack.project, outcome: 'nothing-to-do', changes: plan.changes, durationMs: elapsed()}
  }

  await request.approve(plan, observed)
  if (request.command === 'down' && !request.volumes)
    await noteInAudit(request, {
      command: 'down',
      outcome: 'begun',
      release: undefined,
      summary: '',
      durationMs: 0,
      error: undefined,
    })
  emit({type: 'plan-ready', steps: plan.steps.map((step) => summaryOf(step))})
  const site = siteFor(request, info, plan)
  try {
    await executePlan({plan, perform: performer(site), emit, signal})
  } catch (error) {
    emit({type: 'run-finished', outcome: signal.aborted ? 'interrupted' : 'failed', durationMs: elapsed()})
    throw error
  } finally {
    site.close()
  }

  emit({type: 'run-finished', outcome: 'succeeded', durationMs: elapsed()})
  return {project: stack.project, outcome: 'done', changes: plan.changes, durationMs: elapsed()}
}

function planFor(request: LifecycleRequest, observed: ObservedStack): Plan {
  const facts = {stack: request.stack, observed, services: request.services}
  switch (request.command) {
    case 'stop':
      return planStop(facts)
    case 'start':
      return planStart(facts)
    case 'restart':
      return planRestart(facts)
    case 'down':
      return planDown({...facts, volumes: request.volumes})
  }
}

/** No operation of these plans makes a container, so there is nothing to know about images and files. */
function siteFor(request: LifecycleRequest, info: EngineInfo, plan: Plan): Site {
  const {emit, engine, stack} = request
  const services = new Map(
    stack.services.map((service) => [
      service.name,
      {
        service,
        configHash: '',
        fileDigests: {},
        image: {reference: service.image, identity: '', state: 'present' as const, because: '', needs: []},
      },
    ]),
  )
  return new Site({
    engine,
    stack,
    emit,
    info,
    desired: {stack, release: plan.release, services, router: undefined, dormant: new Set(), hasFiles: false},
    contents: new Map(),
    composeHashes: async () => new Map(),
    provideImage: async (service) => {
      throw new ConfigError(`no image of ${service} is needed to ${request.command} a stack`)
    },
    runHooks: async (kind) => {
      throw new ConfigError(`no ${kind} hook is run to ${request.command} a stack`)
    },
  })
}
