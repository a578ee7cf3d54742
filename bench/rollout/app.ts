/** The stack that is measured: three replicas of an app that boots in 1.5 s and checks its health every second. */
import path from 'node:path'

import type {Sandbox} from '../test/support/sandbox.js'

const APP = `import http from 'node:http'
const delayed = (response, ms) => setTimeout(() => response.end(process.env.VERSION), ms)
setTimeout(() => http.createServer((request, response) => {
  const ms = Number(new URL(request.url, 'http://x').searchParams.get('d') ?? 0)
  request.resume().on('end', () => delayed(response, ms))
}).listen(3000), 1500)
process.on('SIGTERM', () => process.exit(0))
`

/** Writes the stack of one version into the sandbox's folder and answers the folder. */
export async function writeStack(sandbox: Sandbox, version: string): Promise<string> {
  const crash = version === 'broken' ? 'process.exit(1)\n' : ''
  return sandbox.files({
    'app/app.mjs': crash + APP,
    'app/Dockerfile': 'FROM stackctl/node:24\nCOPY app.mjs /app.mjs\nCMD ["node", "/app.mjs"]\n',
    'compose.yaml': `name: ${sandbox.id}
services:
  app:
    build: ./app
    environment: {VERSION: "${version}"}
    expose: ["3000"]
    deploy: {replicas: 3, update_config: {order: start-first, parallelism: 0, monitor: 1ms}}
    stop_grace_period: 5s
    healthcheck:
      test: ["CMD", "node", "-e", "fetch('http://127.0.0.1:3000').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
      interval: 1s
      timeout: 2s
      retries: 10
  cache: {image: "stackctl/node:24", command: ["sleep", "infinity"], init: true}
  worker: {image: "stackctl/node:24", command: ["sleep", "infinity"], init: true}
`,
  })
}

export const CLI = path.resolve(import.meta.dirname, '../bin/run.js')
