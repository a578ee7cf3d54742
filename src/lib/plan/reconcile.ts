/**
 * (what should be, what is) → what to do. Pure: equal facts give equal plans, and nothing is read or changed here.
 */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {Dependency, Service} from '../stack/model.js'
import type {Desired, ReconcileOptions} from './desired.js'
import type {Foundations} from './infrastructure.js'
import type {Operation, Plan, PlanWarning, ServiceChange} from './plan.js'
import type {RolloutSteps} from './rollout.js'
import type {ServiceState} from './service-state.js'

import {PlanBuilder} from './builder.js'
import {describeChange, describeOrphan} from './change.js'
import {afterMakingWay, followedService, hasMadeWay, hostsOf, isReplaced, planMakeWay} from './followers.js'
import {planFoundations} from './infrastructure.js'
import {mustChange, planJob} from './jobs.js'
import {planMonitor} from './monitor-step.js'
import {assertSound} from './plan.js'
import {asRenamed, planOrphanRemoval, planRemoval} from './removal.js'
import {refOf} from './replica-steps.js'
import {planRollout} from './rollout.js'
import {planRouterEnd, takesPortOfRouter} from './router-steps.js'
import {dependenciesOf, inDependencyOrder, jobsFirst, selectServices} from './selection.js'
import {isJob, serviceState, unpublished} from './service-state.js'
import {handedOver, planHandOver, planHoldersEnd} from './take-ports.js'
import {serviceWarnings} from './warnings.js'

export function reconcile(facts: {desired: Desired; observed: ObservedStack; options: ReconcileOptions}): Plan {
  const draft = new Draft(facts)
  return draft.plan()
}

/** A plan being made. Only `reconcile` sees it. */
class Draft {
  readonly #desired: Desired
  readonly #observed: ObservedStack
  readonly #facts: {readonly desired: Desired; readonly observed: ObservedStack}
  readonly #options: ReconcileOptions
  readonly #builder: PlanBuilder
  readonly #selected: ReadonlySet<string>
  /** Old containers whose host ports or names pass to the router at the end. */
  readonly #handedOver: readonly ObservedContainer[]
  readonly #changes: ServiceChange[] = []
  readonly #warnings: PlanWarning[] = []
  readonly #rollouts = new Map<string, RolloutSteps>()
  /** Last step of each job that is to run. */
  readonly #jobs = new Map<string, string>()
  #foundations: Foundations = {image: new Map(), common: [], router: []}

  constructor(facts: {desired: Desired; observed: ObservedStack; options: ReconcileOptions}) {
    this.#desired = facts.desired
    this.#observed = facts.observed
    this.#facts = facts
    this.#options = facts.options
    this.#builder = new PlanBuilder({firstDeploy: facts.observed.containers.length === 0})
    this.#handedOver = facts.options.jobs === 'only' ? [] : handedOver(facts.desired, facts.observed)
    this.#selected = selectServices(facts)
  }

  plan(): Plan {
    const states = this.#states()
    const changing = states.filter((state) => mustChange(state, this.#options))
    this.#warnings.push(...changing.flatMap((state) => serviceWarnings(state.wanted)))
    if (changing.length > 0 || this.#options.jobs !== 'only') {
      this.#foundations = planFoundations(this.#builder, {
        ...this.#facts,
        services: changing
          .filter((state) => state.missing.length > 0 || isJob(state))
          .map((state) => state.wanted.service.name),
      })
    }

    for (const state of jobsFirst(this.#desired.stack, states)) {
      if (changing.includes(state)) this.#move(state, changing)
      this.#changes.push(describeChange(state, {changing: changing.includes(state), ...this.#facts}))
    }

    const orphans = this.#orphans()
    const moved = new Set(this.#rollouts.keys())
    if (this.#options.jobs !== 'only') planHandOver(this.#builder, {...this.#facts, moved})
    planMonitor(this.#builder, this.#desired, this.#rollouts)
    this.#finish(orphans)
    const plan: Plan = {
      project: this.#desired.stack.project,
      release: this.#desired.release,
      changes: this.#changes,
      steps: this.#builder.steps,
      policies: this.#builder.policies,
      warnings: this.#warnings,
    }
    assertSound(plan)
    return plan
  }

  /** The selected services as they are, dependencies first, and those that must move along with one of them. */
  #states(): ServiceState[] {
    const states: ServiceState[] = []
    const replaced = new Set<string>()
    for (const service of inDependencyOrder(this.#desired.stack)) {
      const wanted = this.#desired.services.get(service.name)
      if (wanted === undefined) throw new Error(`no facts about service ${service.name}`)
      const followed =
        service.job === undefined && this.#exists(service.name) ? followedService(service, replaced) : undefined
      if (!this.#selected.has(service.name) && followed === undefined) continue
      const recreate = this.#options.recreate.has(service.name) ? 'asked for' : followed && `${followed} is replaced`
      const state = serviceState(wanted, this.#observed, {
        recreate,
        unsettled: this.#desired.unsettled,
        release: this.#desired.release,
      })
      if (isReplaced(state)) replaced.add(service.name)
      states.push(state)
    }

    return states
  }

  #exists(service: string): boolean {
    return this.#observed.containers.some((container) => container.service === service)
  }

  #move(state: ServiceState, changing: readonly ServiceState[]): void {
    const {service} = state.wanted
    const needs = {
      create: [
        ...this.#createNeeds(service),
        ...hostsOf(service).flatMap((host) => this.#rollouts.get(host)?.ready ?? []),
      ],
      start: [...this.#dependencyNeeds(service), ...this.#jobNeeds(service), ...this.#portNeeds(service)],
      router: this.#foundations.router,
    }
    const {release, stack, unsettled} = this.#desired
    const facts = {release, unsettled, project: stack.project, handedOver: this.#handedOver}
    if (isJob(state)) {
      const hooks = this.#desired.stack.settings.hooks['pre-migrate']
      this.#jobs.set(service.name, planJob(this.#builder, {...facts, state, needs, hooks}))
      return
    }

    const guests = changing.filter((other) => hostsOf(other.wanted.service).includes(service.name))
    const leave = planMakeWay(this.#builder, {host: state, guests, needs: [...needs.create, ...needs.start]})
    const left = hasMadeWay(this.#builder, state) ? afterMakingWay(state) : state
    const own = this.#has('stop-router') ? unpublished(left) : left
    this.#rollouts.set(service.name, planRollout(this.#builder, {...facts, state: own, needs: {...needs, leave}}))
  }

  #createNeeds(service: Service): string[] {
    const image = this.#foundations.image.get(service.name)
    return [...this.#foundations.common, ...(image ? [image] : [])]
  }

  /** The steps after which each dependency is in the condition that is asked for. */
  #dependencyNeeds(service: Service): string[] {
    return service.dependsOn.flatMap((dependency) => this.#conditionSteps(dependency))
  }

  #conditionSteps(dependency: Dependency): readonly string[] {
    const job = this.#jobs.get(dependency.service)
    if (job !== undefined) return [job]
    const rollout = this.#rollouts.get(dependency.service)
    if (rollout) return dependency.condition === 'service_started' ? rollout.started : rollout.ready
    if (dependency.condition === 'service_started') return []
    return this.#observed.containers
      .filter(
        (container) =>
          container.service === dependency.service &&
          container.state === 'running' &&
          container.health !== 'healthy' &&
          container.health !== 'none',
      )
      .map((container) => this.#awaitHealthy(container))
  }

  /** An unchanged dependency that is not healthy right now has to become so first. */
  #awaitHealthy(container: ObservedContainer): string {
    const id = `${container.service}/${container.name}/await-healthy`
    if (this.#builder.has(id)) return id
    return this.#builder.add({
      id,
      operation: {kind: 'gate', replica: refOf(container)},
      because: 'another service depends on it being healthy',
      service: container.service,
    })
  }

  /** Nothing is swapped before the jobs have run, except what the jobs themselves need. */
  #jobNeeds(service: Service): string[] {
    const jobs = [...this.#jobs.entries()]
    return jobs.filter(([job]) => !dependenciesOf(this.#desired.stack, job).has(service.name)).map(([, id]) => id)
  }

  /** A host port that the router holds has to be free before a container publishes it. */
  #portNeeds(service: Service): readonly string[] {
    return takesPortOfRouter(service, this.#observed) ? this.#foundations.router : []
  }

  #orphans(): ObservedContainer[] {
    const known = new Set([...this.#desired.stack.services.map((service) => service.name), ...this.#desired.dormant])
    const orphans = this.#observed.containers.filter((container) => !known.has(container.service))
    if (this.#options.jobs === 'only' || this.#options.services.length > 0) return []
    const isRemoved = (service: string): boolean =>
      this.#options.removeOrphans || (this.#options.discard?.has(service) ?? false)
    for (const name of new Set(orphans.map((container) => container.service))) {
      const count = orphans.filter((container) => container.service === name).length
      this.#changes.push(describeOrphan(name, count, isRemoved(name)))
    }

    return orphans.filter((container) => isRemoved(container.service))
  }

  /** Past the point of no return: what was replaced goes away. */
  #finish(orphans: readonly ObservedContainer[]): void {
    const settled = this.#builder.finish()
    const removed: string[] = []
    for (const rollout of this.#rollouts.values()) {
      for (const container of rollout.parked)
        removed.push(
          planRemoval(this.#builder, asRenamed(this.#builder, this.#desired, container), {
            needs: settled,
            because: 'it was replaced',
          }),
        )
    }

    for (const orphan of orphans) removed.push(planOrphanRemoval(this.#builder, orphan, settled))
    const ended = new Set([...this.#rollouts.keys(), ...orphans.map(({service}) => service)])
    removed.push(...planHoldersEnd(this.#builder, {...this.#facts, ended, needs: settled}))
    // What was not selected may still be served by it.
    if (this.#options.jobs === 'only' || this.#options.services.length > 0) return this.#endOldRouter(settled)
    const known = new Set(this.#desired.stack.services.map((service) => service.name))
    const left = this.#observed.containers.filter(
      (container) => !known.has(container.service) && !orphans.includes(container),
    )
    planRouterEnd(this.#builder, {
      ...this.#facts,
      kept: new Set(left.map((container) => container.service)),
      needs: [...settled, ...removed],
    })
    this.#endOldRouter([...settled, ...removed])
  }

  #endOldRouter(needs: readonly string[]): void {
    if (!this.#has('replace-router') && !this.#has('take-ports')) return
    this.#builder.add({id: 'router/end', operation: {kind: 'remove-old-router'}, because: 'it was replaced', needs})
  }

  #has(kind: Operation['kind']): boolean {
    return this.#builder.hasKind(kind)
  }
}
