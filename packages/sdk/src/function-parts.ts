import type { SinkSpec } from './resources.ts'

/** A name that points to a version of a function, or, by weight, to one of two. */
export interface AliasSpec {
  description?: string
  version: string
  canary?: { version: string; weight: number }
}

/** A way in which a function is called by itself. */
export type TriggerSpec =
  | {
      kind: 'http'
      qualifier?: string
      description?: string
      methods?: string[]
      auth?: { kind: 'none' | 'signature' | 'bearer' | 'basic' | 'jwt'; [setting: string]: unknown }
      cors?: Record<string, unknown>
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

/** Instances that are kept whatever the load, for `LATEST` or an alias. */
export interface ScalingSpec {
  instancesMin?: number
  schedules?: Record<string, unknown>[]
  tracking?: Record<string, unknown>[]
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
