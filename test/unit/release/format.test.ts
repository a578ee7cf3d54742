import {describe, expect, it} from 'vitest'

import type {ReleaseSummary} from '../../../src/lib/workflow/releases.js'

import {formatNarrowTable} from '../../../src/lib/table.js'
import {formatAudit} from '../../../src/lib/workflow/format-audit.js'
import {formatDiff, formatRelease, formatReleases} from '../../../src/lib/workflow/format-releases.js'
import {auditOf, recordOf, serviceOf} from '../../engine/release/records.js'

const NOW = new Date('2026-11-20T09:00:00Z')
const NAMES = {added: [], removed: [], changed: []}

function summary(release: number, more: Partial<ReleaseSummary> = {}): ReleaseSummary {
  const {project: _project, schema: _schema, services: _services, ...readable} = recordOf('shop', release)
  return {...readable, current: false, changes: {added: ['api'], changed: ['web'], removed: ['old']}, ...more}
}

describe('releases as text', () => {
  it('fit 80 columns and say what serves', () => {
    const changed = Array.from({length: 12}, (_, index) => `service-${index}`)
    const text = formatReleases(
      {
        project: 'shop',
        current: 8,
        releases: [
          summary(9, {result: 'rollback-failed', stable: false, changes: {added: [], removed: [], changed}}),
          summary(8, {current: true, rollbackOf: 6}),
          summary(7, {changes: undefined, durationMs: undefined}),
        ],
      },
      NOW,
    )
    expect(text).toBe(`shop: release 8 serves

RELEASE  RESULT           STABLE  AGE  TOOK   BY   COMMAND  CHANGED
  9      rollback-failed  -       3h   12.3s  ada  deploy   service-0 service-1…
* 8      deployed         yes     3h   12.3s  ada  deploy   back to 6: web +api…
  7      deployed         yes     3h   -      ada  deploy   ?`)
  })

  it('show one release with its error and its mark', () => {
    const image = {
      identity: 'build:1',
      reference: 'shop-web',
      id: `sha256:${'a'.repeat(64)}`,
      digests: [`r/web@sha256:${'b'.repeat(64)}`],
    }
    const text = formatRelease(
      {
        ...summary(7, {current: true, migrated: ['migrate'], error: {code: 'E_X', message: 'it broke'}}),
        project: 'shop',
        services: {
          migrate: serviceOf({job: true}),
          web: serviceOf({image, files: {'config:app': {sha256: 'c'.repeat(64), path: 'files/x/app'}}}),
        },
      },
      NOW,
    )
    expect(text).toBe(`shop: release 7, deployed, stable, serves
  started   2026-11-20 06:00:00 UTC, 3h ago, took 12.3s
  by        ada@laptop: deploy
  from      release 6
  changed   web, +api, -old
  migrated  migrate; going back across it needs --force
  error     it broke (E_X)

SERVICE  REPLICAS  CONFIG   DIGEST               IMAGE
migrate  job       v1:aaaa  -                    stackctl/node:24
web      2         v1:aaaa  sha256:bbbbbbbbbbbb  shop-web

FILE        SERVICE  SHA256
config:app  web      cccccccccccc`)
  })

  it('show a difference by name', () => {
    const names = Array.from({length: 9}, (_, index) => `VARIABLE_${index}`)
    const text = formatDiff({
      project: 'shop',
      from: 6,
      to: 7,
      complete: false,
      stack: ['networks.default'],
      services: [
        {
          service: 'api',
          change: 'added',
          image: undefined,
          replicas: undefined,
          environment: NAMES,
          files: NAMES,
          keys: [],
        },
        {
          service: 'web',
          change: 'changed',
          image: {from: 'web:1', to: 'web:2'},
          replicas: {from: 2, to: 3},
          environment: {added: ['NEW'], removed: ['OLD'], changed: names},
          files: {...NAMES, changed: ['secret:db']},
          keys: ['command'],
        },
        {
          service: 'x',
          change: 'changed',
          image: undefined,
          replicas: undefined,
          environment: NAMES,
          files: NAMES,
          keys: [],
        },
      ],
    })
    expect(text).toBe(`shop: release 6 → 7

api: added

web
  image          web:1 → web:2
  replicas       2 → 3
  variables      VARIABLE_0, VARIABLE_1, VARIABLE_2, VARIABLE_3, VARIABLE_4
                 VARIABLE_5, VARIABLE_6, VARIABLE_7, VARIABLE_8, +NEW, -OLD
  files          secret:db
  keys           command

x
  configuration  changed

the stack
  keys           networks.default

The configuration of one of them is not kept: variables and keys are not compared.`)
    const same = {project: 'shop', from: 6, to: 7, complete: true, stack: [], services: []}
    expect(formatDiff(same)).toBe('shop: release 6 → 7\n\nnothing differs')
  })
})

describe('the audit log as text', () => {
  it('fits 80 columns', () => {
    const error = {code: 'E_UNHEALTHY', message: 'web was refused: it exited with 1 after 2 s'}
    const text = formatAudit({
      project: 'shop',
      entries: [
        auditOf('2026-11-20T06:00:01.000Z', {outcome: 'rolled-back', error}),
        auditOf('2026-11-19T06:00:01.000Z'),
      ],
    })
    expect(text).toBe(`WHEN (UTC)        BY          COMMAND  RELEASE  OUTCOME      WHAT
2026-11-20 06:00  ada@laptop  deploy   7        rolled-back  web: new image: we…
2026-11-19 06:00  ada@laptop  deploy   7        deployed     web: new image`)
    expect(formatAudit({project: 'shop', entries: []})).toBe('shop: nobody has changed it yet')
  })
})

describe('a narrow table', () => {
  it('keeps a few characters of its last column, however wide the others are', () => {
    expect(formatNarrowTable(['A', 'B'], [['a'.repeat(30), '0123456789abcdef']], 20).split('\n')[1]).toBe(
      `${'a'.repeat(30)}  0123456789a…`,
    )
  })
})
