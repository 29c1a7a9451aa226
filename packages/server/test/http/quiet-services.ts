import { type Clock, type PluginLog, systemRandom } from '@millrace/spi'
import type { Identity } from '../../src/auth/index.ts'
import type { Functions } from '../../src/functions/index.ts'
import { AuditTrail, Doors, type Services } from '../../src/http/index.ts'
import type { Ingest } from '../../src/ingest/index.ts'
import { silentAuditObserver, silentHttpObserver } from '../../src/observability/index.ts'
import type { Resources } from '../../src/resources/index.ts'
import type { StreamStatus } from '../../src/streams/index.ts'

/** The services of which these tests need no more than that they are there. */
export function quietServices(
  sandbox: Functions['sandbox'],
  startedAtMs: number,
): Pick<Services, 'observer' | 'pushCertificate' | 'doors' | 'streams' | 'node' | 'readiness' | 'metrics'> {
  return {
    observer: silentHttpObserver,
    pushCertificate: () => undefined,
    doors: new Doors(),
    streams: {
      status: async (account, name) => statusOf(account, name),
      resume: async () => {},
    },
    node: { version: '0.0.0-test', region: 'local', storage: 'memory', startedAtMs, sandbox },
    readiness: {},
    metrics: { contentType: 'text/plain', text: async () => '' },
  }
}

export interface AuditedParts {
  readonly ingest: Ingest
  readonly resources: Resources
  readonly identity: Identity
  readonly clock: Clock
  readonly log: PluginLog
}

/** Records what is done to the control plane, as the server does. */
export function openAudit(parts: AuditedParts): AuditTrail {
  return new AuditTrail({
    ...parts,
    random: systemRandom(parts.clock),
    observer: silentAuditObserver,
    region: 'local',
    recordsReads: false,
  })
}

/** How a stream stands that has done nothing yet. */
export function statusOf(account: string, name: string): StreamStatus {
  const counts = {
    read: 0,
    matched: 0,
    filtered: 0,
    made: 0,
    written: 0,
    retried: 0,
    'dead-lettered': 0,
    dropped: 0,
    faulty: 0,
    lost: 0,
  }
  const nothing = { tasks: 0, writtenPerSecond: 0, inFlight: 0, heldRecords: 0, heldBytes: 0 }
  return { account, name, state: 'running', counts, ...nothing }
}
