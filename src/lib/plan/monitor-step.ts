/** The monitor window of a deploy. Pure. */
import type {PlanBuilder} from './builder.js'
import type {Desired} from './desired.js'
import type {RolloutSteps} from './rollout.js'

/**
 * One window for the whole deploy, after the last service has moved: until it closes everything can be taken back. It is
 * the longest of the services that were replaced; where nothing was replaced there is nothing to go back to. The guards
 * of the new replicas watch them since they were accepted, so that a failure belongs to one of them; those that an
 * earlier run accepted have none, and are watched by the step itself.
 */
export function planMonitor(
  builder: PlanBuilder,
  desired: Desired,
  rollouts: ReadonlyMap<string, Pick<RolloutSteps, 'added' | 'parked' | 'unwatched'>>,
): void {
  const isNew = ({added, unwatched}: Pick<RolloutSteps, 'added' | 'unwatched'>): boolean =>
    added.length > 0 || unwatched.length > 0
  const replacing = [...rollouts].filter(([, steps]) => steps.parked.length > 0 && isNew(steps))
  const windowsMs = replacing.map(([name]) => desired.services.get(name)?.service.rollout.monitorMs ?? 0)
  const windowMs = Math.max(0, ...windowsMs)
  if (windowMs === 0) return
  builder.add({
    id: 'monitor',
    operation: {
      kind: 'monitor',
      replicas: replacing.flatMap(([, {added, unwatched}]) => [...added, ...unwatched]),
      windowMs,
      guarded: replacing.every(([, {unwatched}]) => unwatched.length === 0),
    },
    because: 'update_config.monitor',
    needs: builder.sinks(),
  })
}
