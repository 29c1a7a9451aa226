import type { SinkSpec } from './resources.ts'

/** A name that points to a version of a function, or, by weight, to one of two. */
export interface AliasSpec {
  description?: string
  version: string
  canary?: { version: string; weight: number }
}

/** One way to be allowed through an HTTP trigger or a domain. */
export type HttpAuthSpec =
  | { kind: 'none' }
  | { kind: 'signature' }
  | { kind: 'bearer'; tokens: string[] }
  | { kind: 'basic'; users: Record<string, string> }
  | {
      kind: 'jwt'
      jwks: { keys: Record<string, unknown>[] }
      lookup?: string
      /** Claims to pass on: `position:claim:name,…`. */
      claims?: string
      only?: string[]
      except?: string[]
    }

/** Cross-origin requests that the platform answers for the function. */
export interface CorsSpec {
  origins?: string[]
  methods?: string[]
  headers?: string[]
  exposed?: string[]
  credentials?: boolean
  maxAgeSeconds?: number
}

/** A way in which a function is called by itself. */
export type TriggerSpec =
  | {
      kind: 'http'
      qualifier?: string
      description?: string
      methods?: string[]
      auth?: HttpAuthSpec
      cors?: CorsSpec
      enabled?: boolean
    }
  | {
      kind: 'timer'
      qualifier?: string
      description?: string
      /** `[CRON_TZ=Area/City ]second minute hour day month weekday`, or `@every 1h30m`. */
      schedule: string
      payload?: string
      enabled?: boolean
    }

/** How asynchronous calls by one qualifier are retried and where their outcome goes. */
export interface AsyncSpec {
  retriesMax?: number
  ageMsMax?: number
  tasks?: boolean
  onSuccess?: SinkSpec
  onFailure?: SinkSpec
}

/** From when until when a policy holds, in local time of the zone. */
export interface ScalingWindow {
  name: string
  start?: string
  end?: string
  timeZone?: string
}

/** Instances that are kept whatever the load, for `LATEST` or an alias. */
export interface ScalingSpec {
  instancesMin?: number
  schedules?: (ScalingWindow & {
    /** `cron(s m h d m w)` or `at(yyyy-mm-ddThh:mm:ss)`. */
    expression: string
    instances: number
  })[]
  tracking?: (ScalingWindow & {
    metric: 'concurrency' | 'cpu' | 'memory'
    /** Share of what there is to use. */
    target: number
    instancesMin: number
    instancesMax: number
  })[]
  overflow?: boolean
}

/** A published version of a function: it never changes. */
export interface FunctionVersion {
  version: string
  description: string
  createdAtMs: number
}

/** Files that several functions share; each version of a layer never changes. */
export interface LayerSpec {
  description?: string
  license?: string
  /** Name of an uploaded code package. In wiring: a file, a zip or a folder, relative to the wiring file. */
  code: string
  /** Runtimes that it fits; any when empty. */
  runtimes?: string[]
}

export interface LayerVersion {
  name: string
  version: number
  spec: Required<LayerSpec>
  createdAtMs: number
}

/** A path, or all paths below one, that lead to a function. */
export interface RouteSpec {
  /** Exact, or with one `*` at its end. */
  path: string
  function: string
  qualifier?: string
  methods?: string[]
  rewrite?: Partial<Record<'equal' | 'wildcard' | 'regex', { match: string; replacement: string }[]>>
}

/** A host name whose paths lead to functions. */
export interface DomainSpec {
  routes?: RouteSpec[]
  auth?: HttpAuthSpec
  cors?: CorsSpec
}
