/** The labels by which stackctl knows what is at the engine. What docker compose writes beside them is in `stack/labels.ts`. */

/** docker compose's: on containers of services, networks, volumes and built images. */
export const LABELS = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  release: 'dev.stackctl.release',
  configHash: 'dev.stackctl.config-hash',
  image: 'dev.stackctl.image',
} as const

/** On what stackctl makes for itself (router, state, lock), which docker compose must not take for a service. */
export const OWN_LABELS = {
  project: 'dev.stackctl.project',
  role: 'dev.stackctl.role',
} as const
