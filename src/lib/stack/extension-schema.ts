/** The shape of `x-stackctl`. Loaded only where a file uses it. */
import {z} from 'zod'

import {extensionDurationMs} from './duration.js'
import {HOOK_KINDS} from './hook-kinds.js'

const duration = z.unknown().transform((value, context) => {
  const ms = extensionDurationMs(value)
  if (ms !== undefined) return ms
  context.addIssue({code: 'custom', message: `must be a duration such as 30s or 1m30s, not ${JSON.stringify(value)}`})
  return z.NEVER
})

const port = z.int().min(1).max(65_535)

const routePort = z.strictObject({
  port,
  target: port.optional(),
  mode: z.enum(['http', 'tcp']).optional(),
  'proxy-protocol': z.boolean().optional(),
})

const route = z
  .strictObject({
    port: port.optional(),
    ports: z.array(routePort).min(1).optional(),
    'drain-timeout': duration.optional(),
  })
  .refine((value) => value.port === undefined || value.ports === undefined, {message: 'Takes port or ports, not both'})
  .refine((value) => new Set(value.ports?.map((entry) => entry.port)).size === (value.ports?.length ?? 0), {
    message: 'Names a port twice in ports',
  })

/** `pre-deploy`, or the same with a limit: `{when: pre-deploy, timeout: 10m}`. */
const job = z.preprocess(
  (value) => (typeof value === 'string' ? {when: value} : value),
  z.strictObject({when: z.enum(['pre-deploy']), timeout: duration.optional()}),
)

/** `[npm, run, build]`, or the same with a limit: `{run: [npm, run, build], timeout: 5m}`. */
const hook = z.preprocess(
  (value) => (Array.isArray(value) ? {run: value} : value),
  z.strictObject({run: z.array(z.string().min(1)).min(1, {message: 'Names no command'}), timeout: duration.optional()}),
)

const hooks = z.strictObject(Object.fromEntries(HOOK_KINDS.map((kind) => [kind, z.array(hook).optional()])))

export const serviceSchema = z.strictObject({
  route: route.optional(),
  job: job.optional(),
  gate: z.strictObject({timeout: duration.optional(), successes: z.int().min(1).max(100).optional()}).optional(),
  soak: duration.optional(),
})

export const stackSchema = z.strictObject({
  hooks: hooks.optional(),
  secrets: z
    .strictObject({
      strict: z.boolean().optional(),
      generate: z.record(z.string(), z.strictObject({bytes: z.int().min(16).max(4096)})).optional(),
    })
    .optional(),
  confirm: z.boolean().optional(),
  router: z.strictObject({image: z.string().min(1).optional()}).optional(),
  releases: z.strictObject({keep: z.int().min(1).max(1000).optional()}).optional(),
})
