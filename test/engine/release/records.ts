/** Records of releases as a deploy would write them. */
import type {AuditEntry, ReleaseRecord, ReleaseService, ReleaseSnapshot} from '../../../src/lib/release/record.js'

/** A value that no output may show; the snapshot holds it, as a real one does. */
export const PLANTED_SECRET = 'swordfish-of-the-ledger-4711'

export function recordOf(project: string, release: number, more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    schema: 'stackctl.release-record.v1',
    project,
    environment: undefined,
    release,
    command: 'deploy',
    by: {user: 'ada', host: 'laptop'},
    startedAt: '2026-11-20T06:00:00.000Z',
    result: 'deployed',
    stable: true,
    from: release > 1 ? release - 1 : undefined,
    rollbackOf: undefined,
    finishedAt: '2026-11-20T06:00:12.300Z',
    durationMs: 12_300,
    error: undefined,
    migrated: [],
    services: {web: serviceOf()},
    ...more,
  }
}

export function serviceOf(more: Partial<ReleaseService> = {}): ReleaseService {
  return {
    configHash: 'v1:aaaa',
    image: {reference: 'stackctl/node:24', identity: 'sha256:1', id: undefined, digests: []},
    replicas: 2,
    job: false,
    environmentHash: 'e1',
    files: {},
    ...more,
  }
}

export function snapshotOf(project: string, environment: Record<string, string> = {}): ReleaseSnapshot {
  return {
    schema: 'stackctl.release-snapshot.v1',
    compose: {
      name: project,
      services: {
        web: {image: 'stackctl/node:24', environment: {API_PASSWORD: PLANTED_SECRET, ...environment}},
      },
    },
    directory: '/srv/shop',
    files: ['/srv/shop/compose.yaml'],
    environment: undefined,
    envFile: undefined,
    composeArgs: [],
    composeVersion: '2.0.0',
    composeHashes: {},
  }
}

export function auditOf(at: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    schema: 'stackctl.audit.v1',
    at,
    command: 'deploy',
    by: {user: 'ada', host: 'laptop'},
    release: 7,
    outcome: 'deployed',
    durationMs: 1200,
    summary: 'web: new image',
    error: undefined,
    ...more,
  }
}
