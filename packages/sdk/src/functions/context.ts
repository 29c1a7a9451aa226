/** Temporary credentials of the function's role; empty texts where it has none. */
export interface FunctionCredentials {
  accessKeyId: string
  accessKeySecret: string
  securityToken: string
}

/** Writes lines that bear the id of the request, whatever else runs at the time. */
export interface FunctionLogger {
  debug(...values: unknown[]): void
  info(...values: unknown[]): void
  log(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
}

/** What code is told of its invocation and of itself: the context of Function Compute, and two members more. */
export interface FunctionContext {
  requestId: string
  credentials: FunctionCredentials
  function: {
    name: string
    handler: string
    /** Megabytes. */
    memory: number
    /** Seconds. */
    timeout: number
    initializer: string
    /** Seconds. */
    initializationTimeout: number
  }
  service: {
    name: string
    logProject: string
    logStore: string
    /** What the caller has named: a version, an alias or `LATEST`. */
    qualifier: string
    versionId: string
  }
  region: string
  accountId: string
  /** How often this asynchronous call was tried before. */
  retryCount: number
  /** Where the invocation belongs in a trace; empty where there is none. */
  tracing: { traceparent?: string; tracestate?: string }
  logger: FunctionLogger
  /** Milliseconds since the epoch at which the invocation is ended. */
  deadlineMs: number
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal
}

/** Ends an invocation that is answered later: with a failure, or with what is the answer. */
export type FunctionCallback<Result = unknown> = (
  error: Error | string | object | null | undefined,
  result?: Result,
) => void
