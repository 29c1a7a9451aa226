/**
 * The engine without a server around it: from the door for events to the sinks, over any storage, on any clock, the
 * function platform, and the judges of signed requests and of what their senders may do. For whoever drives it by hand, such as the simulation and the
 * benchmarks; `app/compose` builds the same graph from the same parts.
 */
export {
  acs3Scheme,
  acsSignatureScheme,
  createAwsSigV4Verifier,
  createIdentity,
  createMnsVerifier,
  fcNativeScheme,
  type Identity,
  type IdentitySource,
  isPrincipal,
  SecretBox,
} from './auth/index.ts'
export {
  createDelivery,
  type Delivery,
  type JournalEntry,
  registeredQueues,
  type ReplayRequest,
  type ReplayStatus,
  type SinkResolver,
} from './delivery/index.ts'
export { type EventLogs, openEventLogs } from './eventlog/index.ts'
export {
  type AsyncCalls,
  chooseSandbox,
  createAsyncCalls,
  createFunctions,
  defaultFunctionsLimits,
  type Functions,
  type FunctionsLimits,
  type Sandbox,
} from './functions/index.ts'
export { type AcceptOutcome, createIngest, engineAttributePrefix, type Ingest } from './ingest/index.ts'
export { type EngineObserver, silentObserver } from './observability/index.ts'
export { createQueues, type Queues } from './queues/index.ts'
export {
  busKey,
  emptySnapshot,
  type FunctionSpec,
  functionView,
  journalLog,
  openResources,
  pumpCursor,
  queueName,
  type QueueView,
  type Resources,
  type SinkSpec,
  type Snapshot,
  type Snapshots,
  type StreamSpec,
  type StreamView,
  type TargetSpec,
} from './resources/index.ts'
export { createStreams, type Streams, type StreamStatus } from './streams/index.ts'
