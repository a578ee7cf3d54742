import {describe, expect, it} from 'vitest'

import type {StackEvent, StepSummary} from '../../../src/lib/events.js'

import {annotation} from '../../../src/lib/progress/github.js'
import {plainRenderer} from '../../../src/lib/progress/plain.js'
import {capturedStream} from './captured-stream.js'

const step: StepSummary = {id: 'drain:web', title: 'drain web', service: 'web'}

function render(
  events: readonly StackEvent[],
  options: {githubActions?: boolean; colour?: boolean; times?: number[]} = {},
) {
  const {stream, text} = capturedStream()
  const times = [...(options.times ?? [])]
  const renderer = plainRenderer({
    stream,
    colour: options.colour ?? false,
    githubActions: options.githubActions ?? false,
    now: () => new Date(times.shift() ?? 0),
  })
  for (const event of events) renderer.emit(event)
  return {lines: () => text().split('\n').slice(0, -1), close: async () => renderer.close()}
}

describe('the plain view', () => {
  it('writes one line per state change', () => {
    const {lines} = render([
      {type: 'run-started', command: 'deploy', project: 'shop'},
      {type: 'plan-ready', steps: [step], release: 7},
      {type: 'step-started', step},
      {type: 'step-done', step, durationMs: 1234},
      {type: 'run-finished', outcome: 'succeeded', durationMs: 65_000},
    ])
    expect(lines()).toEqual([
      'deploy shop',
      'plan: 1 step, release 7',
      '▸ drain web',
      '✓ drain web (1.2s)',
      'done in 1m 05s',
    ])
  })

  it('says why a step failed, with its code', () => {
    const {lines} = render([
      {type: 'step-failed', step, durationMs: 300, error: {code: 'E_UNHEALTHY', message: 'exited with 1'}},
    ])
    expect(lines()).toEqual(['✗ drain web (0.3s): exited with 1 [E_UNHEALTHY]'])
  })

  it('does not repeat a progress message, nor write more than one in five seconds', () => {
    const progress = (message: string): StackEvent => ({type: 'step-progress', step, message})
    const {lines} = render([progress('3'), progress('3'), progress('2'), progress('1'), progress('0')], {
      times: [0, 6000, 1000, 4999, 5000],
    })
    expect(lines()).toEqual(['  drain web: 3', '  drain web: 0'])
  })

  it('writes no escape sequence without colour, and some with it', () => {
    const events: StackEvent[] = [{type: 'step-started', step}]
    expect(render(events).lines().join('')).not.toContain('\u001B')
    expect(render(events, {colour: true}).lines().join('')).toContain('\u001B')
  })

  it('folds a run in GitHub Actions, and annotates warnings in one line', async () => {
    const {lines, close} = render(
      [
        {type: 'run-started', command: 'deploy', project: 'shop'},
        {type: 'warning', code: 'W_X', message: 'two\nlines, 100%'},
        {type: 'run-finished', outcome: 'failed', durationMs: 1000},
      ],
      {githubActions: true},
    )
    await close()
    expect(lines()).toEqual([
      '::group::deploy shop',
      '::warning title=W_X::two%0Alines, 100%25',
      '::endgroup::',
      'failed in 1.0s',
    ])
  })

  it('annotates an error with its code, in one line', () => {
    expect(annotation('error', {code: 'E_UNHEALTHY', message: 'release 7 was refused:\r\n100% broken'})).toBe(
      '::error title=E_UNHEALTHY::release 7 was refused:%0D%0A100%25 broken',
    )
  })

  it('closes a group that an error left open', async () => {
    const {lines, close} = render([{type: 'run-started', command: 'deploy', project: 'shop'}], {githubActions: true})
    await close()
    expect(lines()).toEqual(['::group::deploy shop', '::endgroup::'])
  })
})
