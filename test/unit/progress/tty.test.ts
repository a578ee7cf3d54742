import {stripVTControlCharacters} from 'node:util'
import {describe, expect, it} from 'vitest'

import type {StackEvent, StepSummary} from '../../../src/lib/events.js'

import {ttyRenderer} from '../../../src/lib/progress/tty.js'
import {capturedStream} from './captured-stream.js'

const web: StepSummary = {id: 'start:web', title: 'start web', service: 'web'}
const api: StepSummary = {id: 'start:api', title: 'start api', service: 'api'}
const db: StepSummary = {id: 'start:db', title: 'start db', service: 'db'}

async function draw(events: readonly StackEvent[], size?: {columns?: number; rows?: number}) {
  const {stream, text} = capturedStream(size)
  const renderer = ttyRenderer({stream, colour: false, githubActions: false, now: () => new Date()})
  for (const event of events) renderer.emit(event)
  await renderer.close()
  await renderer.close()
  return stripVTControlCharacters(text())
}

/** What stays on the screen: everything after the last frame was cleared. */
function lastFrame(screen: string): string[] {
  const lines = screen.split('\n')
  const start = lines.findLastIndex((line) => line.includes('start web'))
  return lines.slice(Math.max(start, 0)).filter((line) => line.trim() !== '')
}

describe('the live view', () => {
  it('ends with one row per step, each in its state', async () => {
    const screen = await draw([
      {type: 'plan-ready', steps: [web, api, db]},
      {type: 'step-started', step: web},
      {type: 'step-done', step: web, durationMs: 1500},
      {type: 'step-started', step: api},
      {type: 'step-failed', step: api, durationMs: 100, error: {code: 'E_UNHEALTHY', message: 'exited with 1'}},
      {type: 'step-skipped', step: db, reason: 'api failed'},
    ])
    expect(lastFrame(screen)).toEqual([
      '✓ start web [1.5s]',
      '✗ start api',
      '  › exited with 1',
      '- start db',
      '  › api failed',
    ])
  })

  it('marks what never finished as cancelled', async () => {
    const screen = await draw([
      {type: 'plan-ready', steps: [web, api]},
      {type: 'step-started', step: web},
    ])
    expect(lastFrame(screen)).toEqual(['⊘ start web', '⊘ start api'])
  })

  it('gives a row to a step that no plan announced', async () => {
    expect(await draw([{type: 'step-done', step: web, durationMs: 10}])).toContain('✓ start web')
  })

  it('keeps warnings below the list, and says the outcome last', async () => {
    const screen = await draw([
      {type: 'plan-ready', steps: [web]},
      {type: 'step-started', step: web},
      {type: 'warning', code: 'W_X', message: 'no health check'},
      {type: 'step-done', step: web, durationMs: 10},
      {type: 'run-finished', outcome: 'succeeded', durationMs: 2000},
    ])
    expect(lastFrame(screen)).toEqual(['✓ start web', '› ! no health check [W_X]', 'done in 2.0s'])
  })

  it('keeps every line within the width of the terminal', async () => {
    const long = {...web, title: `start web ${'x'.repeat(200)}`}
    const screen = await draw([{type: 'plan-ready', steps: [long]}], {columns: 80})
    const widths = screen.split('\n').map((line) => line.length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(80)
  })

  it('shows no waiting rows when they would push the running one off the screen', async () => {
    const steps = Array.from({length: 40}, (_, index) => ({id: `s${index}`, title: `step ${index}`}))
    const first = steps[0]!
    const screen = await draw([
      {type: 'plan-ready', steps},
      {type: 'step-started', step: first},
    ])
    expect(screen).toContain('plan: 40 steps')
    expect(screen).toContain('step 0')
    expect(screen).not.toContain('step 39')
  })

  it('gives the stream back: what is written afterwards arrives', async () => {
    const {stream, text} = capturedStream()
    const renderer = ttyRenderer({stream, colour: false, githubActions: false, now: () => new Date()})
    renderer.emit({type: 'plan-ready', steps: [web]})
    await renderer.close()
    stream.write('after\n')
    expect(text().endsWith('after\n')).toBe(true)
  })
})
