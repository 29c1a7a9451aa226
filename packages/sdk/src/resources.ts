/** Specs as people write them: what has a default may be left out. The server's schemas are the truth (see the API reference). */

export interface BusSpec {
  description?: string
  durability?: 'durable' | 'relaxed'
  retentionMs?: number
  retentionBytesMax?: number
  dedupWindowMs?: number
  eventBytesMax?: number
  /** Conditions of policies may ask for them. */
  tags?: Record<string, string>
}

export type TransformSpec =
  | { form: 'ORIGINAL' }
  | { form: 'CONSTANT'; value: string }
  | { form: 'JSONPATH'; value: string }
  | { form: 'TEMPLATE'; value: Record<string, string>; template: string }
  | {
      form: 'AWS'
      value?: string
      variables?: Record<string, string>
      template?: string
      account: string
      region: string
      rule?: string
    }

export type SinkSpec =
  | {
      connector: string
      /** Named external system, whose options lie under these. */
      instance?: string
      options?: Record<string, unknown>
    }
  | {
      function: string
      qualifier?: string
      /** `async`: delivered once the call is queued; the function's own retries and destinations hold from there. */
      invocation?: 'async'
    }
  | { bus: string }
  | { queue: string; encoding?: 'base64' }
  | { topic: string; encoding?: 'base64' }

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
  /** Role by which the sink is used, but not the dead letter; that of the rule without one. */
  role?: string
}

export interface RuleSpec {
  description?: string
  /** Event pattern; `{}` matches everything. */
  pattern: Record<string, unknown>
  dialect?: 'standard' | 'aliyun'
  state?: 'enabled' | 'disabled'
  start?: 'tip' | 'oldest' | { time: string }
  targets?: TargetSpec[]
  /** Role by which the rule does what it does; the rights of the account without one. */
  role?: string
  /** Conditions of policies may ask for them. */
  tags?: Record<string, string>
}

/** What of the network a function can reach. */
export type NetworkSpec = 'on' | 'off' | { allow: string[] }

/** A hook of the code, and how long it may take. */
export interface HookSpec {
  handler: string
  timeoutMs?: number
}

/** A program that serves HTTP, for the runtimes `custom` and `custom-container`. */
export interface ServerSpec {
  command?: string[]
  args?: string[]
  port?: number
  image?: string
  healthCheck?: {
    path: string
    initialDelayMs?: number
    periodMs?: number
    timeoutMs?: number
    failuresMax?: number
    successesMin?: number
  }
}

/** Code and how to run it; the server fills in what is left out. `GET /api/v1/openapi.json` has limits and defaults. */
export interface FunctionSpec {
  description?: string
  runtime?: string
  handler?: string
  /** `http`: the handler answers a request itself, instead of taking an event. */
  handlerKind?: 'event' | 'http'
  initializer?: string
  initializerTimeoutMs?: number
  preStop?: HookSpec
  preFreeze?: HookSpec
  /** Name of an uploaded code package. In wiring: a file or folder, relative to the wiring file. */
  code: string
  /** Layer versions as `name:version`; the earlier wins. */
  layers?: string[]
  environment?: Record<string, string>
  timeoutMs?: number
  memoryMiB?: number
  /** Processor cores. */
  cpu?: number
  diskMiB?: number
  concurrencyPerInstance?: number
  instancesMax?: number
  /** How long an instance without work is kept. */
  idleMs?: number
  /** Stops the processes of an instance while it is idle. */
  freeze?: boolean
  network?: NetworkSpec
  server?: ServerSpec
  /** Role whose temporary credentials the code gets: a name or an ARN. */
  role?: string
  tags?: Record<string, string>
}

/** The instances of a function on the node that was asked. */
export interface FunctionStatus {
  name: string
  revision: number
  /** Calls that wait for an instance. */
  waiting: number
  instances: { id: string; state: string; running: number; version?: string; startedAtMs: number }[]
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
