import {describe, expect, it} from 'vitest'

import {parseCounters, type ServerCounters} from '../../../src/lib/router/counters.js'
import {tallyOf, verdictOn} from '../../../src/lib/router/error-rule.js'

const NONE = {answers: 0, bad: 0}

function counters(facts: Partial<ServerCounters>): ServerCounters {
  return {
    backend: 'web.80',
    slot: 1,
    inFlight: 0,
    given: 0,
    status5xx: 0,
    connectionErrors: 0,
    responseErrors: 0,
    redispatched: 0,
    ...facts,
  }
}

describe('a new replica is refused', () => {
  it.each([
    ['when half of what it answers is bad and the old ones are fine', {answers: 10, bad: 5}, {answers: 100, bad: 0}],
    ['when it is 11 points worse than old ones that fail too', {answers: 100, bad: 31}, {answers: 100, bad: 20}],
    ['when nothing was ever served before', {answers: 5, bad: 5}, NONE],
  ])('%s', (_, fresh, old) => {
    expect(verdictOn({fresh, old, earlier: NONE})).toMatch(/^fails \d+ of \d+ requests/)
  })

  it('in words that say how bad, beside the old ones', () => {
    expect(verdictOn({fresh: {answers: 8, bad: 6}, old: {answers: 50, bad: 1}, earlier: NONE})).toBe(
      'fails 6 of 8 requests (75 %, the old replicas 2 %)',
    )
  })

  it('by what the service did before where the old ones answer too little to compare with', () => {
    const facts = {fresh: {answers: 20, bad: 6}, old: {answers: 3, bad: 3}}
    expect(verdictOn({...facts, earlier: {answers: 1000, bad: 10}})).toMatch(/30 %, the old replicas 1 %/)
    expect(verdictOn({...facts, earlier: {answers: 1000, bad: 250}})).toBeUndefined()
  })
})

describe('a new replica stays', () => {
  it.each([
    ['with four bad answers, whatever their share', {answers: 4, bad: 4}, NONE],
    ['when the old ones fail as much: going back would not help', {answers: 50, bad: 50}, {answers: 50, bad: 48}],
    ['when it is ten points worse and no more', {answers: 100, bad: 10}, {answers: 100, bad: 0}],
  ])('%s', (_, fresh, old) => {
    expect(verdictOn({fresh, old, earlier: NONE})).toBeUndefined()
  })
})

describe('bad answers', () => {
  it('are 5xx, broken answers and refused connections since the reading before', () => {
    const before = counters({given: 100, status5xx: 50, responseErrors: 3})
    const now = counters({given: 120, status5xx: 54, responseErrors: 5, inFlight: 2})
    expect(tallyOf('http', now, before)).toEqual({answers: 18, bad: 6})
  })

  it('count a request once that broke and was given to another server', () => {
    // Counted on the real router: 39 reads that got no answer, and 39 that were refused the connection.
    const broken = counters({given: 39, responseErrors: 39, redispatched: 39})
    const refused = counters({given: 39, redispatched: 39})
    expect([tallyOf('http', broken).bad, tallyOf('http', refused).bad]).toEqual([39, 39])
  })

  it('of a TCP stream are connections that could not be made, and nothing else', () => {
    const now = counters({given: 30, responseErrors: 9, connectionErrors: 2, redispatched: 1})
    expect(tallyOf('tcp', now)).toEqual({answers: 30, bad: 2})
  })
})

describe('counters', () => {
  it('are read by the names of their columns, of servers only', () => {
    const answer = [
      'Name: HAProxy',
      'Pid: 27',
      'PidNote: 1',
      '',
      '# pxname,svname,qcur,scur,stot,econ,eresp,wredis,hrsp_5xx,',
      'web.80,FRONTEND,,4,90,,,,,',
      'web.80,s12,1,2,40,3,4,5,6,',
      'web.80,BACKEND,1,2,40,3,4,5,6,',
      'db.5432,s1,0,1,7,0,0,0,,',
    ].join('\n')
    expect(parseCounters(answer)).toEqual({
      worker: 27,
      servers: [
        counters({
          slot: 12,
          inFlight: 3,
          given: 40,
          connectionErrors: 3,
          responseErrors: 4,
          redispatched: 5,
          status5xx: 6,
        }),
        counters({backend: 'db.5432', inFlight: 1, given: 7}),
      ],
    })
  })
})
