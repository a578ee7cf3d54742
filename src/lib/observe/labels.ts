/** The labels by which stackctl knows its own (docker compose's are in `stack/labels.ts`). */
export const LABELS = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  release: 'dev.stackctl.release',
  configHash: 'dev.stackctl.config-hash',
  image: 'dev.stackctl.image',
} as const
