import { ResourceClient } from './resource-client.ts'
import type { RetrySpec, SinkSpec, TransformSpec } from './resources.ts'
import type { Transport } from './transport.ts'

/** Where a stream reads; the options are those of the connector's source. */
export interface SourceSpec {
  connector: string
  /** Named external system, whose options lie under these. */
  instance?: string
  options?: Record<string, unknown>
}

/** Source → pattern → functions → transform → batches → sink → commit. */
export interface StreamSpec {
  description?: string
  source: SourceSpec
  /** Event pattern; `{}` matches everything. */
  pattern?: Record<string, unknown>
  dialect?: 'standard' | 'aliyun'
  /** Functions that change the batch, one after the other. */
  functions?: { function: string; qualifier?: string }[]
  transform?: TransformSpec
  parameters?: Record<string, TransformSpec>
  sink: SinkSpec
  payload?: 'each' | 'list'
  batch?: { countMax?: number; windowMs?: number; bytesMax?: number }
  tasksMax?: number
  concurrencyMax?: number
  ratePerSecondMax?: number
  retry?: RetrySpec
  onExhausted?: 'continue' | 'block'
  deadLetter?: SinkSpec
  timeoutMs?: number
  paused?: boolean
  /** Role by which the stream does what it does; the rights of the account without one. */
  role?: string
  /** Roles of its source and sink, in place of that one. */
  roles?: { source?: string; sink?: string }
}

/** A named external system: where it is and how to get in. */
export interface InstanceSpec {
  description?: string
  connector: string
  /** The connector's connection options. Secrets are sealed when they are read back. */
  options?: Record<string, unknown>
}

export interface StreamReason {
  code: string
  message: string
  atMs: number
}

/** How a stream stands on the node that was asked. */
// A type, since what `status` of other resources gives is an open record.
export type StreamStatus = {
  name: string
  /** `ready`: it stopped before a record until it is resumed. `failed`: it cannot run, and is tried again. */
  state: 'starting' | 'running' | 'paused' | 'ready' | 'failed'
  /** Why it is `ready` or `failed`. */
  reason?: StreamReason
  tasks: number
  /** What became of records since the start of the process, by outcome: `read`, `written`, `dead-lettered`… */
  counts: Record<string, number>
  writtenPerSecond: number
  /** How far it is behind, where the source can tell. */
  lag?: { records?: number; ageMs?: number }
  /** Batches being written. */
  inFlight: number
  /** What was read and is not committed. */
  heldRecords: number
  heldBytes: number
  lastReadAtMs?: number
  lastError?: StreamReason
}

/** The streams of the account. */
export class StreamsClient extends ResourceClient<StreamSpec> {
  constructor(transport: Transport) {
    super(transport, '/api/v1/streams')
  }

  override status(name: string): Promise<StreamStatus> {
    return this.transport.json('GET', `${this.pathOf(name)}/status`)
  }

  /** Stops it; it keeps its position. */
  pause(name: string): Promise<void> {
    return this.transport.json('POST', `${this.pathOf(name)}/pause`)
  }

  /** Lets it go on from its position, whether it was paused, has stopped before a record or failed. */
  resume(name: string): Promise<void> {
    return this.transport.json('POST', `${this.pathOf(name)}/resume`)
  }
}
