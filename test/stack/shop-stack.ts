import {execa} from 'execa'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {chown, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STACK = path.join(ROOT, 'stack')
const OWNER = 10_001
const FILES = ['compose.yaml', 'compose.database.yaml', 'config/development/compose.yaml']
const SECRETS = ['postgres_password', 'redis_password', 'jwt_secret', 'admin_password'] as const

export type SecretName = (typeof SECRETS)[number]

export interface StackOptions {
  /** Only these services, and what they need. */
  readonly services?: readonly string[]
  /** Settings over those of config/development/.env. */
  readonly settings?: Readonly<Record<string, string>>
  /** One more overlay, as YAML. */
  readonly overlay?: string
}

/** The bundled stack under `docker compose`, on its own port, with secrets of its own that nobody keeps. */
export class ShopStack {
  readonly project = `shoptest-${randomBytes(4).toString('hex')}`
  readonly #options: StackOptions
  readonly #secrets = new Map<SecretName, string>(SECRETS.map((name) => [name, randomBytes(36).toString('base64url')]))
  #folder = ''
  #port = 0

  constructor(options: StackOptions = {}) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  secret(name: SecretName): string {
    return this.#secrets.get(name) ?? ''
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(path.join(tmpdir(), 'shoptest-'))
    this.#port = await freePort()
    await this.#writeSecrets()
    await writeFile(path.join(this.#folder, 'test.yaml'), this.#testOverlay())
    await writeFile(path.join(this.#folder, 'more.yaml'), this.#options.overlay ?? 'services: {}\n')
    await execa(process.execPath, [path.join(ROOT, 'scripts', 'build-stack.mjs')], {stdio: 'pipe'})
    await this.compose('up', '--detach', '--build', '--wait', '--quiet-pull', ...(this.#options.services ?? []))
  }

  async stop(): Promise<void> {
    await this.compose('down', '--volumes', '--remove-orphans', '--timeout', '3')
    await this.#removeImages()
    await rm(this.#folder, {recursive: true, force: true})
  }

  /** An image that this stack has built. Its own ones, because two runs at the same time must not swap theirs. */
  image(name: string): string {
    return `${this.project}/${name}`
  }

  /** Runs docker compose on this stack and gives what it printed. */
  async compose(...args: string[]): Promise<string> {
    const files = [...FILES, path.join(this.#folder, 'test.yaml'), path.join(this.#folder, 'more.yaml')]
    const options = [
      '-p',
      this.project,
      '--env-file',
      'config/development/.env',
      ...files.flatMap((file) => ['-f', file]),
    ]
    const {stdout} = await execa('docker', ['compose', ...options, ...args], {
      cwd: STACK,
      env: {IMAGE_PREFIX: this.project, HTTP_PORT: String(this.#port), AUTH_CPUS: '2', ...this.#options.settings},
    })
    return stdout
  }

  /** The ids of a service's containers, of the whole stack without a name; those that ended included. */
  async containers(service?: string): Promise<string[]> {
    const filters = [`label=com.docker.compose.project=${this.project}`, 'label=com.docker.compose.oneoff=False']
    if (service) filters.push(`label=com.docker.compose.service=${service}`)
    const {stdout} = await execa('docker', [
      'ps',
      '--all',
      '--quiet',
      '--no-trunc',
      ...filters.flatMap((filter) => ['--filter', filter]),
    ])
    return stdout.split('\n').filter(Boolean)
  }

  async container(service: string): Promise<string> {
    const [id] = await this.containers(service)
    if (id === undefined) throw new Error(`${service} has no container`)
    return id
  }

  /** Runs SQL as the superuser and gives the rows, one per line. */
  async sql(text: string): Promise<string> {
    const id = await this.container('postgres')
    const psql = ['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', 'shop']
    const {stdout} = await execa('docker', ['exec', '-i', id, ...psql], {input: text})
    return stdout.trim()
  }

  /** Asks a service from inside its own container, past edge and gateway; one answer per replica. */
  async inside(service: string, address: string): Promise<{status: number; body: string}[]> {
    const script = `fetch(${JSON.stringify(address)}).then(async (r) => console.log(JSON.stringify({status: r.status, body: await r.text()})))`
    const ids = await this.containers(service)
    return Promise.all(
      ids.map(async (id) => {
        const {stdout} = await execa('docker', ['exec', id, 'node', '-e', script])
        return JSON.parse(stdout) as {status: number; body: string}
      }),
    )
  }

  /** What the containers of a service have written so far. */
  async logs(service: string): Promise<string> {
    const ids = await this.containers(service)
    const logs = await Promise.all(ids.map((id) => execa('docker', ['logs', id], {all: true})))
    return logs.map(({all}) => all).join('\n')
  }

  /** A counter, summed over all replicas and labels. */
  async counter(service: string, port: number, name: string): Promise<number> {
    const answers = await this.inside(service, `http://127.0.0.1:${port}/metrics`)
    const lines = answers.flatMap(({body}) => body.split('\n')).filter((line) => new RegExp(`^${name}[ {]`).test(line))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }

  async #removeImages(): Promise<void> {
    const {stdout} = await execa('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', this.image('*')])
    const images = stdout.split('\n').filter(Boolean)
    if (images.length > 0) await execa('docker', ['image', 'rm', ...images])
  }

  async #writeSecrets(): Promise<void> {
    const folder = path.join(this.#folder, 'secrets')
    await mkdir(folder)
    for (const [name, value] of this.#secrets) {
      const file = path.join(folder, name)
      await writeFile(file, value, {mode: 0o600})
      // Only root may give a file away; anybody else runs the tests with files that everybody may read.
      if (process.getuid?.() === 0) await chown(file, OWNER, OWNER)
      else await writeFile(file, value, {mode: 0o644})
    }
  }

  /** Secrets from the test's folder, and health checks so frequent that nobody waits for them. */
  #testOverlay(): string {
    const secrets = SECRETS.map((name) => `  ${name}: {file: ${path.join(this.#folder, 'secrets', name)}}`)
    const services = ['edge', 'web', 'api-gateway', 'auth', 'products', 'orders', 'postgres', 'redis']
    const checks = services.map((name) => `  ${name}: {healthcheck: {interval: 1s}, restart: "no"}`)
    return ['secrets:', ...secrets, 'services:', ...checks, ''].join('\n')
  }
}

/** Waits until the condition gives something, and gives it back. */
export async function until<Result>(
  what: string,
  condition: () => Promise<Result | false | null | undefined>,
): Promise<Result> {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    const result = await condition()
    if (result !== false && result !== null && result !== undefined) return result
    await delay(100)
  }
  throw new Error(`${what} did not happen within 30 s`)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  const listening = Promise.withResolvers<number>()
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    listening.resolve(typeof address === 'object' && address ? address.port : 0)
  })
  const port = await listening.promise
  server.close()
  await once(server, 'close')
  return port
}
