/** What of a piece of work is told to the tracing system. Values are short and never hold what an event holds. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** Who begins a piece of work, in the words of OpenTelemetry. */
export type SpanKind = 'server' | 'producer' | 'consumer' | 'client' | 'internal'

/** Work that has begun. */
export interface ActiveSpan {
  /** For what this work causes: W3C Trace Context, section 3.2. */
  readonly traceparent: string
  /** To be called once. `error` is a stable code or the name of an error, when the work failed. */
  end(error?: string, attributes?: SpanAttributes): void
}

/**
 * Spans for a collector of OpenTelemetry. Called on the hot path: whoever must work to know the parent asks `isOn`
 * first.
 */
export interface Tracer extends AsyncDisposable {
  readonly isOn: boolean
  /** Begins a span below the given traceparent, or a trace of its own when there is none, or none that is valid. */
  start(name: string, kind: SpanKind, parent: string | undefined, attributes: SpanAttributes): ActiveSpan
}

const nothing = (): void => {}

/** Records nothing; what work causes has the parent that the work has. */
export const silentTracer: Tracer = {
  isOn: false,
  start: (_name, _kind, parent) => ({ traceparent: parent ?? '', end: nothing }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
