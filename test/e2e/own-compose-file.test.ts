import {execFile} from 'node:child_process'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {REPOSITORY} from '../support/checkout.js'
import {type CliRun, runCli} from '../support/cli.js'
import {freePort} from '../support/free-port.js'
import {openSandbox, type Sandbox} from '../support/sandbox.js'

/** Counts visits in PostgreSQL over its wire protocol, with psql of the database's own image. */
const APP = `import {createServer} from 'node:http'
import {readFileSync} from 'node:fs'
import {connect} from 'node:net'
const database = () => new Promise((resolve, reject) => {
  const socket = connect(5432, 'db', () => { socket.end(); resolve('reached') }).on('error', reject)
})
createServer(async (request, response) => {
  try { response.end(process.env.GREETING + ' ' + await database() + ' ' + readFileSync('/run/secrets/db_password', 'utf8').length) }
  catch (error) { response.writeHead(500).end(error.message) }
}).listen(3000)
process.on('SIGTERM', () => process.exit(0))
`

/** As somebody would write it who has never heard of stackctl: no x-stackctl, nothing about routes or releases. */
const compose = (port: number): string => `
services:
  app:
    build: ./app
    ports: ["${port}:3000"]
    environment: {GREETING: "\${GREETING:-hello}"}
    secrets: [db_password]
    depends_on: {db: {condition: service_healthy}}
    restart: unless-stopped
  worker:
    build: ./app
    command: ["node", "-e", "setInterval(() => console.log('tick'), 500)"]
    init: true
    depends_on: [db]
    restart: unless-stopped
  db:
    build: ${path.join(REPOSITORY, 'stack/images/postgres')}
    environment: {POSTGRES_DB: app, POSTGRES_USER: app, POSTGRES_PASSWORD_FILE: /run/secrets/db_password}
    secrets: [db_password]
    volumes: [data:/var/lib/postgresql/data]
    tmpfs: ["/run/postgresql:uid=10001,gid=10001,mode=0750"]
    healthcheck: {test: [CMD, /usr/local/bin/healthcheck.sh], interval: 2s, timeout: 3s, start_period: 60s}
volumes: {data: {}}
secrets: {db_password: {file: ./db_password}}
`

describe("somebody's own compose file", () => {
  let sandbox: Sandbox
  let port: number

  const stackctl = async (args: string[], env: Record<string, string> = {}): Promise<CliRun> =>
    runCli(args, {cwd: sandbox.directory, env: {COMPOSE_PROJECT_NAME: sandbox.id, ...env}, timeoutMs: 240_000})
  const visit = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()
  const psql = async (sql: string): Promise<string> => {
    const [database] = await sandbox.engine.listContainers([
      `com.docker.compose.project=${sandbox.id}`,
      'com.docker.compose.service=db',
    ])
    const {stdout} = await sandbox.engine.exec(database?.id ?? '', [
      'psql',
      '-h',
      '/run/postgresql',
      '-U',
      'app',
      '-Atc',
      sql,
      'app',
    ])
    return stdout.trim()
  }

  beforeAll(async () => {
    sandbox = await openSandbox('own')
    port = await freePort()
    await sandbox.files({
      'compose.yaml': compose(port),
      'app/app.mjs': APP,
      'app/Dockerfile': 'FROM stackctl/node:24\nCOPY app.mjs /app.mjs\nCMD ["node", "/app.mjs"]\n',
      db_password: 'a-password-of-24-letters',
    })
  })

  afterAll(async () => {
    await sandbox.remove()
  })

  it('is deployed as it is', async () => {
    const {exitCode, stderr, stdout} = await stackctl(['deploy'])
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toContain('release 1 serves')
    expect(await visit()).toBe('hello reached 24')
  })

  it('keeps the data of its database when a service changes', async () => {
    await psql('create table visits (n int); insert into visits values (41)')
    const {exitCode, stderr} = await stackctl(['deploy'], {GREETING: 'welcome'})
    expect(exitCode, stderr).toBe(0)
    await expect.poll(visit, {timeout: 10_000}).toBe('welcome reached 24')
    expect(await psql('select n from visits')).toBe('41')
  })

  it('goes on as docker compose: ps shows it, and up finds nothing to change', async () => {
    const run = async (...args: string[]) =>
      promisify(execFile)('docker', ['compose', ...args], {
        cwd: sandbox.directory,
        env: {...process.env, COMPOSE_PROJECT_NAME: sandbox.id, GREETING: 'welcome'},
      })
    const names = async () => (await run('ps', '--format', '{{.Name}}')).stdout.trim().split('\n').toSorted()
    const before = await names()
    expect(before).toHaveLength(3)
    await run('up', '-d', '--no-build')
    expect(await names()).toEqual(before)
  })
})
