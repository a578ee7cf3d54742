import {describe, expect, it} from 'vitest'

import type {Plan, Step} from '../../../src/lib/plan/plan.js'

import {journalEntries} from '../../../src/lib/workflow/write-ahead.js'

const replica = {service: 'web', container: 'web-r2-1', number: 1} as Extract<
  Step['operation'],
  {kind: 'gate'}
>['replica']

function step(id: string, kind: 'create-replica' | 'gate' | 'monitor' | 'publish' | 'stop-replica', more = {}): Step {
  const operation = {kind, replica} as unknown as Step['operation']
  return {id, operation, because: '', needs: [], undo: [], undoWhen: 'any-failure', service: 'web', ...more}
}

describe('what is written into the journal in one go', () => {
  const steps = [
    step('web/1/create', 'create-replica', {lane: 'web/1'}),
    step('web/2/create', 'create-replica', {lane: 'web/2'}),
    step('web/1/gate', 'gate', {lane: 'web/1'}),
    step('web/1/publish', 'publish', {lane: 'web/1'}),
    step('monitor', 'monitor'),
    step('web/old/stop', 'stop-replica', {undoWhen: 'never'}),
    step('web/old/remove', 'stop-replica', {undoWhen: 'never'}),
  ]
  const entryOf = journalEntries({steps} as unknown as Plan)

  it('is a whole replica with its first step', () => {
    expect(entryOf('web/1/create')).toEqual({
      together: ['web/1/create', 'web/1/gate', 'web/1/publish'],
      awaited: true,
    })
    expect(entryOf('web/2/create').together).toEqual(['web/2/create'])
  })

  it('never says that the point of no return may be behind before it is', () => {
    const early = steps.filter(({undoWhen}) => undoWhen !== 'never').flatMap(({id}) => entryOf(id).together)
    expect(early.some((id) => id.startsWith('web/old/'))).toBe(false)
    expect(entryOf('web/old/stop').together).toEqual(['web/old/stop', 'web/old/remove'])
  })

  it('is waited for only where something changes', () => {
    expect(entryOf('monitor').awaited).toBe(false)
    expect(entryOf('undo/web/1/create')).toEqual({together: ['undo/web/1/create'], awaited: true})
  })
})
