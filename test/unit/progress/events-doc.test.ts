import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {z} from 'zod'

import type {StackEvent} from '../../../src/lib/events.js'

import {jsonLinesRenderer} from '../../../src/lib/progress/json-lines.js'
import {plainRenderer} from '../../../src/lib/progress/plain.js'
import {capturedStream} from './captured-stream.js'

const step = z.strictObject({id: z.string(), title: z.string(), service: z.string().optional()})
const scope = {
  step,
  release: z.number().optional(),
  service: z.string().optional(),
  replica: z.string().optional(),
  phase: z.string().optional(),
  cause: z.string().optional(),
}
const schemas = {
  'run-started': z.strictObject({command: z.string(), project: z.string()}),
  'plan-ready': z.strictObject({steps: z.array(step), release: z.number().optional()}),
  'step-started': z.strictObject(scope),
  'step-progress': z.strictObject({...scope, message: z.string()}),
  'step-done': z.strictObject({...scope, durationMs: z.number()}),
  'step-failed': z.strictObject({
    ...scope,
    durationMs: z.number(),
    error: z.strictObject({code: z.string(), message: z.string()}),
  }),
  'step-skipped': z.strictObject({...scope, reason: z.string()}),
  output: z.strictObject({source: z.string(), line: z.string()}),
  notice: z.strictObject({message: z.string()}),
  warning: z.strictObject({code: z.string(), message: z.string()}),
  'run-finished': z.strictObject({
    outcome: z.enum(['succeeded', 'failed', 'interrupted', 'nothing-to-do']),
    durationMs: z.number(),
  }),
} satisfies Record<StackEvent['type'], z.ZodType>

const doc = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8')
const samples = [...doc.matchAll(/```json\n(?<line>.*)\n```/g)].map(({groups}) => groups?.line ?? '')

describe('docs/events.md', () => {
  it('has a sample of every event', () => {
    const types = samples.map((line) => (JSON.parse(line) as StackEvent).type)
    expect(types.toSorted()).toEqual(Object.keys(schemas).toSorted())
  })

  it.each(samples)('shows an event as it is: %s', (line) => {
    const {v, time, type, ...fields} = JSON.parse(line) as StackEvent & {v: number; time: string}
    expect(v).toBe(1)
    expect(new Date(time).toISOString()).toBe(time)
    schemas[type].parse(fields)
  })

  it.each(samples)('shows the line that --progress json writes: %s', async (line) => {
    const {v: _v, time, ...event} = JSON.parse(line) as StackEvent & {v: number; time: string}
    const {stream, text} = capturedStream()
    const renderer = jsonLinesRenderer({stream, colour: false, githubActions: false, now: () => new Date(time)})
    renderer.emit(event)
    await renderer.close()
    expect(text().endsWith('\n')).toBe(true)
    expect(JSON.parse(text())).toEqual(JSON.parse(line))
  })

  it.each(samples)('shows an event that the plain view has one line for: %s', (line) => {
    const {stream, text} = capturedStream()
    const renderer = plainRenderer({stream, colour: false, githubActions: false, now: () => new Date()})
    renderer.emit(JSON.parse(line) as StackEvent)
    expect(text()).toMatch(/^.+\n$/)
  })
})
