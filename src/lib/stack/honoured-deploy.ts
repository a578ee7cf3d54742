/** What becomes of the keys of `deploy:`, `build:` and device requests. */
import type {Rules} from './honoured-rule.js'

const OTHER_NODES = {skip: 'it places containers on the nodes of a cluster; here is one engine'}
const SWARM_SERVICE = {skip: 'it is about a Swarm service, not its containers; docker compose leaves it out as well'}

/** Their values are checked where they are read (`read-rollout.ts`). */
const UPDATE: Rules = {
  delay: true,
  failure_action: true,
  max_failure_ratio: true,
  monitor: true,
  order: true,
  parallelism: true,
}

export const DEVICE_REQUEST: Rules = {capabilities: true, count: true, device_ids: true, driver: true, options: true}

export const DEPLOY: Rules = {
  endpoint_mode: {
    values: ['vip'],
    refuse: 'One name with one address is what a service gets here: take it out, or set it to vip.',
  },
  labels: SWARM_SERVICE,
  mode: {
    values: ['replicated', 'global'],
    refuse: 'Use x-stackctl.job: pre-deploy for a service that runs to its end.',
  },
  placement: {
    keys: {
      constraints: OTHER_NODES,
      preferences: OTHER_NODES,
      max_replicas_per_node: {refuse: 'There is one node: set replicas instead.'},
    },
  },
  replicas: true,
  resources: {
    keys: {
      limits: {keys: {cpus: true, memory: true, pids: true}},
      reservations: {
        keys: {
          cpus: OTHER_NODES,
          devices: {each: {keys: DEVICE_REQUEST}},
          generic_resources: {refuse: 'It needs Docker Swarm: use devices or deploy.resources.reservations.devices.'},
          memory: true,
        },
      },
    },
  },
  restart_policy: {
    keys: {
      condition: true,
      max_attempts: true,
      delay: {skip: 'the engine restarts with its own growing pause; docker compose leaves it out as well'},
      window: {skip: 'the engine counts a start as good after 10 s; docker compose leaves it out as well'},
    },
  },
  rollback_config: {keys: UPDATE},
  update_config: {keys: UPDATE},
}

/** All of them end in the build: with the engine's own builder, or with `docker buildx bake`. */
export const BUILD: Rules = {
  additional_contexts: true,
  args: true,
  cache_from: true,
  cache_to: true,
  context: true,
  dockerfile: true,
  dockerfile_inline: true,
  entitlements: true,
  extra_hosts: true,
  isolation: true,
  labels: true,
  network: true,
  no_cache: true,
  no_cache_filter: true,
  platforms: true,
  privileged: true,
  provenance: true,
  pull: true,
  sbom: true,
  secrets: true,
  shm_size: true,
  ssh: true,
  tags: true,
  target: true,
  ulimits: true,
}
