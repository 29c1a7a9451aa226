/** Specs as people write them: what has a default may be left out. The server's schemas are the truth (see the API reference). */

export interface BusSpec {
  description?: string
  durability?: 'durable' | 'relaxed'
  retentionMs?: number
  retentionBytesMax?: number
  dedupWindowMs?: number
  eventBytesMax?: number
}

export type TransformSpec =
  | { form: 'ORIGINAL' }
  | { form: 'CONSTANT'; value: string }
  | { form: 'JSONPATH'; value: string }
  | { form: 'TEMPLATE'; value: Record<string, string>; template: string }

export type SinkSpec =
  | { connector: string; options?: Record<string, unknown> }
  | { function: string }
  | { bus: string }

export type RetrySpec =
  | { strategy: 'BACKOFF_RETRY' }
  | { strategy: 'EXPONENTIAL_DECAY_RETRY' }
  | {
      strategy: 'CUSTOM'
      retriesMax?: number
      ageMsMax?: number
      delayMsMin?: number
      delayMsMax?: number
    }

export interface TargetSpec {
  id: string
  sink: SinkSpec
  transform?: TransformSpec
  parameters?: Record<string, TransformSpec>
  retry?: RetrySpec
  deadLetter?: SinkSpec
  onExhausted?: 'continue' | 'block'
  concurrencyMax?: number
  ratePerSecondMax?: number
  orderBy?: string
  timeoutMs?: number
  paused?: boolean
}

export interface RuleSpec {
  description?: string
  /** Event pattern; `{}` matches everything. */
  pattern: Record<string, unknown>
  dialect?: 'standard' | 'aliyun'
  state?: 'enabled' | 'disabled'
  start?: 'tip' | 'oldest' | { time: string }
  targets?: TargetSpec[]
}

export interface FunctionSpec {
  description?: string
  runtime?: string
  handler?: string
  initializer?: string
  /** Name of an uploaded code package. In wiring: a file or folder, relative to the wiring file. */
  code: string
  /** Layer versions as `name:version`; the earlier wins. */
  layers?: string[]
  environment?: Record<string, string>
  timeoutMs?: number
  initializerTimeoutMs?: number
  memoryMiB?: number
  concurrencyPerInstance?: number
  instancesMax?: number
}

/** A resource as the server gives it back: the spec is complete. */
export interface Resource<Spec> {
  name: string
  spec: Required<Spec>
  revision: number
  createdAtMs: number
  updatedAtMs: number
}

export interface PutResult {
  created: boolean
  revision: number
}

export interface Page<Item> {
  items: Item[]
  /** Pass as `after` for the next page; absent on the last one. */
  next?: string
}
