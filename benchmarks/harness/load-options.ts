import type { LatencySummary } from './histogram.ts'
import type { RequestTemplate } from './prebuilt-request.ts'

/** What to send, how, and for how long. At least one of `requestsMax` and `durationMs` is needed. */
export interface LoadOptions {
  readonly host: string
  readonly port: number
  /** Sent in turn; `{sequence}` in a body becomes a new number each time. */
  readonly requests: readonly RequestTemplate[]
  /** Connections, each with one request under way at a time. */
  readonly connections: number
  /** Measured requests after which the run ends. */
  readonly requestsMax?: number
  /** Measured time after which no further request is sent. */
  readonly durationMs?: number
  /** Requests sent before measuring begins. Default 0. */
  readonly warmupRequests?: number
  /**
   * Open loop: requests are due at this rate whether or not earlier ones were answered, and latency counts from the
   * moment a request was due. Without it each connection sends as soon as it has its answer (closed loop), and
   * latency counts from the sending.
   */
  readonly ratePerSecond?: number
  /** First sequence number. Default 0. */
  readonly sequenceStart?: number
}

export interface LoadResult {
  /** Measured requests that got a response. */
  readonly requests: number
  readonly seconds: number
  readonly requestsPerSecond: number
  readonly latencyMs: LatencySummary
  /** Status → number of responses, warm-up included. */
  readonly statuses: Readonly<Record<string, number>>
  /** Broken connections; a request that was under way on one has no response. */
  readonly failures: number
  readonly firstFailure: string | undefined
  /** The first sequence number that was not used. */
  readonly sequenceNext: number
  /** Open loop: most requests that were due at once and had no free connection. Above 0 for long means overload. */
  readonly backlogMax: number
  /** Processor time that the generator itself used, in seconds; close to `seconds` means it was the bottleneck. */
  readonly generatorSeconds: number
}

/** Broken connections after which a run is given up. */
export const failuresMax = 100

/** Says why options cannot be run; `undefined` when they can. */
export function loadOptionsProblem(options: LoadOptions): string | undefined {
  if (options.requests.length === 0) return 'requests: at least one is needed'
  if (options.connections < 1) return `connections: ${options.connections}, at least 1 is needed`
  if (options.requestsMax === undefined && options.durationMs === undefined) {
    return 'one of requestsMax and durationMs is needed, or the run would never end'
  }
  if (options.ratePerSecond !== undefined && options.ratePerSecond <= 0)
    return 'ratePerSecond must be above 0'
  return undefined
}
