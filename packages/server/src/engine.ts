/**
 * The engine without a server around it: from the door for events to the sinks, over any storage, on any clock. For
 * whoever drives it by hand, such as the simulation; `app/compose` builds the same graph from the same parts.
 */
export {
  createDelivery,
  type Delivery,
  type JournalEntry,
  type ReplayRequest,
  type ReplayStatus,
  type SinkResolver,
} from './delivery/index.ts'
export { type EventLogs, openEventLogs } from './eventlog/index.ts'
export { type AcceptOutcome, createIngest, engineAttributePrefix, type Ingest } from './ingest/index.ts'
export type { EngineObserver } from './observability/index.ts'
export {
  busKey,
  journalLog,
  openResources,
  pumpCursor,
  queueName,
  type Resources,
  type SinkSpec,
  type TargetSpec,
} from './resources/index.ts'
