import type { Clock, PluginLog } from '@millrace/spi'
import type { Identity, Login } from '../auth/index.ts'
import type { AuditTrail } from './audit/index.ts'
import type { Delivery } from '../delivery/index.ts'
import type { EventLogs } from '../eventlog/index.ts'
import type { AsyncCalls, Functions } from '../functions/index.ts'
import type { Ingest } from '../ingest/index.ts'
import type { HttpObserver } from '../observability/index.ts'
import type { Doors } from './hooks/index.ts'
import type { Plugins } from '../plugins/index.ts'
import type { Quotas } from '../quotas/index.ts'
import type { Queues } from '../queues/index.ts'
import type { LogStores } from '../logstores/index.ts'
import type { Topics } from '../topics/index.ts'
import type { Resources } from '../resources/index.ts'
import type { Streams } from '../streams/index.ts'

/** What the process says of itself in `GET /api/v1/status`. */
export interface NodeStatus {
  readonly version: string
  readonly region: string
  readonly storage: string
  readonly startedAtMs: number
  /** What functions run in. */
  readonly sandbox: { readonly kind: string; readonly limits: string; readonly weaknesses: readonly string[] }
}

/** A condition of readiness: resolves when it holds, rejects with the reason when not. */
export type ReadinessCheck = (signal: AbortSignal) => Promise<void>

/** Everything that the operations of the API are made of; put together in `app/compose`. */
export interface Services {
  readonly clock: Clock
  readonly log: PluginLog
  readonly observer: HttpObserver
  readonly resources: Resources
  /** Who there is, and who may do what. */
  readonly identity: Identity
  /** Who may sign in to the console, and who has. */
  readonly login: Login
  /** The record of who did what. */
  readonly audit: Pick<AuditTrail, 'watch' | 'asked' | 'described' | 'refused' | 'signed'>
  /** The account that runs the server, and all accounts that there are. */
  readonly operator: { readonly account: string; readonly accounts: ReadonlySet<string> }
  /** How much accounts may have and do. */
  readonly quotas: Pick<Quotas, 'takeRequest' | 'takeEvents' | 'states'>
  readonly ingest: Pick<Ingest, 'accept'>
  readonly eventLogs: Pick<EventLogs, 'next' | 'read' | 'get' | 'seek' | 'stat' | 'onAppended'>
  readonly delivery: Pick<
    Delivery,
    'status' | 'resume' | 'startReplay' | 'replays' | 'cancelReplay' | 'trace'
  >
  readonly functions: Pick<
    Functions,
    | 'uploadCode'
    | 'uploadZip'
    | 'codeZip'
    | 'codeInfo'
    | 'invoke'
    | 'answersHttp'
    | 'logs'
    | 'tailLogs'
    | 'status'
    | 'usage'
    | 'requests'
    | 'scaling'
    | 'runtimes'
  >
  /** Asynchronous calls of functions. */
  readonly calls: Pick<AsyncCalls, 'call' | 'tasks'>
  readonly streams: Pick<Streams, 'status' | 'resume'>
  /** Who listens at the addresses of streams. */
  readonly doors: Pick<Doors, 'at'>
  readonly queues: Pick<Queues, 'send' | 'receive' | 'peek' | 'delete' | 'changeVisibility' | 'stats'>
  readonly topics: Pick<Topics, 'publish' | 'pending'>
  readonly logStores: Pick<LogStores, 'append' | 'read' | 'span' | 'seek'>
  /** Of the key that pushes of topics are signed with, in PEM; `undefined` when there is none yet. */
  pushCertificate(): string | undefined
  readonly plugins: Pick<Plugins, 'connectors'>
  readonly node: NodeStatus
  /** Position up to which a bus has been routed: the next one to route. */
  routedPosition(bus: string): Promise<number>
  /** By name, as `/readyz` reports them. */
  readonly readiness: Readonly<Record<string, ReadinessCheck>>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
}
