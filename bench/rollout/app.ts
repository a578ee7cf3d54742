/** The stack that is measured: an app that boots in 1.5 s, checks its health every second and dies at once at SIGTERM. */
import {mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'

import {must, type Where} from '../command.js'

export type Version = 'broken' | 'one' | 'two'

const BASE_IMAGE = 'stackctl/node:24'
const PORT = 3000

/** For bash. It costs next to nothing: what is measured is the update, not how well a machine runs health checks. */
export const CHECK = `</dev/tcp/127.0.0.1/${PORT}`

const APP = `import http from 'node:http'
if (process.env.VERSION === 'broken') process.exit(1)
const answer = (response, ms) => setTimeout(() => response.end(process.env.VERSION), ms)
setTimeout(() => http.createServer((request, response) => {
  const ms = Number(new URL(request.url, 'http://x').searchParams.get('d') ?? 0)
  request.resume().on('end', () => ms === 0 ? response.end(process.env.VERSION) : answer(response, ms))
}).listen(${PORT}), 1500)
process.on('SIGTERM', () => process.exit(0))
`

const DOCKERFILE = `FROM ${BASE_IMAGE}
ARG VERSION
ENV VERSION=$VERSION
COPY app.mjs /app.mjs
CMD ["node", "/app.mjs"]
`

export function imageOf(id: string, version: Version): string {
  return `${id}/app:${version}`
}

/** Builds the image of each version, so that no measurement contains a build. */
export async function buildImages(id: string, {cwd, env}: Where): Promise<void> {
  const directory = path.join(cwd, 'app')
  await mkdir(directory, {recursive: true})
  await writeFile(path.join(directory, 'app.mjs'), APP)
  await writeFile(path.join(directory, 'Dockerfile'), DOCKERFILE)
  for (const version of ['one', 'two', 'broken'] as const) {
    const label = `com.docker.compose.project=${id}`
    const names = ['--tag', imageOf(id, version), '--label', label, '--build-arg', `VERSION=${version}`]
    await must(['docker', 'build', '--quiet', ...names, directory], {cwd, env})
  }
}

export interface AppState {
  readonly version: Version
  readonly replicas: number
}

/** Writes the compose file of a project into its folder. */
export async function writeCompose(
  directory: string,
  project: {id: string; name: string},
  {replicas, version}: AppState,
): Promise<void> {
  await mkdir(directory, {recursive: true})
  await writeFile(
    path.join(directory, 'compose.yaml'),
    `name: ${project.name}
services:
  app:
    image: ${imageOf(project.id, version)}
    expose: ["${PORT}"]
    deploy: {replicas: ${replicas}, update_config: {order: start-first, parallelism: 0, monitor: 1ms}}
    x-stackctl: {route: {port: ${PORT}}}
    stop_grace_period: 5s
    healthcheck: {test: [CMD, bash, -c, "${CHECK}"], interval: 1s, timeout: 2s, retries: 10}
  cache: {image: "${BASE_IMAGE}", command: [sleep, infinity], init: true}
  worker: {image: "${BASE_IMAGE}", command: [sleep, infinity], init: true}
`,
  )
}

export const URL_OF_APP = `http://app:${PORT}/`
